import type { FsAttributes, FsEntry } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import { settle, type World } from "./world.js";
import type { Evidence } from "./evidence.js";
import { DOUBTED, HEARD, HELD, SUSPECT } from "./flags.js";
import { RULE, type Rule } from "./rules.js";
import type { Voice } from "./voices.js";

/** Subtrees of up to so many names leave a tombstone for each; larger ones leave the top's alone. */
export const BURIED_EACH_MAX = 256;

/** What is to be there: attributes, or only the knowledge that it is a directory. */
export interface Thing {
  readonly attributes: FsAttributes | undefined;
  readonly isDirectory: boolean;
}

/** What E rests on a name by, and the rule that let it. */
export interface Ground {
  readonly E: Evidence;
  readonly voice: Voice;
  readonly rule: Rule;
}

/** Adds a name that was not there. */
export function create(
  world: World,
  directory: NodeId,
  name: string,
  thing: Thing,
  { E, voice, rule }: Ground,
): NodeId {
  const { tree } = world;
  const id = tree.insert(directory, name, thing.attributes, thing.isDirectory);
  tree.setSeen(id, E.own, voice.number, rule);
  if (thing.isDirectory) world.listings.begin(id);
  world.changed = true;
  if (world.onChange !== undefined) world.onChange(tree.path(id), undefined, thing);
  return id;
}

/** A path has a node now: what was kept of the path goes with it. */
export function adopt(world: World, id: NodeId, path: string, E: Evidence): void {
  world.doubts.appeared(path, id);
  if ((world.tree.flags(id) & DOUBTED) !== 0) settle(world, id, E);
  const spotted = world.blindSpots.returned(path);
  if (spotted && E.realtime) world.counts.add(RULE.explained);
}

/** The node has these attributes now, of the same sort as what is `known` of it. */
export function update(
  world: World,
  id: NodeId,
  known: FsAttributes | undefined,
  attributes: FsAttributes,
): void {
  const { tree, onChange } = world;
  const before = onChange && { isDirectory: isDirectory(id), attributes: known };
  if (!tree.update(id, attributes, known)) return;
  world.changed = true;
  if (attributes.type !== "f") forgetSuspect(world, id);
  onChange?.(tree.path(id), before, { isDirectory: isDirectory(id), attributes });
}

/** A directory takes the place of what is none, or the other way round; it has no children. */
export function replace(
  world: World,
  id: NodeId,
  thing: Thing,
  { E, voice, rule }: Ground,
): NodeId {
  const { tree, onChange } = world;
  const [directory, name] = [tree.parent(id), tree.name(id)];
  const before = onChange && entryOf(world, id);
  const path = onChange && tree.path(id);
  forgetSuspect(world, id);
  const seen = tree.seen(id);
  // Under a name of its own until the other is gone: what is kept of it is handed over.
  tree.move(id, directory, `${name}\0`);
  const next = tree.insert(directory, name, thing.attributes, thing.isDirectory);
  tree.setSeen(next, seen.at, seen.by, seen.error);
  if (isDirectory(id)) world.listings.forget(id);
  if (thing.isDirectory) world.listings.begin(next);
  world.heard.replaced(id, next);
  world.doubts.replaced(id, next);
  world.blindSpots.replaced(id, next);
  world.brake.replaced(id, next);
  tree.remove(id);
  world.heard.believe(next, E, voice, rule);
  world.changed = true;
  if (path !== undefined) onChange?.(path, before, thing);
  return next;
}

export interface Removal {
  readonly rule: Rule;
  /** For what is below. */
  readonly below?: Rule;
  /** Too much is below for each to leave a tombstone. */
  readonly isLarge?: boolean;
}

/**
 * Takes out a node with all that is below it, the deepest first. Whether it may go has been judged.
 */
export function remove(
  world: World,
  id: NodeId,
  E: Evidence,
  { rule, below = rule, isLarge = false }: Removal,
): void {
  const { tree } = world;
  const path = tree.path(id);
  tree.remove(id, (at) => {
    forgetNode(world, at, at === id ? path : undefined, E);
    if (!isLarge && at !== id) bury(world, tree.path(at), E);
    world.counts.add(at === id ? rule : below);
  });
  bury(world, path, E);
  world.gaps.vanished(path);
  world.changed = true;
}

/** Rule 2: absent names remember. */
export function bury(world: World, path: string, E: Evidence): void {
  const { tombstones, listings, tree } = world;
  let isOver = tombstones.bury(path, E);
  while (isOver) {
    // The oldest is folded into its directory's, which blocks more, and doubts what it blocks.
    const oldest = tombstones.takeOldest();
    if (oldest === undefined) return;
    world.counts.add(RULE.folded);
    const directory = tree.find(oldest.directory);
    if (directory !== undefined && isDirectory(directory)) listings.clear(directory);
    isOver = oldest.directory !== path && tombstones.bury(oldest.directory, oldest.E);
  }
}

/** What is kept of a node beside the tree goes with it, or stays with its name. */
function forgetNode(world: World, id: NodeId, known: string | undefined, E: Evidence): void {
  const { tree, doubts, blindSpots, heard, onChange } = world;
  const flags = tree.flags(id);
  if (isDirectory(id)) world.listings.forget(id);
  const isInKnownRegion = !E.realtime && world.listings.isListed(tree.parent(id));
  const isPlain = flags === 0 && !isInKnownRegion && onChange === undefined;
  if (isPlain && world.askedToList.size === 0) return;
  const path = known ?? tree.path(id);
  world.askedToList.delete(path);
  const isTold = E.realtime || ((flags & DOUBTED) !== 0 && doubts.wasTold(id));
  const isNews = !isTold && isInKnownRegion && !blindSpots.isAddition(id);
  blindSpots.forget(id);
  if (isNews) {
    world.counts.add(RULE.deletion);
    blindSpots.deleted(path, E.t0);
  }
  if ((flags & DOUBTED) !== 0) {
    doubts.vanished(id, path);
    settle(world, path, E);
  }
  if ((flags & HEARD) !== 0) heard.forget(id);
  if ((flags & HELD) !== 0) world.brake.release(id);
  forgetSuspect(world, id);
  onChange?.(path, entryOf(world, id), undefined);
}

export function forgetSuspect(world: World, id: NodeId): void {
  if ((world.tree.flags(id) & SUSPECT) === 0) return;
  world.suspects.delete(id);
  world.changed = true;
}

export function entryOf({ tree }: World, id: NodeId): FsEntry {
  return { isDirectory: isDirectory(id), attributes: tree.attributes(id) };
}
