import type { BigIntStats } from "node:fs";

/**
 * What a directory's own attributes said at one moment. Whatever is created, removed or renamed in
 * a directory changes them, unless it happens within the granularity of the kernel's clock.
 */
export interface Stamp {
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Agent time in ms, taken after the look. */
  readonly seenAt: number;
}

/** The stamp of a directory that was just looked at. */
export function stampOf({ ino, mtimeNs, ctimeNs }: BigIntStats, seenAt: number): Stamp {
  return { ino, mtimeNs, ctimeNs, seenAt };
}

/** True when nothing in the directory is seen to have changed between the two. */
export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.ino === b.ino && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/**
 * True when a directory with this stamp cannot have changed again, by `at`, without another stamp:
 * its last change lies more than `youthMs` back by the storage's clock, or the same stamp was seen
 * that long ago by ours.
 */
export function isMature(stamp: Stamp, at: number, youthMs: number, earlier?: Stamp): boolean {
  const { mtimeNs, ctimeNs } = stamp;
  const changedMs = Number(mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1e6;
  if (at - changedMs > youthMs) return true;
  return earlier !== undefined && sameStamp(stamp, earlier) && at - earlier.seenAt > youthMs;
}
