import { displayName, encodeName, type FileType, type FsNode } from "@fustor/schema-fs";

/** One file or directory as v1 shows it. Times are float seconds. */
export interface NodeJson {
  readonly name: string;
  readonly content_type: "file" | "directory";
  /** The letter of `find -printf %y`. */
  readonly type: FileType;
  readonly path: string;
  /** The bytes of the path in base 64, when it is not valid UTF-8. */
  readonly path_b64: string | undefined;
  readonly size?: number;
  readonly modified_time?: number;
  readonly created_time?: number;
  readonly integrity_suspect?: boolean;
  /** True for a directory that is known only because something below it is. */
  readonly placeholder?: true | undefined;
}

/**
 * `onlyPath` leaves out what a listing of names does not need.
 *
 * Runs once for each node of an answer: literals of one form, because spreading objects into each
 * other takes ten times as long. JSON leaves out what is undefined.
 */
export function toNodeJson(node: FsNode, { onlyPath = false } = {}): NodeJson {
  const { path, name, attributes, isDirectory, suspect } = node;
  const shownName = displayName(name);
  const shownPath = displayName(path);
  const content_type = isDirectory ? "directory" : "file";
  const type = attributes?.type ?? (isDirectory ? "d" : "f");
  const path_b64 = pathB64(path);
  if (onlyPath) return { name: shownName, content_type, type, path: shownPath, path_b64 };
  return {
    name: shownName,
    content_type,
    type,
    path: shownPath,
    path_b64,
    size: attributes?.size ?? 0,
    modified_time: attributes === undefined ? 0 : seconds(attributes.mtime, attributes.mtimeNsec),
    created_time: attributes === undefined ? 0 : seconds(attributes.ctime, attributes.ctimeNsec),
    integrity_suspect: suspect,
    placeholder: attributes === undefined ? true : undefined,
  };
}

/** The bytes of a path in base 64, when it is not valid UTF-8. */
export function pathB64(path: string): string | undefined {
  return path.isWellFormed() ? undefined : encodeName(path).toString("base64");
}

function seconds(whole: number, nsec: number): number {
  return whole + nsec / 1e9;
}
