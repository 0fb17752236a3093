import type { BigIntStats } from "node:fs";
import type { FileType, FsAttributes } from "@fustor/schema-fs";

const NANOSECONDS = 1_000_000_000n;
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

/** What a look at a file tells, in the schema's terms. */
export function attributesOf(stats: BigIntStats): FsAttributes {
  const mode = Number(stats.mode);
  const mtime = secondsOf(stats.mtimeNs);
  const ctime = secondsOf(stats.ctimeNs);
  return {
    type: TYPES.get(mode & TYPE_BITS) ?? "f",
    size: Number(stats.size),
    mtime: Number(mtime),
    mtimeNsec: Number(stats.mtimeNs - mtime * NANOSECONDS),
    ctime: Number(ctime),
    ctimeNsec: Number(stats.ctimeNs - ctime * NANOSECONDS),
    mode: mode & ~TYPE_BITS,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    ino: exact(stats.ino),
    nlink: Number(stats.nlink),
    blocks: Number(stats.blocks),
  };
}

/** Whole seconds, rounded down, so that the nanoseconds beyond are never negative. */
function secondsOf(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / NANOSECONDS;
  return seconds * NANOSECONDS > nanoseconds ? seconds - 1n : seconds;
}

function exact(value: bigint): number | string {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString();
}
