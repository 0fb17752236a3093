import type { EntryField, EntryJson } from "@fustor/client";

/** One name that `find` looks at. Bytes that are no UTF-8 stand in texts as `decodeName` makes them. */
export interface Found {
  readonly entry: EntryJson;
  /** As it is printed: what was given and what stands below it. */
  readonly shown: string;
  /** Below what was given; empty for that itself. */
  readonly relative: string;
  /** 0 for what was given. */
  readonly depth: number;
  /** A file of no bytes, or a directory with nothing in it. False where nobody asks. */
  readonly isEmpty: boolean;
  /** Keeps out of it, if it is a directory. */
  prune(): void;
}

/** The last part of a path as it was given or found: `/` and `.` are their own. */
export function nameOf({ shown }: Found): string {
  const bare = shown.replace(/(?!^)\/+$/, "");
  return bare === "/" ? bare : bare.slice(bare.lastIndexOf("/") + 1);
}

/** Always asked for: what a path is, and where. */
export const BASIC_FIELDS: readonly EntryField[] = ["path", "type"];

/** The whole nanoseconds of the last modification, if known. */
export function mtimeOf({ entry }: Found): bigint | undefined {
  const text = entry.mtime_ns;
  return text === null || text === undefined ? undefined : BigInt(text);
}
