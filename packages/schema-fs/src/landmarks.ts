import type { Row } from "@fustor/core";
import type { FsNode } from "./node.js";
import { isValidPath } from "./paths.js";

/** So many landmarks a source tells at most. */
export const LANDMARKS_MAX = 32;

/**
 * Younger than this, a name may have changed since the view heard of it. Wider than the caches of
 * common file systems and the lag of an agent that catches up.
 */
const FRESH_MS = 600_000;

/** A name by which a tree is known again. */
export interface Landmark {
  readonly path: string;
  readonly isDirectory: boolean;
  /** Seconds. */
  readonly mtime: number;
}

/** The row in which a source tells it. */
export function toLandmarkRow({ path, isDirectory, mtime }: Landmark): Row {
  return [path, isDirectory ? "d" : "f", mtime];
}

/**
 * What a source of schema `fs` tells as its `landmarks`: names near the top of its root, each with
 * its type (`d`, anything else is no directory) and its mtime. What is no such row is left out.
 */
export function readLandmarks(rows: readonly Row[]): readonly Landmark[] {
  return rows.slice(0, LANDMARKS_MAX).flatMap(([path, type, mtime]) => {
    if (typeof path !== "string" || !isValidPath(path) || typeof mtime !== "number") return [];
    return [{ path, isDirectory: type === "d", mtime }];
  });
}

/**
 * True when the node may be the landmark: of the same sort and, unless it changed lately, of the same
 * time. Names alone are alike in many folders, e.g. in all that hold logs. `now` in ms.
 */
export function isSameLandmark(landmark: Landmark, node: FsNode | undefined, now: number): boolean {
  if (node?.isDirectory !== landmark.isDirectory) return false;
  const { mtime } = node.attributes ?? {};
  if (mtime === undefined || now - landmark.mtime * 1_000 < FRESH_MS) return true;
  return mtime === landmark.mtime;
}
