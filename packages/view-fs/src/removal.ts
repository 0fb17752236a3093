import { mayRemove, type Evidence } from "./arbiter.js";
import { pathOf, type TreeNode } from "./tree.js";
import type { World } from "./world.js";

/**
 * Removes a node and all below it, as far as the evidence goes: what was seen later stays, and
 * with it the directories that lead there. Returns true when the node itself is gone.
 *
 * Directories that go leave a tombstone, and so does one that stays for the sake of something
 * below it: older evidence about what was in them stays out.
 */
export function removeSubtree(world: World, node: TreeNode, evidence: Evidence): boolean {
  // Checked here too: an old listing of a large directory asks about thousands of files.
  if (node.children === undefined) return removeLeaf(world, node, evidence);
  const path = pathOf(node);
  const removed = removeBelow(world, node, evidence) && removeLeaf(world, node, evidence);
  bury(world, path, evidence, { absent: removed });
  return removed;
}

/** The same for everything below a node. Returns true when nothing is left there. */
export function removeBelow(world: World, top: TreeNode, evidence: Evidence): boolean {
  const nodes: TreeNode[] = [];
  const directories = [top];
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    for (const child of next.children?.values() ?? []) {
      nodes.push(child);
      if (child.children !== undefined) directories.push(child);
    }
  }
  // Backwards, children stand before their parents.
  for (let i = nodes.length - 1; i >= 0; i -= 1) {
    const node = nodes[i];
    const parent = node?.parent;
    if (node === undefined || parent === undefined || !removeLeaf(world, node, evidence)) continue;
    // If the directory stays, its last listing no longer tells what is in it.
    parent.listed = undefined;
  }
  return top.children === undefined || top.children.size === 0;
}

/** Remembers that a name was gone. */
export function bury(
  world: World,
  path: string,
  evidence: Evidence,
  { absent }: { readonly absent: boolean },
): void {
  const dropped = world.tombstones.bury(path, evidence, world.at, absent);
  if (dropped !== undefined) world.gaps.forgotten(dropped, "too many tombstones", world.at);
  world.changed = true;
}

/** Removes a node that has no children left, if the evidence is good enough for it. */
function removeLeaf(world: World, node: TreeNode, evidence: Evidence): boolean {
  if (node.parent === undefined || !mayRemove(evidence, node)) return false;
  if (node.children !== undefined) {
    if (node.children.size > 0) return false;
    forgetDirectory(world, node, evidence);
  }
  world.suspects.clear(node);
  world.blindSpots.clearNode(node);
  world.tree.remove(node);
  world.changed = true;
  return true;
}

function forgetDirectory(world: World, node: TreeNode, evidence: Evidence): void {
  if (world.tombstones.isEmpty && world.gaps.size === 0) return;
  const path = pathOf(node);
  world.tombstones.forgetIn(path, evidence);
  world.gaps.removed(path);
}
