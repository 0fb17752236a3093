import type { FsAttributes } from "@fustor/schema-fs";
import { areEqual, isDirectory, ROOT, type NodeId } from "../tree/index.js";
import { ALL_FIELDS, hasInodes, isAlike } from "../alike.js";
import { mayGoBelow } from "./absence.js";
import { isEager, isNewer, type Evidence } from "./evidence.js";
import { HELD } from "./flags.js";
import { spokenAs, type Place } from "./places.js";
import { doubtUnshown, rivalOf } from "./rivals.js";
import {
  adopt,
  bury,
  create,
  forgetSuspect,
  replace,
  update,
  type Ground,
  type Thing,
} from "./rows.js";
import { RULE } from "./rules.js";
import { doubt, settle, wordOf, type World } from "./world.js";

/**
 * Rules 1 to 3: a name was seen. True when the view now says what `row` says; without a row it is
 * only known that the name is there, and what it is stays in doubt. `known`: what is known of it.
 */
export function exists(
  world: World,
  place: Place,
  known: FsAttributes | undefined,
  row: FsAttributes | undefined,
  E: Evidence,
): boolean {
  if (place.id === undefined) return appears(world, place, row, E);
  raiseAbove(world, place, E);
  return confirms(world, place, { id: place.id, known }, row, E, false);
}

/** A name that there was not. */
function appears(world: World, place: Place, row: FsAttributes | undefined, E: Evidence): boolean {
  const rival = rivalOf(world, place.path, E);
  if (rival !== undefined && !isEager(E, rival.host, rival.word)) {
    doubt(world, place.path, E, rival.word);
    return false;
  }
  const directory = climb(world, place.path, E);
  if (directory === undefined) return false;
  place.directory = directory;
  // An event may outdo another host's word for the time being.
  const stillRival = rival && rivalOf(world, place.path, E);
  place.id = addNode(world, place, directory, row, E);
  adopt(world, place.id, place.path, E);
  if (stillRival !== undefined) doubt(world, place.id, E, stillRival.word);
  doubtUnshown(world, directory, place.id, E);
  return true;
}

/** Adds a name against which nothing stands. */
export function addNode(
  world: World,
  { name, voice }: Place,
  directory: NodeId,
  row: FsAttributes | undefined,
  E: Evidence,
): NodeId {
  world.counts.add(RULE.created);
  const thing = { attributes: row, isDirectory: row?.type === "d" };
  return create(world, directory, name, thing, { E, voice, rule: RULE.created });
}

/** A name that there is, with what is known of it. A digest may have proven what it is. */
export function confirms(
  world: World,
  place: Place,
  { id, known }: { readonly id: NodeId; readonly known: FsAttributes | undefined },
  row: FsAttributes | undefined,
  E: Evidence,
  isProven: boolean,
): boolean {
  const { tree, heard, counts } = world;
  // A digest leaves out of a directory's row what the directory's own listing tells.
  if (row === undefined && isProven) {
    heard.raise(id, E, place.voice);
    releaseHold(world, id, E);
    return true;
  }
  if (row !== undefined && row.type !== "d") readable(world, place, E);
  const agrees = row === undefined || (known !== undefined && isSameTo(world, known, row, E));
  // A placeholder speaks of existence only: any row of the directory fills it.
  const isFilled = isDirectory(id) && known === undefined && row?.type === "d";
  const { at, by } = tree.seen(id);
  const voice = world.voices.get(by);
  const isLater = isNewer(E, place.order, voice, at);
  const isSure = isFilled || isLater;
  const wins = isSure || isEager(E, voice.host, wordOf(world, id));
  if (agrees) {
    const rule = wins ? RULE.confirmed : RULE.agreed;
    counts.add(rule);
    if (isSure) heard.believe(id, E, place.voice, rule);
    else heard.raise(id, E, place.voice);
    placed(world, id, E);
    const isVague = row === undefined && known !== undefined;
    if (isVague) doubt(world, id, E, E);
    return !isVague;
  }
  const word = wordOf(world, id);
  if (!wins || !mayBecome(world, place, id, row, E)) {
    heard.raise(id, E, place.voice);
    counts.add(RULE.existenceLoses);
    doubt(world, id, E, word);
    return false;
  }
  counts.add(RULE.updated);
  const ground = { E, voice: place.voice, rule: RULE.updated };
  const isSameDirectory = isSameInode(world, known, row);
  place.id = become(world, { id, known }, row, ground, { isBelieved: !isFilled || isLater });
  placed(world, place.id, E);
  if (!isSure) doubt(world, place.id, E, word);
  if (isDirectory(id) && row.type === "d" && !isSameDirectory) {
    counts.add(RULE.anotherInode);
    world.listings.begin(id);
    for (const child of tree.childrenOf(id)) doubt(world, child, E, E);
  }
  return true;
}

/** An event tells what its host sees. Else only that counts which every host sees alike. */
function isSameTo({ mask }: World, known: FsAttributes, row: FsAttributes, E: Evidence): boolean {
  return areEqual(known, row) || (!E.realtime && mask !== ALL_FIELDS && isAlike(known, row, mask));
}

/** True unless the inode says that it is another thing. */
export function isSameInode(
  { mask }: World,
  known: FsAttributes | undefined,
  row: FsAttributes,
): boolean {
  return known === undefined || known.ino === row.ino || !hasInodes(mask);
}

function become(
  world: World,
  { id, known }: { readonly id: NodeId; readonly known: FsAttributes | undefined },
  row: FsAttributes,
  ground: Ground,
  { isBelieved }: { readonly isBelieved: boolean },
): NodeId {
  if (isDirectory(id) !== (row.type === "d")) {
    return replace(world, id, { attributes: row, isDirectory: row.type === "d" }, ground);
  }
  update(world, id, known, row);
  const { E, voice, rule } = ground;
  if (isBelieved) world.heard.believe(id, E, voice, rule);
  else world.heard.raise(id, E, voice);
  return id;
}

/** A directory was listed, or is none: nothing in it cannot be read, and no listing is due. */
export function readable(world: World, place: { readonly path: string }, E: Evidence): void {
  const { gaps, askedToList } = world;
  if (askedToList.size > 0) askedToList.delete(place.path);
  if (gaps.hasUnreadable && gaps.readable(place.path, E)) world.changed = true;
}

/** The root stays a directory; elsewhere another type is absence for everything below. */
function mayBecome(
  world: World,
  { path }: Place,
  id: NodeId,
  { type }: FsAttributes,
  E: Evidence,
): boolean {
  if (!isDirectory(id) || type === "d") return true;
  if (id === ROOT || !mayGoBelow(world, id, E)) return false;
  bury(world, path, E);
  // It was the directory that was held. Who missed the name later may have missed this too.
  const missed = world.brake.missedBy(id);
  world.brake.release(id);
  if (missed !== undefined && E.t0 - E.error <= missed.t0) doubt(world, id, E, missed);
  return true;
}

/** The view says of the node what E says. */
export function placed(world: World, id: NodeId, E: Evidence): void {
  const flags = world.tree.flags(id);
  if (flags === 0) return;
  settle(world, id, E);
  releaseHold(world, id, E);
}

/** What was seen since it was missed is held no more. */
function releaseHold(world: World, id: NodeId, E: Evidence): void {
  const isHeld = (world.tree.flags(id) & HELD) !== 0;
  if (isHeld && world.brake.seen(id, E)) world.changed = true;
}

/** Existence speaks for the directories above. */
export function raiseAbove({ tree, heard }: World, { id, directory }: Place, E: Evidence): void {
  if (id === ROOT) return;
  const voice = spokenAs("above", E);
  for (let at = directory ?? ROOT; at !== ROOT; at = tree.parent(at)) heard.raise(at, E, voice);
}

/**
 * Rule 3: makes what is above a name directories, as placeholders to be listed. Gives the name's
 * directory; undefined where something is known to be no directory, and not long enough ago.
 */
export function climb(world: World, path: string, E: Evidence): NodeId | undefined {
  const { tree, heard } = world;
  const voice = spokenAs("above", E);
  const order = E.listing === undefined ? voice.order : undefined;
  let directory: NodeId = ROOT;
  for (const name of namesAbove(path)) {
    const id = tree.child(directory, name);
    if (id !== undefined && isDirectory(id)) {
      heard.raise(id, E, voice);
      directory = id;
      continue;
    }
    const { at, by } = tree.seen(id ?? ROOT);
    const isLater = id === undefined || isNewer(E, order, world.voices.get(by), at);
    if (id !== undefined && !isLater && tree.attributes(id) !== undefined) {
      doubt(world, id, E, wordOf(world, id));
      doubt(world, path, E, wordOf(world, id));
      return undefined;
    }
    const ground = { E, voice, rule: RULE.placeholder };
    directory = placeholder(world, { directory, name, id }, ground, isLater);
  }
  return directory;
}

function placeholder(
  world: World,
  { directory, name, id }: { directory: NodeId; name: string; id: NodeId | undefined },
  ground: Ground,
  isLater: boolean,
): NodeId {
  const { E, voice, rule } = ground;
  world.counts.add(rule);
  const thing: Thing = { attributes: undefined, isDirectory: true };
  if (id === undefined) {
    const added = create(world, directory, name, thing, ground);
    if (world.doubts.size + world.blindSpots.size > 0) {
      adopt(world, added, world.tree.path(added), E);
    }
    return added;
  }
  forgetSuspect(world, id);
  const { at, by } = world.tree.seen(id);
  const next = replace(world, id, thing, ground);
  if (isLater) world.heard.begin(next, E, voice, rule);
  else {
    // Of a name that could not be looked at an older word tells what it is, and no more.
    world.tree.setSeen(next, at, by, rule);
    world.heard.raise(next, E, voice);
  }
  placed(world, next, E);
  return next;
}

/** The names from the first below the root down to the path's directory. */
function namesAbove(path: string): string[] {
  const names = path.slice(1).split("/");
  names.pop();
  return names;
}
