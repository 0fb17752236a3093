import { FustorError } from "@fustor/core";
import { decodeName, isValidPath } from "@fustor/schema-fs";

/** A path with its bytes, in which those that are no UTF-8 stand as `decodeName` makes them. */
export function rawPath(row: { readonly path?: string; readonly path_b64?: string }): string {
  return row.path_b64 === undefined
    ? (row.path ?? "")
    : decodeName(Buffer.from(row.path_b64, "base64"));
}

/**
 * The path in the view that an argument names. Views have no working folder: what does not begin
 * with a slash begins at the root. Throws `USAGE`.
 */
export function toViewPath(argument: string): string {
  const parts = argument.split("/").filter((part) => part !== "" && part !== ".");
  const path = `/${parts.join("/")}`;
  if (argument !== "" && isValidPath(path)) return path;
  throw new FustorError(
    "USAGE",
    `"${argument}" is no path of a view. Paths begin at the view's root, as in /projects/a, and have no ".." in them.`,
  );
}
