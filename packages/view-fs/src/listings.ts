import type { ListingMessage, Row, Stream } from "@fustor/core";
import { isValidName, isValidPath, joinPath, type FsAttributes } from "@fustor/schema-fs";
import { mayUpdate, order, type Evidence } from "./arbiter.js";
import type { Listing, Parts } from "./parts.js";
import { addNode, isGone, openDirectory, updateNode } from "./placing.js";
import { removeSubtree } from "./removal.js";
import { hasSameContent, TableReader, UNKNOWN_FILE } from "./table-reader.js";
import { believe, type TreeNode } from "./tree.js";
import type { World } from "./world.js";

/** One listing, or one part of it, and the directory that it is about. */
interface Reading {
  readonly path: string;
  readonly directory: TreeNode;
  readonly evidence: Evidence;
  readonly reader: TableReader;
  readonly listing: Listing;
  /** True when a difference is one that no event told of. */
  readonly isBlind: boolean;
}

/**
 * Applies a directory's rows, and once it is proven to be whole, the absence of all others.
 *
 * A listing of an older state does no harm: each row and each absence has to be newer than what
 * is known of that name.
 */
export function applyListing(
  world: World,
  parts: Parts,
  key: { readonly sessionId: string; readonly stream: Stream },
  evidence: Evidence,
  message: ListingMessage,
): void {
  const { scope: path, entries, self } = message;
  if (!isValidPath(path)) return;
  const directory = openDirectory(world, path, evidence);
  if (directory === undefined) return;
  const { listing, whole } = parts.place(key, directory, message, evidence);
  const reading: Reading = {
    path,
    directory,
    evidence,
    reader: new TableReader(entries.fields),
    listing,
    isBlind:
      evidence.audit && (directory.listed !== undefined || world.blindSpots.isAddition(directory)),
  };
  confirmDirectory(world, reading, self);
  const named = applyRows(world, reading, entries.rows);
  if (whole === undefined) return;
  if (message.part > 0 || named < (directory.children?.size ?? 0))
    removeOthers(world, reading, whole);
  const { listed } = directory;
  if (listing.isBelieved && (listed === undefined || order(whole, listed) !== "older")) {
    directory.listed = whole;
  }
  if (world.gaps.listed(path, whole)) world.changed = true;
}

/** Whoever reads a directory has seen it, even when it is empty. */
function confirmDirectory(world: World, reading: Reading, self: Row | undefined): void {
  const { directory, evidence, reader } = reading;
  const said = self === undefined ? undefined : reader.attributes(self, directory.attributes);
  if (said?.type === "d") updateNode(world, directory, said, evidence);
  else if (mayUpdate(evidence, directory)) believe(directory, evidence);
}

/** Returns how many names the rows hold that are in the tree. */
function applyRows(world: World, reading: Reading, rows: readonly Row[]): number {
  const { path, directory, evidence, reader, listing } = reading;
  const gate = world.tombstones.gate(path, evidence);
  let named = 0;
  for (const row of rows) {
    const name = reader.key(row);
    if (name === undefined) continue;
    let node = directory.children?.get(name);
    if (node === undefined) {
      if (!isValidName(name)) continue;
      listing.names?.add(name);
      const attributes = reader.attributes(row, undefined) ?? UNKNOWN_FILE;
      if (isGone(gate, directory, path, name, attributes.type === "d", evidence)) {
        listing.isBelieved = false;
        continue;
      }
      node = addNode(world, directory, path, name, attributes, evidence);
      if (attributes.type === "f") world.suspects.found(node, attributes, evidence);
      if (reading.isBlind) world.blindSpots.added(node);
    } else {
      listing.names?.add(node.name);
      applyRow(world, reading, node, reader.attributes(row, node.attributes));
    }
    if (node.listing === listing.number) continue;
    node.listing = listing.number;
    named += 1;
  }
  return named;
}

function applyRow(
  world: World,
  { evidence, isBlind }: Reading,
  node: TreeNode,
  attributes: FsAttributes | undefined,
): void {
  if (attributes === undefined) {
    if (mayUpdate(evidence, node)) believe(node, evidence);
    return;
  }
  const old = node.attributes;
  if (updateNode(world, node, attributes, evidence) !== "moved") return;
  if (attributes.type === "f") world.suspects.found(node, attributes, evidence);
  // A directory's own times follow from what happens in it.
  const isNews = old !== undefined && !hasSameContent(old, attributes);
  if (isBlind && isNews && !(old.type === "d" && attributes.type === "d")) {
    world.blindSpots.modified(node);
  }
}

/** The listing is whole: what it did not name is not there, where its speaker would have told. */
function removeOthers(world: World, reading: Reading, whole: Evidence): void {
  const { path, directory, listing, isBlind } = reading;
  for (const child of directory.children?.values() ?? []) {
    if (listing.names?.has(child.name) ?? child.listing === listing.number) continue;
    const childPath = joinPath(path, child.name);
    if (!whole.scope.admits(childPath, child.children !== undefined)) continue;
    if (removeSubtree(world, child, whole) && isBlind) world.blindSpots.deleted(childPath);
  }
}
