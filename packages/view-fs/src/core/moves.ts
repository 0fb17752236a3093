import { baseName, isBelow, parentPath, type FsAttributes } from "@fustor/schema-fs";
import { hasInodes } from "../alike.js";
import { isDirectory, type NodeId } from "../tree/index.js";
import { absent, belowOf, strongerThan } from "./absence.js";
import { want } from "./digest.js";
import { begunEarlier, type Evidence } from "./evidence.js";
import { climb } from "./existence.js";
import { SUSPECT } from "./flags.js";
import { doubtUnshown, rivalOf } from "./rivals.js";
import { adopt, bury, BURIED_EACH_MAX, entryOf, remove } from "./rows.js";
import { RULE } from "./rules.js";
import { EVERYTHING } from "./said-scope.js";
import { settle, type World } from "./world.js";

/** Less than lies between two looks of one agent, in ms. */
const TIE_MS = 0.01;

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
    chain.every((id) => strongerThan(world, id, E) === undefined) &&
    isReported(world, chain, { from, to }, E) &&
    (target === undefined || mayGo(world, target, row, E)) &&
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
  // What was seen at the very time of the move was seen under its new name.
  const earlier = begunEarlier(E, TIE_MS);
  if (target !== undefined) remove(world, target, earlier, { rule: RULE.movedOver });
  const before = onChange && entryOf(world, source);
  if (chain.length <= BURIED_EACH_MAX) for (const id of chain) bury(world, tree.path(id), E);
  else bury(world, from, E);
  world.doubts.moved(from, to);
  world.blindSpots.moved(from, to);
  world.gaps.vanished(from);
  // Who was asked to list it there is asked anew, whatever has the name next.
  for (const path of world.askedToList.keys()) {
    if (path === from || isBelow(path, from)) world.askedToList.delete(path);
  }
  tree.move(source, directory, baseName(to));
  bury(world, to, earlier);
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
  doubtUnshown(world, directory, source, E);
  world.changed = true;
  onChange?.(to, before, entryOf(world, source), from);
}

function chainOf(world: World, id: NodeId): NodeId[] {
  return isDirectory(id) ? [...belowOf(world, id), id] : [id];
}

function isThat({ tree, mask }: World, id: NodeId, row: FsAttributes): boolean {
  const attributes = tree.attributes(id);
  const type = attributes?.type ?? (isDirectory(id) ? "d" : "?");
  return type === row.type && attributes?.ino === row.ino && hasInodes(mask);
}

/** True when who tells of the move reports all that would go along, also under its new name. */
function isReported(
  { tree }: World,
  chain: readonly NodeId[],
  { from, to }: Pick<Relink, "from" | "to">,
  { scope }: Evidence,
): boolean {
  if (scope === EVERYTHING) return true;
  return chain.every((id) => {
    return scope.admits(to + tree.path(id).slice(from.length), isDirectory(id));
  });
}

/**
 * Where another told of it first, what is below the new name is newer than below the old: what the
 * name has is then the very directory that moved, or one that has something in it, which no
 * directory takes the place of.
 */
function mayGo(world: World, target: NodeId, { ino }: FsAttributes, E: Evidence): boolean {
  const { tree } = world;
  if (isDirectory(target) && tree.childCount(target) > 0) return false;
  return tree.attributes(target)?.ino !== ino && strongerThan(world, target, E) === undefined;
}
