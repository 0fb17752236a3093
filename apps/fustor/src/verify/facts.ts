import type { EntryField, EntryJson } from "@fustor/client";
import { lstat } from "node:fs/promises";
import type { BigIntStats } from "node:fs";

/** What a view and a disk can both say of a name; `null` for what a view does not know. */
export interface Facts {
  readonly type: string | null;
  readonly size: number | null;
  /** Whole nanoseconds since the epoch. */
  readonly mtime_ns: string | null;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

export const FACTS = [
  "type",
  "size",
  "mtime_ns",
  "mode",
  "uid",
  "gid",
] as const satisfies readonly (keyof Facts & EntryField)[];

/** What differs; empty when nothing does. */
export function differing(disk: Facts, view: Facts): (keyof Facts)[] {
  return FACTS.filter((fact) => disk[fact] !== view[fact]);
}

export function factsOfEntry(entry: EntryJson): Facts {
  const { type, size, mtime_ns, mode, uid, gid } = entry;
  return {
    type: type ?? null,
    size: size ?? null,
    mtime_ns: mtime_ns ?? null,
    mode: mode ?? null,
    uid: uid ?? null,
    gid: gid ?? null,
  };
}

/** What the disk says of a name now; undefined when nothing is there. Throws the system's error. */
export async function lookAt(path: Buffer): Promise<Facts | undefined> {
  try {
    return factsOfStats(await lstat(path, { bigint: true }));
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function factsOfStats(stats: BigIntStats): Facts {
  return {
    type: TYPES.find(([is]) => is(stats))?.[1] ?? null,
    size: Number(stats.size),
    mtime_ns: String(stats.mtimeNs),
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
  };
}

/** The letters of `find -printf %y`. */
const TYPES: readonly (readonly [is: (stats: BigIntStats) => boolean, letter: string])[] = [
  [(stats) => stats.isFile(), "f"],
  [(stats) => stats.isDirectory(), "d"],
  [(stats) => stats.isSymbolicLink(), "l"],
  [(stats) => stats.isFIFO(), "p"],
  [(stats) => stats.isSocket(), "s"],
  [(stats) => stats.isBlockDevice(), "b"],
  [(stats) => stats.isCharacterDevice(), "c"],
];
