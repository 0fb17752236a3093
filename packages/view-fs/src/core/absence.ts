import { isDirectory, type NodeId } from "../tree/index.js";
import { isNewer, joined, type Evidence, type Word } from "./evidence.js";
import { orderAt } from "./places.js";
import { bury, BURIED_EACH_MAX, remove } from "./rows.js";
import { RULE, type Rule } from "./rules.js";
import { doubt, explain, settle, wordOf, type World } from "./world.js";

/** Rules 1 and 5: a name was looked for and not found. */
export function absent(world: World, path: string, E: Evidence, rule: Rule): void {
  const { tree } = world;
  if (path === "/") return;
  const id = tree.find(path);
  if (isOutOfView(world, path, id, E)) return;
  if (id === undefined) {
    bury(world, path, E);
    explain(world, path, E);
    settleBelow(world, path, E);
    return;
  }
  const stronger = strongerThan(world, id, E);
  if (stronger !== undefined) {
    world.counts.add(RULE.absenceLoses);
    doubt(world, id, E, stronger);
    return;
  }
  const below = isDirectory(id) ? belowOf(world, id) : [];
  if (isBraked(world, id, below.length + 1, E)) return;
  if (below.every((other) => strongerThan(world, other, E) === undefined)) {
    remove(world, id, E, { rule, below: RULE.sunk, isLarge: below.length > BURIED_EACH_MAX });
    settleBelow(world, path, E);
    return;
  }
  sinkWhatMay(world, below, E);
  world.counts.add(RULE.kept);
  bury(world, path, E);
  world.listings.clear(id);
  doubt(world, id, E, wordOf(world, id));
}

/** Takes out what is below a directory if all of it may go; else what may not is in doubt. */
export function mayGoBelow(world: World, directory: NodeId, E: Evidence): boolean {
  const below = belowOf(world, directory);
  if (isBraked(world, directory, below.length, E)) return false;
  let isFree = true;
  for (const id of below) {
    const stronger = strongerThan(world, id, E);
    if (stronger === undefined) continue;
    isFree = false;
    doubt(world, id, E, stronger);
  }
  if (!isFree) return false;
  for (const child of world.tree.childrenOf(directory)) {
    remove(world, child, E, { rule: RULE.typeChanged, isLarge: below.length > BURIED_EACH_MAX });
  }
  return true;
}

/** What keeps an absence from removing a node: its last evidence, and other hosts' words. */
export function strongerThan(world: World, id: NodeId, E: Evidence): Word | undefined {
  const { at, by } = world.tree.seen(id);
  const order = orderAt(world, E, id);
  const denier = world.heard.denier(id, E, order);
  if (!isNewer(E, order, world.voices.get(by), at)) return joined(wordOf(world, id), denier);
  if (denier !== undefined) world.counts.add(RULE.alive);
  return denier;
}

/** All nodes below a directory, children before their parents. */
export function belowOf({ tree }: World, directory: NodeId): NodeId[] {
  const found: NodeId[] = [];
  const open = [directory];
  for (const at of open) {
    for (const child of tree.childrenOf(at)) {
      found.push(child);
      if (isDirectory(child)) open.push(child);
    }
  }
  return found.reverse();
}

/** The path and all below it is absent by E: what was in doubt there is settled. */
export function settleBelow(world: World, path: string, E: Evidence): void {
  for (const other of world.doubts.absentWithin(path)) settle(world, other, E);
}

function sinkWhatMay(world: World, below: readonly NodeId[], E: Evidence): void {
  for (const id of below) {
    if (isDirectory(id) && world.tree.childCount(id) > 0) continue;
    const stronger = strongerThan(world, id, E);
    if (stronger === undefined) remove(world, id, E, { rule: RULE.sunk });
    else doubt(world, id, E, stronger);
  }
}

/** A speaker's silence counts only for what it reports, and where it can read. */
function isOutOfView(world: World, path: string, id: NodeId | undefined, E: Evidence): boolean {
  if (!E.scope.admits(path, id !== undefined && isDirectory(id))) {
    world.counts.add(RULE.scope);
    return true;
  }
  if (E.realtime || !world.gaps.isUnreadable(path, E.host)) return false;
  world.counts.add(RULE.unreadable);
  doubt(world, id ?? path, E, E);
  return true;
}

/** Rule 7: removals without events above both limits are held until something confirms them. */
function isBraked(world: World, id: NodeId, count: number, E: Evidence): boolean {
  if (E.realtime) return false;
  const verdict = world.brake.judge(id, count, E);
  if (verdict === "released") world.counts.add(RULE.released);
  if (verdict !== "held") return false;
  world.counts.add(RULE.held);
  world.changed = true;
  return true;
}
