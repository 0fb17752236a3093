import { baseName, isBelow, parentPath, type FsAttributes, type FsEntry } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import { absent, belowOf, strongerThan } from "./absence.js";
import { want } from "./digest.js";
import type { Evidence } from "./evidence.js";
import { climb, rivalOf } from "./existence.js";
import { SUSPECT } from "./flags.js";
import { adopt, bury, BURIED_EACH_MAX, entryOf, remove } from "./rows.js";
import { RULE } from "./rules.js";
import { settle, type World } from "./world.js";

/**
 * Rule 12: relinks if everything below the source may go along, and nothing that the target has
 * keeps it; else a move is a delete and an upsert.
 */
export function move(
  world: World,
  from: string,
  to: string,
  row: FsAttributes | undefined,
  E: Evidence,
): void {
  const { tree, counts } = world;
  const source = tree.find(from);
  const target = tree.find(to);
  const isApart = from !== to && !isBelow(to, from) && !isBelow(from, to);
  const chain = source === undefined ? [] : chainOf(world, source);
  const isFree =
    source !== undefined &&
    row !== undefined &&
    isApart &&
    isThat(world, source, row) &&
    // Where a listing told of it first, what is below the new name is newer than below the old.
    (target === undefined || tree.attributes(target)?.ino !== row.ino) &&
    chain.every((id) => strongerThan(world, id, E) === undefined) &&
    (target === undefined || mayGo(world, target, E)) &&
    rivalOf(world, to, E) === undefined;
  const directory = isFree ? climb(world, to, E) : undefined;
  if (!isFree || directory === undefined) {
    counts.add(RULE.apart);
    if (row?.type === "d") want(world, to, E);
    absent(world, from, E, RULE.movedAway);
    return;
  }
  counts.add(RULE.relinked);
  relink(world, source, { from, to, directory, target, chain }, E);
}

interface Relink {
  readonly from: string;
  readonly to: string;
  readonly directory: NodeId;
  readonly target: NodeId | undefined;
  /** The source and all below it, children before their parents. */
  readonly chain: readonly NodeId[];
}

function relink(
  world: World,
  source: NodeId,
  { from, to, directory, target, chain }: Relink,
  E: Evidence,
): void {
  const { tree, onChange } = world;
  if (target !== undefined) remove(world, target, E, { rule: RULE.movedOver });
  const before = onChange === undefined ? [] : entriesOf(world, chain);
  if (chain.length <= BURIED_EACH_MAX) for (const id of chain) bury(world, tree.path(id), E);
  else bury(world, from, E);
  world.doubts.moved(from, to);
  world.blindSpots.moved(from, to);
  world.gaps.vanished(from);
  tree.move(source, directory, baseName(to));
  bury(world, to, E);
  for (const [path, entry] of before) onChange?.(path, entry, undefined);
  const hasMarks = world.doubts.hasAbsentIn(parentPath(to)) || world.blindSpots.size > 0;
  for (const id of [...chain].reverse()) {
    // What went along rests on the move: older words about its new name were about another.
    world.heard.begin(id, E, E.voice, RULE.relinked);
    if (hasMarks) adopt(world, id, tree.path(id), E);
    const flags = tree.flags(id);
    if (flags === 0) continue;
    settle(world, id, E);
    world.brake.release(id);
    if ((flags & SUSPECT) !== 0 && isDirectory(id)) world.suspects.delete(id);
  }
  world.changed = true;
  if (onChange === undefined) return;
  for (const id of [...chain].reverse()) onChange(tree.path(id), undefined, entryOf(world, id));
}

function chainOf(world: World, id: NodeId): NodeId[] {
  return isDirectory(id) ? [...belowOf(world, id), id] : [id];
}

function isThat({ tree }: World, id: NodeId, row: FsAttributes): boolean {
  const attributes = tree.attributes(id);
  const type = attributes?.type ?? (isDirectory(id) ? "d" : "?");
  return type === row.type && attributes?.ino === row.ino;
}

function mayGo(world: World, id: NodeId, E: Evidence): boolean {
  return chainOf(world, id).every((at) => strongerThan(world, at, E) === undefined);
}

function entriesOf(world: World, chain: readonly NodeId[]): (readonly [string, FsEntry])[] {
  return chain.map((id) => [world.tree.path(id), entryOf(world, id)] as const);
}
