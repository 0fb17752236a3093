import { createFinder } from "./find-names.js";
import { Matches } from "./matches.js";
import type { NameSegment } from "../name-pool.js";

/**
 * What another thread needs to look for names while the tree goes on changing. Given by
 * `Tree.shared`; can be posted to a worker, its memory is shared.
 */
export interface SharedNames {
  readonly segments: readonly NameSegment[];
  /** Names have numbers below this. */
  readonly namesEnd: number;
  /** The chunks of files and of directories: the numbers of their names, one word a node. */
  readonly files: readonly SharedArrayBuffer[];
  readonly directories: readonly SharedArrayBuffer[];
  readonly filesEnd: number;
  readonly directoriesEnd: number;
  readonly chunkNodes: number;
  readonly headerBytes: number;
}

/** What a search in another thread found. */
export interface Candidates {
  /** Nodes that may match. Each must be looked at again: it may have changed meanwhile. */
  readonly ids: Uint32Array;
  /** True when there are more than `limit`. */
  readonly truncated: boolean;
  /** True when memory that was looked through got another use meanwhile: search again. */
  readonly stale: boolean;
}

/**
 * Finds nodes whose name contains `text`, without case. Uses nothing but its arguments, so that it
 * runs in any thread.
 *
 * Why nothing is missed that stands unchanged throughout: its name's bytes stand in a segment that
 * is only appended to until its life changes, which is looked at last; its name's number stands in
 * its column. What changes meanwhile may be read half old and half new: that is why whoever asked
 * looks at each candidate again, by `confirmCandidates`.
 *
 * Case is that of `String.toLowerCase`, but for an ASCII text only that of ASCII letters: the sign
 * for kelvin is no `k` then, and a capital I with a dot no `i`.
 */
export function searchNames(shared: SharedNames, text: string, limit: number): Candidates {
  const matches = new Matches(shared.namesEnd);
  const find = createFinder(text.toLowerCase(), shared.segments[0]);
  for (const segment of shared.segments) find(segment, shared.headerBytes, matches);
  const stale = shared.segments.some(
    ({ buffer, life }) =>
      Atomics.load(new Int32Array(buffer, buffer.byteLength - 4, 1), 0) !== life,
  );
  if (matches.count === 0) return { ids: new Uint32Array(0), truncated: false, stale };
  const ids: number[] = [];
  const { directories, directoriesEnd, files, filesEnd, chunkNodes } = shared;
  collect(
    { chunks: directories, end: directoriesEnd, chunkNodes, tag: 1 },
    matches,
    ids,
    limit + 1,
  );
  collect({ chunks: files, end: filesEnd, chunkNodes, tag: 0 }, matches, ids, limit + 1);
  const truncated = ids.length > limit;
  if (truncated) ids.pop();
  return { ids: Uint32Array.from(ids), truncated, stale };
}

/** Nodes of one sort. */
interface Sort {
  readonly chunks: readonly SharedArrayBuffer[];
  readonly end: number;
  readonly chunkNodes: number;
  /** What tells their ids from those of the other sort. */
  readonly tag: number;
}

/** Adds the ids of nodes whose name matches, up to `limit` in all. */
function collect(sort: Sort, matches: Matches, ids: number[], limit: number): void {
  const { chunks, end, chunkNodes, tag } = sort;
  for (const [c, buffer] of chunks.entries()) {
    const count = Math.max(0, Math.min(chunkNodes, end - c * chunkNodes));
    const names = new Uint32Array(buffer, 0, count);
    for (const place of matches.placesIn(names, limit - ids.length)) {
      ids.push((c * chunkNodes + place) * 2 + tag);
    }
  }
}
