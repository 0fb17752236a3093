import type { ListingMessage, Row } from "@fustor/core";
import { isValidName, joinPath, type FsAttributes, type Scope } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import { readerOf, type TableReader } from "../table-reader.js";
import { absent } from "./absence.js";
import { isNewer, type Evidence } from "./evidence.js";
import { addNode, confirms, exists, isSameInode, readable } from "./existence.js";
import { compare, judgeFreshness } from "./freshness.js";
import { placeListed, RowPlace } from "./places.js";
import { doubtUnshown, listedWithout } from "./rivals.js";
import { adopt } from "./rows.js";
import { RULE } from "./rules.js";
import { isTooOld } from "./horizon.js";
import { doubt, type World } from "./world.js";

/** What a listing says of its directory. */
export interface Said {
  readonly scope: string;
  /** The directory's own row. */
  readonly self: FsAttributes | undefined;
  /** True when what it does not name is not there. */
  readonly complete: boolean;
}

/** One listing of one directory, while its rows are applied. */
export interface Reading {
  readonly E: Evidence;
  readonly scope: string;
  readonly directory: NodeId;
  readonly place: RowPlace;
  /** What the last complete listing of the directory would have shown: what differs is news. */
  readonly wasShown: Scope | undefined;
  /** Names that are not there may be remembered in this directory: each has to be looked up. */
  readonly hasMarks: boolean;
  /** A complete listing of the directory is not older: what it did not show stays away. */
  readonly isLate: boolean;
  /** The nodes of the names that the listing holds. */
  readonly named: NodeId[];
}

/** Rule 4: applies a listing that is whole, of however many parts. */
export function applyListing(world: World, parts: readonly ListingMessage[], E: Evidence): void {
  const [first] = parts;
  if (first === undefined || isTooOld(world, E, first.scope)) return;
  const { scope } = first;
  const reader = readerOf(first.entries.fields);
  const self = parts.find((part) => part.self !== undefined)?.self;
  const complete = parts.every((part) => part.complete);
  const own = self && reader.rowOf(self, () => attributesAt(world, scope));
  list(world, { scope, self: own, complete }, E, (reading) => {
    for (const { entries } of parts) {
      world.tree.reserve(reading.directory, reading.named.length + entries.rows.length);
      world.tree.expect(entries.rows.map((row) => reader.key(row) ?? ""));
      applyRows(world, reading, reader, entries.rows);
    }
  });
}

/** Applies what was seen of a directory; `applyEach` applies its rows. */
export function list(
  world: World,
  { scope, self, complete }: Said,
  E: Evidence,
  applyEach: (reading: Reading) => void,
): void {
  const { tree, listings, counts } = world;
  const place = placeListed(world, scope, E);
  const { id: known } = place;
  const isKnown = known !== undefined && isDirectory(known);
  const wasShown = isKnown ? listings.complete(known)?.voice.scope : undefined;
  readable(world, { path: scope }, E);
  exists(world, place, known === undefined ? undefined : tree.attributes(known), self, E);
  const directory = place.id;
  // The rows of what is not the believed directory are judged one by one, and prove nothing.
  if (directory === undefined || !isDirectory(directory)) return;
  E.directory = directory;
  const own = tree.attributes(directory);
  const isThis = self === undefined || (own !== undefined && isSameInode(world, own, self));
  counts.add(complete ? RULE.complete : RULE.partial);
  const named: NodeId[] = [];
  applyEach({
    E,
    scope,
    directory,
    wasShown,
    named,
    place: new RowPlace(directory, scope, E.voice),
    isLate: isLate(world, directory, E),
    hasMarks:
      world.tombstones.mayStandAgainst(scope, E) ||
      world.doubts.hasAbsentIn(scope) ||
      world.blindSpots.hasDeletionsIn(scope),
  });
  if (tree.childCount(directory) > named.length) applyMissing(world, scope, named, complete, E);
  if (!tree.isLive(directory) || !isThis) return;
  if (complete) listings.setComplete(directory, E);
  else listings.setPartial(directory, E);
}

/** Applies one row of a listing. A row without attributes says that the name is there, and no more. */
export function applyRow(
  world: World,
  reading: Reading,
  name: string,
  id: NodeId | undefined,
  row: FsAttributes | undefined,
  isProven: boolean,
): void {
  const { E, place, named, wasShown } = reading;
  place.moveTo(name, id);
  const before = id === undefined ? undefined : world.tree.attributes(id);
  const isKnown =
    id === undefined
      ? appears(world, reading, row)
      : confirms(world, place, { id, known: before }, row, E, isProven);
  if (place.id === undefined) return;
  named.push(place.id);
  if (!isKnown) return;
  if (row?.type === "f") judgeFreshness(world, place.id, before, row, E, { isSettled: false });
  const isNews = id !== undefined || wasShown?.admits(place.path, row?.type === "d") === true;
  if (wasShown !== undefined && isNews) compare(world, place.id, id !== undefined, before, row, E);
}

function applyRows(
  world: World,
  reading: Reading,
  reader: TableReader,
  rows: readonly Row[],
): void {
  const { tree } = world;
  for (const row of rows) {
    const name = reader.key(row);
    if (name === undefined) continue;
    const id = tree.child(reading.directory, name);
    if (id === undefined && !isValidName(name)) continue;
    const known = id === undefined ? undefined : () => tree.attributes(id);
    applyRow(world, reading, name, id, reader.rowOf(row, known), false);
  }
}

/** A name that there was not, in a directory that there is. */
function appears(world: World, reading: Reading, row: FsAttributes | undefined): boolean {
  const { E, place, directory } = reading;
  if (isRefused(world, reading)) return false;
  place.id = addNode(world, place, directory, row, E);
  if (reading.hasMarks) adopt(world, place.id, place.path, E);
  doubtUnshown(world, directory, place.id, E);
  return true;
}

function isRefused(world: World, { E, place, directory, hasMarks, isLate }: Reading): boolean {
  const shade = hasMarks ? world.tombstones.against(place.path, E) : undefined;
  if (shade !== undefined) {
    world.counts.add(shade.isOwn ? RULE.tombstone : RULE.barrier);
    doubt(world, place.path, E, shade.E);
    return true;
  }
  const rival = isLate ? listedWithout(world, directory, place, E) : undefined;
  if (rival === undefined) return false;
  doubt(world, place.path, E, rival.word);
  return true;
}

function isLate({ listings }: World, directory: NodeId, E: Evidence): boolean {
  const listed = listings.complete(directory);
  return listed !== undefined && !isNewer(E, E.voice.order, listed.voice, listed.own);
}

/** What a listing does not name: gone where it has proof, in doubt where not. */
function applyMissing(
  world: World,
  scope: string,
  named: readonly NodeId[],
  complete: boolean,
  E: Evidence,
): void {
  const { tree } = world;
  const there = new Set(named);
  const missing: string[] = [];
  for (const id of tree.childrenOf(E.directory)) if (!there.has(id)) missing.push(tree.name(id));
  // In the order of names: where the brake lets some pass, it is always the same ones.
  for (const name of missing.sort()) {
    const id = tree.child(E.directory, name);
    if (id === undefined) continue;
    const path = joinPath(scope, name);
    if (complete) absent(world, path, E, RULE.notListed);
    else if (E.scope.admits(path, isDirectory(id))) doubt(world, id, E, E);
  }
}

function attributesAt({ tree }: World, path: string): FsAttributes | undefined {
  const id = tree.find(path);
  return id === undefined ? undefined : tree.attributes(id);
}
