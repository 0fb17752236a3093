import { Hasher, digestText } from "@fustor/schema-fs";
import { stateHash } from "../tree/index.js";
import type { World } from "./world.js";

/** A hash of all that answers depend on: equal for equal records. */
export function hashOf(world: World): string {
  const { heard, listings, tombstones, doubts, suspects, blindSpots, gaps, brake, skew } = world;
  const hasher = new Hasher();
  let [lo, hi] = [0, 0];
  const absorb = (part: string, entries: Iterable<unknown>): void => {
    for (const entry of entries) {
      hasher.name(`${part} ${JSON.stringify(entry)}`);
      lo = (lo + hasher.lo) | 0;
      hi = (hi + hasher.hi) | 0;
    }
  };
  absorb("heard", heard.entries());
  absorb("listed", listings.entries());
  absorb("tombstone", tombstones.entries());
  absorb("doubt", doubts.entries());
  absorb("suspect", paths(world, suspects.entries()));
  absorb("blind", blindSpots.entries());
  absorb("gap", gaps.all());
  absorb("held", brake.entries());
  absorb("asked", world.askedToList);
  absorb("skew", [skew.samples, world.lag]);
  return stateHash(world.tree) + digestText(hi, lo);
}

function* paths({ tree }: World, entries: Iterable<readonly [number, number, number]>): Generator {
  for (const [id, ...rest] of entries) yield [tree.path(id), ...rest];
}
