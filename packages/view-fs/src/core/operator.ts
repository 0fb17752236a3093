import { isBelow } from "@fustor/schema-fs";
import type { NodeId } from "../tree/index.js";
import { RULE } from "./rules.js";
import { NOBODY } from "./voices.js";
import type { World } from "./world.js";

/** What is held at and below these paths may go: as soon as its directory is listed again. */
export function approve(world: World, paths: readonly string[]): void {
  for (const id of heldWithin(world, paths)) {
    world.counts.add(RULE.approved);
    world.brake.approve(id);
    world.listings.setOutdated(world.tree.parent(id), { voice: NOBODY, own: world.at });
    world.changed = true;
  }
}

/** What is held at and below these paths stays, whoever misses it. */
export function reject(world: World, paths: readonly string[]): void {
  for (const id of heldWithin(world, paths)) {
    world.counts.add(RULE.rejected);
    world.brake.reject(id);
    world.changed = true;
  }
}

function heldWithin({ brake, tree }: World, paths: readonly string[]): NodeId[] {
  return [...brake.held].filter((id) => {
    const path = tree.path(id);
    return paths.some((given) => given === path || isBelow(path, given));
  });
}
