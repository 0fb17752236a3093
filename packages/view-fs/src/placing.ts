import { joinPath, type FsAttributes } from "@fustor/schema-fs";
import { mayAppear, mayUpdate, type Evidence } from "./arbiter.js";
import { bury, removeBelow } from "./removal.js";
import { isAtRest, isSame } from "./table-reader.js";
import { believe, pathOf, type TreeNode } from "./tree.js";
import type { Gate } from "./tombstones.js";
import type { World } from "./world.js";

/**
 * The directory at `path`, made if need be: something in it was seen, so it exists. Undefined when
 * better evidence says that it does not.
 */
export function openDirectory(
  world: World,
  path: string,
  evidence: Evidence,
): TreeNode | undefined {
  const known = world.tree.find(path);
  if (known?.children !== undefined) return known;
  let node = world.tree.root;
  let at = "/";
  let checked = false;
  for (const name of path.slice(1).split("/")) {
    let child = node.children?.get(name);
    if (child === undefined) {
      if (!checked) {
        // Asked once for the whole chain: where one directory is missing, all below it are.
        const gate = world.tombstones.gate(at, evidence);
        if (isGone(gate, node, at, name, true, evidence)) return undefined;
        if (world.tombstones.isClosed(path, evidence)) return undefined;
        checked = true;
      }
      child = world.tree.insert(node, name, undefined, evidence);
      world.changed = true;
      if (world.blindSpots.hasDeletions) world.blindSpots.clearPath(joinPath(at, name));
    } else if (child.children === undefined) {
      if (!mayUpdate(evidence, child)) return undefined;
      setAttributes(world, child, undefined);
      believe(child, evidence);
    }
    node = child;
    at = joinPath(at, name);
  }
  if (checked) world.tombstones.reviveChain(path);
  return node;
}

/** Adds a name to a directory that does not have it. Whether it may be there is settled before. */
export function addNode(
  world: World,
  directory: TreeNode,
  directoryPath: string,
  name: string,
  attributes: FsAttributes | undefined,
  evidence: Evidence,
): TreeNode {
  const node = world.tree.insert(directory, name, attributes, evidence);
  world.changed = true;
  if (!world.tombstones.isEmpty || world.blindSpots.hasDeletions) {
    const path = joinPath(directoryPath, name);
    world.tombstones.revive(path, node.children !== undefined);
    world.blindSpots.clearPath(path);
  }
  return node;
}

/** True when something says that a new name is not there, and is to be believed. */
export function isGone(
  gate: Gate,
  { listed }: TreeNode,
  directoryPath: string,
  name: string,
  isDirectory: boolean,
  evidence: Evidence,
): boolean {
  const verdict = gate(name);
  // A name that went and came back did so after the listing, or else it would not have gone.
  if (verdict !== "unknown") return verdict === "gone";
  if (listed === undefined || mayAppear(evidence, listed)) return false;
  return listed.scope.admits(joinPath(directoryPath, name), isDirectory);
}

/**
 * What a row did to the node of its name. `touched`: it tells something new, but not of size or
 * times; `moved`: of those.
 */
export type Outcome = "refused" | "same" | "touched" | "moved";

/** Lets a row say what a known node is. */
export function updateNode(
  world: World,
  node: TreeNode,
  attributes: FsAttributes,
  evidence: Evidence,
): Outcome {
  if (!mayUpdate(evidence, node)) return "refused";
  const old = node.attributes;
  if (old !== undefined && isSame(old, attributes)) {
    believe(node, evidence);
    return "same";
  }
  if (node.children !== undefined && attributes.type !== "d") {
    // The root stays a directory. Elsewhere another type is absence for everything below, which
    // yields to what was seen there later.
    if (node.parent === undefined || !removeBelow(world, node, evidence)) return "refused";
    const path = pathOf(node);
    world.tombstones.forgetIn(path, evidence);
    world.gaps.removed(path);
    bury(world, path, evidence, { absent: false });
  }
  setAttributes(world, node, attributes);
  believe(node, evidence);
  return old !== undefined && isAtRest(old, attributes) ? "touched" : "moved";
}

function setAttributes(world: World, node: TreeNode, attributes: FsAttributes | undefined): void {
  world.tree.set(node, attributes);
  world.changed = true;
  if (attributes?.type === "f") return;
  world.suspects.clear(node);
  if (attributes === undefined) world.blindSpots.clearNode(node);
}
