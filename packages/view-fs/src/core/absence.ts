import { isDirectory, type NodeId } from "../tree/index.js";
import { isNewer, joined, type Evidence, type Word } from "./evidence.js";
import { orderAt } from "./places.js";
import { bury, BURIED_EACH_MAX, remove } from "./rows.js";
import { RULE, type Rule } from "./rules.js";
import { doubt, explain, settle, wordOf, type World } from "./world.js";

/** Rules 1 and 5: a name was looked for and not found. */
export function absent(world: World, path: string, E: Evidence, rule: Rule): void {
  if (path === "/") return;
  const id = world.tree.find(path);
  if (isOutOfView(world, path, id, E)) return;
  if (id === undefined) {
    bury(world, path, E);
    explain(world, path, E);
    settleBelow(world, path, E);
    return;
  }
  goes(world, path, id, E, rule);
}

/** A node is missed, by a word on its own name or on a directory above. */
function goes(world: World, path: string, id: NodeId, E: Evidence, rule: Rule): void {
  const stronger = strongerThan(world, id, E);
  if (stronger !== undefined) {
    world.counts.add(RULE.absenceLoses);
    doubt(world, id, E, stronger);
    return;
  }
  const below = isDirectory(id) ? belowOf(world, id) : [];
  if (isBraked(world, id, goingWith(world, id, below, E), E)) {
    letApprovedGo(world, below, E);
    return;
  }
  const mayGo = (other: NodeId): boolean =>
    !world.brake.keeps(other, E) && strongerThan(world, other, E) === undefined;
  if (below.every(mayGo)) {
    remove(world, id, E, { rule, below: RULE.sunk, isLarge: below.length > BURIED_EACH_MAX });
    settleBelow(world, path, E);
    return;
  }
  sinkWhatMay(world, below, E);
  world.counts.add(RULE.kept);
  bury(world, path, E);
  world.listings.clear(id);
  doubt(world, id, E, wordOf(world, id));
  settleBelow(world, path, E);
}

/** Takes out what is below a directory if all of it may go; else what may not is in doubt. */
export function mayGoBelow(world: World, directory: NodeId, E: Evidence): boolean {
  const below = belowOf(world, directory);
  const isKept = below.some((id) => world.brake.keeps(id, E));
  const count = isKept ? goingWith(world, directory, below, E) : below.length;
  if (isBraked(world, directory, count, E)) {
    letApprovedGo(world, below, E);
    return false;
  }
  if (isKept) {
    sinkWhatMay(world, below, E);
    return false;
  }
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

/** How many would go with a directory: neither what was rejected nor what that is in. */
function goingWith(world: World, id: NodeId, below: readonly NodeId[], E: Evidence): number {
  const { tree, brake } = world;
  const staying = new Set<NodeId>();
  for (const other of brake.decided.rejected === 0 ? [] : below) {
    if (!brake.keeps(other, E)) continue;
    for (let at = other; at !== id && !staying.has(at); at = tree.parent(at)) staying.add(at);
    staying.add(id);
  }
  return below.length + 1 - staying.size;
}

/**
 * What may go of a directory that is held itself: it was missed with it, also where who says so
 * could not read the directory while it was there.
 */
function letApprovedGo(world: World, below: readonly NodeId[], E: Evidence): void {
  const { tree, brake } = world;
  if (brake.decided.approved === 0) return;
  const approved = below.filter((other) => brake.decisionOn(other) === "approved");
  for (const path of approved.map((other) => tree.path(other))) {
    const id = tree.find(path);
    if (id !== undefined) goes(world, path, id, E, RULE.sunk);
  }
}

function sinkWhatMay(world: World, below: readonly NodeId[], E: Evidence): void {
  for (const id of below) {
    if (isDirectory(id) && world.tree.childCount(id) > 0) continue;
    if (world.brake.keeps(id, E)) continue;
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
  if (E.realtime || count === 0) return false;
  const verdict = world.brake.judge(id, count, E);
  if (verdict === "released") world.counts.add(RULE.released);
  if (verdict !== "held") return false;
  world.counts.add(RULE.held);
  world.changed = true;
  return true;
}
