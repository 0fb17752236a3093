import type { Row } from "@fustor/core";

/**
 * The fields of a file's row after its key (`name` in a listing, `path` in a change), in the order
 * in which our own source sends them. A reader goes by the field list of each table, not by this.
 *
 * Times are whole seconds and the nanoseconds beyond, so that both fit a JSON number exactly.
 */
export const FS_ATTRIBUTES = [
  "type",
  "size",
  "mtime",
  "mtime_nsec",
  "ctime",
  "ctime_nsec",
  "mode",
  "uid",
  "gid",
  "ino",
  "nlink",
  "blocks",
] as const;

/** The letter of `find -printf %y`: file, directory, symlink, pipe, socket, block, character. */
export type FileType = "f" | "d" | "l" | "p" | "s" | "b" | "c";

/** All that is known of one file. */
export interface FsAttributes {
  readonly type: FileType;
  readonly size: number;
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
  /** Permission bits, without the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** A decimal string beyond 2^53. */
  readonly ino: number | string;
  readonly nlink: number;
  /** Allocated blocks of 512 bytes. */
  readonly blocks: number;
}

export const LISTING_FIELDS = ["name", ...FS_ATTRIBUTES] as const;
export const CHANGE_FIELDS = ["path", ...FS_ATTRIBUTES] as const;

/** A row in the order of `LISTING_FIELDS` or `CHANGE_FIELDS`. */
export function toRow(key: string, a: FsAttributes): Row {
  return [
    key,
    a.type,
    a.size,
    a.mtime,
    a.mtimeNsec,
    a.ctime,
    a.ctimeNsec,
    a.mode,
    a.uid,
    a.gid,
    a.ino,
    a.nlink,
    a.blocks,
  ];
}
