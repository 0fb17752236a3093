import type { FsAttributes } from "@fustor/schema-fs";

/**
 * What a directory's own attributes said at one moment. Whatever is created, removed or renamed in
 * a directory changes them, unless it happens within the granularity of the kernel's clock.
 */
export interface Stamp {
  readonly ino: FsAttributes["ino"];
  readonly mtime: number;
  readonly mtimeNsec: number;
  readonly ctime: number;
  readonly ctimeNsec: number;
  /** Agent time in ms, taken after the look. */
  readonly seenAt: number;
}

/** The stamp of a directory that was just looked at. */
export function stampOf(seen: FsAttributes, seenAt: number): Stamp {
  const { ino, mtime, mtimeNsec, ctime, ctimeNsec } = seen;
  return { ino, mtime, mtimeNsec, ctime, ctimeNsec, seenAt };
}

/** True when nothing in the directory is seen to have changed between the two. */
export function sameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.ino === b.ino &&
    a.mtime === b.mtime &&
    a.mtimeNsec === b.mtimeNsec &&
    a.ctime === b.ctime &&
    a.ctimeNsec === b.ctimeNsec
  );
}

/**
 * True when a directory with this stamp cannot have changed again, by `at`, without another stamp:
 * its last change lies more than `youthMs` back by the storage's clock, or the same stamp was seen
 * that long ago by ours.
 */
export function isMature(stamp: Stamp, at: number, youthMs: number, earlier?: Stamp): boolean {
  const { mtime, mtimeNsec, ctime, ctimeNsec } = stamp;
  const changedMs = Math.max(mtime * 1e3 + mtimeNsec / 1e6, ctime * 1e3 + ctimeNsec / 1e6);
  if (at - changedMs > youthMs) return true;
  return earlier !== undefined && sameStamp(stamp, earlier) && at - earlier.seenAt > youthMs;
}
