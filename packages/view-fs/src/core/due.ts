import type { Look } from "@fustor/schema-fs";
import type { NodeId } from "../tree/index.js";
import { ANSWER_MS } from "./doubts.js";
import type { World } from "./world.js";

/** Names in doubt, and directories that wait to be listed. */
export function* doubtsOf({ doubts, listings, tree }: World): Generator<string> {
  yield* doubts.paths();
  for (const id of listings.waiting) yield tree.path(id);
}

/** What is due to be looked at at Fusion time `at`, up to `max` of each. */
export function dueAt(world: World, at: number, max: number): Look {
  const { doubts, suspects, tree, limits } = world;
  const probes = new Set<string>();
  for (const path of doubts.due(at)) {
    if (probes.size >= max) break;
    probes.add(path);
  }
  if (limits.hotMs > 0) {
    for (const id of suspects.due(at)) {
      if (probes.size >= max) break;
      probes.add(tree.path(id));
    }
  }
  const listings: string[] = [];
  for (const id of world.listings.waiting) {
    if (listings.length >= max) break;
    if (isListingDue(world, id, at)) listings.push(tree.path(id));
  }
  return { probes: [...probes], listings };
}

function isListingDue(world: World, id: NodeId, at: number): boolean {
  const { tree, voices, askedToList, lag } = world;
  const seen = tree.seen(id);
  const { offset, error } = voices.get(seen.by);
  if (seen.at + offset + error + lag > at) return false;
  if (askedToList.size === 0) return true;
  return (askedToList.get(tree.path(id)) ?? -Infinity) <= at;
}

/** These were handed out, to be looked at and to be listed: they wait for the answers. */
export function noteAsked(
  { tree, doubts, suspects, askedToList, at, lag }: World,
  probes: readonly string[],
  listings: readonly string[],
): void {
  const waitUntil = at + Math.max(lag, ANSWER_MS);
  for (const path of probes) {
    const id = tree.find(path);
    doubts.asked(id ?? path, waitUntil);
    if (id !== undefined) suspects.asked(id, at);
  }
  for (const path of listings) askedToList.set(path, waitUntil);
}
