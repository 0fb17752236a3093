import { RULE } from "./rules.js";
import type { World } from "./world.js";

/** How often what is kept for late words is looked through for what no word can be late for. */
const PRUNE_EVERY_MS = 600_000;

/**
 * Forgets what has had its time, before every record, so that nothing depends on how often ticks
 * come. Returns when it was last pruned; `prunedAt` is what it returned before.
 */
export function expire(world: World, prunedAt: number): number {
  const { gaps, tombstones, counts, at, lag } = world;
  const due = at - (at % PRUNE_EVERY_MS);
  // As of moments of its own, and before the gaps close: it must not matter which record comes first.
  if (due > prunedAt) prune(world, due);
  const closed = gaps.close(lag);
  counts.add(RULE.lostClosed, closed);
  const expired = tombstones.expire(at);
  counts.add(RULE.expired, expired);
  if (closed + expired > 0) world.changed = true;
  return Math.max(due, prunedAt);
}

function prune({ gaps, heard, listings, askedToList, limits, lag }: World, due: number): void {
  heard.prune(due - limits.horizonMs - 2 * lag);
  // What was lost is told at once, or never: an old look closes it only while it is open.
  listings.prune(Math.min(due, gaps.openSince) - limits.horizonMs - 2 * lag);
  for (const [path, until] of askedToList) if (until < due) askedToList.delete(path);
}
