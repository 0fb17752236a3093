import type { DigestMessage } from "@fustor/core";
import { DirectoryDigest, joinPath } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import { readerOf } from "../table-reader.js";
import type { Evidence } from "./evidence.js";
import { isTooOld } from "./horizon.js";
import { applyRow, list } from "./listing.js";
import { RULE } from "./rules.js";
import type { World } from "./world.js";

/**
 * Rule 11: equal digests are a complete listing of what is known; else the rows are wanted. True
 * when they are equal.
 */
export function applyDigest(world: World, message: DigestMessage, E: Evidence): boolean {
  const { scope, digest, count, self } = message;
  if (isTooOld(world, E, scope)) return true;
  const { tree, counts } = world;
  const directory = tree.find(scope);
  const children = directory === undefined ? [] : admittedIn(world, directory, scope, E);
  const isEqual =
    directory !== undefined &&
    isDirectory(directory) &&
    children.length === count &&
    digestOf(world, directory, children) === digest;
  if (!isEqual) {
    counts.add(RULE.digestDiffers);
    want(world, scope, E);
    return false;
  }
  counts.add(RULE.digestEqual);
  const reader = readerOf(self.fields);
  const [row] = self.rows;
  const own = row && reader.rowOf(row, () => tree.attributes(directory));
  list(world, { scope, self: own, complete: true }, E, (reading) => {
    for (const id of children) {
      // What a digest leaves out of a directory's row, the directory's own listing tells.
      const row = isDirectory(id) ? undefined : tree.attributes(id);
      applyRow(world, reading, tree.name(id), id, row, true);
    }
  });
  return true;
}

/** The directory is to be listed: what is known of it is not what is there. */
export function want(world: World, path: string, E: Evidence): void {
  world.wanted.add(path);
  const id = world.tree.find(path);
  if (id !== undefined && isDirectory(id)) world.listings.setOutdated(id, E);
}

function admittedIn(
  { tree }: World,
  directory: NodeId,
  scope: string,
  E: Evidence,
): ArrayLike<NodeId> & Iterable<NodeId> {
  if (!isDirectory(directory)) return [];
  const children = tree.childrenOf(directory);
  if (E.session.isWhole) return children;
  return children.filter((id) => E.scope.admits(joinPath(scope, tree.name(id)), isDirectory(id)));
}

function digestOf(
  { tree }: World,
  directory: NodeId,
  children: ArrayLike<NodeId> & Iterable<NodeId>,
): string {
  if (children.length === tree.childCount(directory)) return tree.digest(directory);
  const digest = new DirectoryDigest(tree.digestMask);
  for (const id of children) digest.add(tree.name(id), tree.attributes(id));
  return digest.toString();
}
