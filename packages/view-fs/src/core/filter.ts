import { joinPath, type FsAttributes, type Moment, type NodeFilter } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import { BLIND, SUSPECT } from "./flags.js";
import type { World } from "./world.js";

/** True for a node that stands in the directory `within` and is what the filter asks for. */
export type Answers = (id: NodeId, within: string) => boolean;

/** The cheapest questions first: names and paths cost most. */
export function createFilter({ tree }: World, filter: NodeFilter): Answers {
  const marks: readonly (readonly [number, boolean | undefined])[] = [
    [SUSPECT, filter.suspect],
    [BLIND, filter.blindSpot],
  ];
  const asksMarks = marks.some(([, wanted]) => wanted !== undefined);
  const asksAttributes = ATTRIBUTES.some((name) => filter[name] !== undefined);
  const { name, path } = filter;
  return (id, within) => {
    if (asksMarks) {
      const flags = tree.flags(id);
      for (const [flag, wanted] of marks) {
        if (wanted !== undefined && ((flags & flag) !== 0) !== wanted) return false;
      }
    }
    if (asksAttributes && !hasAttributes(tree.attributes(id), isDirectory(id), filter))
      return false;
    if (name === undefined && path === undefined) return true;
    const text = id === tree.root ? "" : tree.name(id);
    if (name !== undefined && !name(text)) return false;
    return path === undefined || path(id === tree.root ? "/" : joinPath(within, text));
  };
}

const ATTRIBUTES = [
  "types",
  "minSize",
  "maxSize",
  "modifiedFrom",
  "modifiedBefore",
  "uid",
  "gid",
] as const satisfies readonly (keyof NodeFilter)[];

function hasAttributes(
  attributes: FsAttributes | undefined,
  isFolder: boolean,
  filter: NodeFilter,
): boolean {
  const { types, minSize = 0, maxSize = Infinity, modifiedFrom, modifiedBefore, uid, gid } = filter;
  if (attributes === undefined) {
    // That it is a directory is known where something stands below it.
    const asked = ATTRIBUTES.filter((name) => filter[name] !== undefined);
    return isFolder && asked.length === 1 && types?.has("d") === true;
  }
  const { type, size, mtime, mtimeNsec } = attributes;
  if (types !== undefined && !types.has(type)) return false;
  if (size < minSize || size > maxSize) return false;
  if (uid !== undefined && attributes.uid !== uid) return false;
  if (gid !== undefined && attributes.gid !== gid) return false;
  const modified = { seconds: mtime, nsec: mtimeNsec };
  if (modifiedFrom !== undefined && isEarlier(modified, modifiedFrom)) return false;
  return modifiedBefore === undefined || isEarlier(modified, modifiedBefore);
}

function isEarlier(a: Moment, b: Moment): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nsec < b.nsec);
}
