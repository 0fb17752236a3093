import type { Coverage, Steps } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import type { World } from "./world.js";

/** How well a directory and all below it are known: goes once through the directories. */
export function* coverageOf(
  { tree, listings }: World,
  path: string,
  at: number,
  bounds: readonly number[],
): Steps<Coverage | undefined> {
  const start = tree.find(path);
  if (start === undefined || !isDirectory(start)) return undefined;
  let directories = 0;
  let listed = 0;
  let oldest = Infinity;
  const ages = [...bounds, Infinity].map(() => 0);
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    yield;
    if (!tree.isLive(id)) continue;
    directories += 1;
    if (!listings.waiting.has(id)) count(id);
    if (tree.sums(id).directories === 0) continue;
    for (const child of tree.childrenOf(id)) if (isDirectory(child)) open.push(child);
  }
  return {
    directories,
    listed,
    oldestListedAt: oldest === Infinity ? undefined : oldest,
    ages,
  };

  function count(id: NodeId): void {
    const listing = listings.complete(id);
    if (listing === undefined) return;
    const listedAt = listing.own + listing.voice.offset;
    listed += 1;
    oldest = Math.min(oldest, listedAt);
    const bound = bounds.findIndex((each) => at - listedAt <= each);
    const slot = bound === -1 ? bounds.length : bound;
    ages[slot] = (ages[slot] ?? 0) + 1;
  }
}
