import type { FileType } from "@fustor/schema-fs";

const TYPE_BITS = 0o170000;

const TYPES = new Map<number, FileType>([
  [0o100000, "f"],
  [0o040000, "d"],
  [0o120000, "l"],
  [0o010000, "p"],
  [0o140000, "s"],
  [0o060000, "b"],
  [0o020000, "c"],
]);

/** The type in a `st_mode`. */
export function typeOfMode(mode: number): FileType {
  return TYPES.get(mode & TYPE_BITS) ?? "f";
}

/** The permission bits of a `st_mode`. */
export function permissionsOf(mode: number): number {
  return mode & ~TYPE_BITS;
}

/** A number where it is one exactly, else its digits. */
export function exactNumber(value: bigint): number | string {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString();
}
