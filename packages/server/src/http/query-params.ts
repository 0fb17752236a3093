import { WIRE_LIMITS } from "@fustor/protocol";
import { decodeName, isValidName, isValidPath } from "@fustor/schema-fs";
import { Problem, unfit } from "../problem.js";

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The last of a parameter's values. */
export function readText(query: Query, name: string): string | undefined {
  const value = query[name];
  return typeof value === "string" ? value : value?.at(-1);
}

/** Answers 422 for anything that is neither yes nor no. */
export function readBoolean(query: Query, name: string, otherwise: boolean): boolean {
  const text = readText(query, name)?.toLowerCase();
  if (text === undefined) return otherwise;
  if (["true", "1", "yes", "on"].includes(text)) return true;
  if (["false", "0", "no", "off"].includes(text)) return false;
  throw unfit({
    type: "bool_parsing",
    loc: ["query", name],
    msg: "Input should be a valid boolean, unable to interpret input",
    input: text,
  });
}

/** Answers 422 for anything but a whole number from `minimum` on. */
export function readInteger(query: Query, name: string, minimum: number): number | undefined {
  const text = readText(query, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= minimum) return value;
  throw unfit({
    type: "int_parsing",
    loc: ["query", name],
    msg: `Input should be an integer of at least ${String(minimum)}`,
    input: text,
  });
}

/**
 * The path that `path_b64` or `path` names; `otherwise` without either. Answers 400 for what is no path.
 *
 * A slash at the end is forgiven, one missing at the beginning too.
 */
export function readPath(query: Query, otherwise = "/"): string {
  const encoded = readText(query, "path_b64");
  const text =
    encoded === undefined
      ? (readText(query, "path") ?? otherwise)
      : decodeName(fromBase64("path_b64", encoded, "Take path_b64 of an answer as it is."));
  const path = `/${text.replace(/^\/|\/$/g, "")}`;
  if (path.length > WIRE_LIMITS.pathLength) {
    throw new Problem("BAD_REQUEST", "The path is longer than any that an agent may report.");
  }
  if (!isValidPath(path)) {
    throw new Problem("BAD_REQUEST", `"${text.toWellFormed()}" is not a path.`, {
      hint: "Paths begin with /, and no part is empty, . or ..",
    });
  }
  return path;
}

/** The name that `next_cursor` of the page before stands for. Answers 400 for what is none. */
export function readCursor(query: Query): string | undefined {
  const text = readText(query, "cursor");
  if (text === undefined || text === "") return undefined;
  const hint = "Take next_cursor of the page before as it is, or begin without one.";
  const name = decodeName(fromBase64("cursor", text, hint));
  if (isValidName(name)) return name;
  throw new Problem("BAD_REQUEST", `cursor is no cursor: "${text.toWellFormed()}".`, { hint });
}

/** Base 64 in either alphabet; a plus that was not escaped in the URL arrives as a space. */
function fromBase64(parameter: string, text: string, hint: string): Buffer {
  const digits = text
    .replaceAll(/[ +]/g, "-")
    .replaceAll("/", "_")
    .replace(/={0,2}$/, "");
  const bytes = Buffer.from(digits, "base64url");
  // Node leaves out what is no base 64, and would answer for another path.
  if (bytes.toString("base64url") === digits) return bytes;
  throw new Problem("BAD_REQUEST", `${parameter} is not base 64: "${text.toWellFormed()}".`, {
    hint,
  });
}
