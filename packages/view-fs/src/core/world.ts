import type { OnFsChange } from "@fustor/schema-fs";
import { Tree, type NodeId } from "../tree/index.js";
import { ALL_FIELDS } from "../alike.js";
import { BlindSpots } from "./blind-spots.js";
import { Brake, type BrakeLimits } from "./brake.js";
import { Doubts, type Key } from "./doubts.js";
import type { Evidence, Word } from "./evidence.js";
import { BLIND } from "./flags.js";
import { Gaps } from "./gaps.js";
import { Heard } from "./heard.js";
import { Listings } from "./listed.js";
import { RULE, type RuleCounts } from "./rules.js";
import { Skew } from "./skew.js";
import { Suspects } from "./suspects.js";
import { Tombstones } from "./tombstones.js";
import { Voices } from "./voices.js";

export interface Limits {
  readonly horizonMs: number;
  /** 0 suspects nothing. */
  readonly hotMs: number;
  readonly tombstonesMax: number;
  readonly blindSpotsMax: number;
  readonly gapsMax: number;
  readonly doubtsMax: number;
  readonly suspectsMax: number;
  readonly heardMax: number;
  readonly voicesMax: number;
  readonly digestMask: number;
  readonly brake: BrakeLimits;
}

/** All that is believed of one root. `reset` makes a new one. */
export interface World {
  readonly limits: Limits;
  readonly tree: Tree;
  readonly voices: Voices;
  readonly heard: Heard;
  readonly listings: Listings;
  readonly tombstones: Tombstones;
  readonly doubts: Doubts;
  readonly suspects: Suspects;
  readonly blindSpots: BlindSpots;
  readonly gaps: Gaps;
  readonly brake: Brake;
  readonly skew: Skew;
  /** Directories that were handed out to be listed, and until when an answer is waited for. */
  readonly askedToList: Map<string, number>;
  readonly counts: RuleCounts;
  onChange: OnFsChange | undefined;
  /** Directories to be listed again after the batch that was applied last. */
  wanted: Set<string>;
  /** Fusion time in ms of the record that is being applied. */
  at: number;
  /** Evidence from before changes nothing. */
  resetAt: number;
  /** The longest lag of all who speak. */
  lag: number;
  /** Which attributes no two hosts see otherwise. */
  mask: number;
  /** Set by whoever changes what can be asked. */
  changed: boolean;
}

export interface Beginning {
  readonly at: number;
  readonly resetAt: number;
  readonly lag: number;
  readonly counts: RuleCounts;
  readonly onChange: OnFsChange | undefined;
}

export function createWorld(limits: Limits, beginning: Beginning): World {
  const tree = new Tree({ digestMask: limits.digestMask });
  const voices = new Voices(limits.voicesMax);
  const listings = new Listings(tree, voices);
  const doubts = new Doubts(tree);
  return {
    limits,
    tree,
    voices,
    listings,
    doubts,
    heard: new Heard(tree, voices, limits.heardMax),
    tombstones: new Tombstones(limits.horizonMs, limits.tombstonesMax),
    suspects: new Suspects(tree, limits.hotMs, limits.suspectsMax),
    blindSpots: new BlindSpots(tree, limits.blindSpotsMax),
    gaps: new Gaps({ tree, listings, doubts, max: limits.gapsMax }),
    brake: new Brake(tree, limits.brake),
    skew: new Skew(),
    askedToList: new Map(),
    wanted: new Set(),
    changed: false,
    mask: ALL_FIELDS,
    ...beginning,
  };
}

/** What doubts are raised against: what the node rests on. */
export function wordOf(world: World, id: NodeId): Word {
  const { at, by } = world.tree.seen(id);
  const { offset, error, manner } = world.voices.get(by);
  return { t0: at + offset, error, realtime: manner === "event" };
}

/** E lost against `other`, or both leave it open: the name is looked at again. */
export function doubt(world: World, key: Key, E: Evidence, other: Word): void {
  const { doubts, limits } = world;
  explain(world, key, E);
  world.counts.add(RULE.doubt);
  doubts.add(key, E, other, world.lag);
  if (doubts.size <= limits.doubtsMax) return;
  // A directory that is listed again settles all its names.
  const directory = doubts.drop();
  const id = directory === undefined ? undefined : world.tree.find(directory);
  if (id !== undefined && world.tree.isDirectory(id)) world.listings.setOutdated(id, E);
}

/** E was applied to the name, or agreed with it. */
export function settle(world: World, key: Key, E: Evidence): void {
  explain(world, key, E);
  if (world.doubts.settle(key, E, world.lag)) world.counts.add(RULE.doubtSettled);
}

/** An event on the name: what was found there without one is none of its own any more. */
export function explain(world: World, key: Key, E: Evidence): void {
  if (!E.realtime) return;
  const { blindSpots, tree } = world;
  const isExplained =
    typeof key === "string"
      ? blindSpots.returned(key)
      : (tree.flags(key) & BLIND) !== 0 && blindSpots.forget(key);
  if (!isExplained) return;
  world.counts.add(RULE.explained);
  world.changed = true;
}
