import { joinPath, type FsNode, type WalkedNode } from "@fustor/schema-fs";
import { pathOf, type Tree, type TreeNode } from "./tree.js";

/** Tells whether a node is suspect. */
export type IsSuspect = (node: TreeNode) => boolean;

/** What readers get to see of a node. */
export function show(node: TreeNode, path: string, isSuspect: IsSuspect): FsNode {
  return {
    path,
    name: node.name,
    attributes: node.attributes,
    isDirectory: node.children !== undefined,
    suspect: isSuspect(node),
  };
}

/**
 * Nodes at and below `path`, parents first. Maps may change while they are iterated, so records
 * may be applied between two steps; a directory that goes takes its iterator's names with it.
 */
export function* walk(
  tree: Tree,
  path: string,
  maxDepth: number,
  isSuspect: IsSuspect,
): Generator<WalkedNode> {
  const start = tree.find(path);
  if (start === undefined) return;
  yield showWalked(start, path, 0, isSuspect);
  const open = maxDepth > 0 ? childrenOf(start, path) : undefined;
  const stack = open === undefined ? [] : [open];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.children.next();
    if (next.done === true) {
      stack.pop();
      continue;
    }
    const node = next.value;
    const nodePath = joinPath(top.path, node.name);
    yield showWalked(node, nodePath, stack.length, isSuspect);
    const below = stack.length < maxDepth ? childrenOf(node, nodePath) : undefined;
    if (below !== undefined) stack.push(below);
  }
}

/** Nodes whose name contains `text`, without case. */
export function* search(tree: Tree, text: string, isSuspect: IsSuspect): Generator<FsNode> {
  const wanted = text.toLowerCase();
  const stack: Iterator<TreeNode>[] = [[tree.root].values()];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.next();
    if (next.done === true) {
      stack.pop();
      continue;
    }
    const node = next.value;
    if (node.name.toLowerCase().includes(wanted)) yield show(node, pathOf(node), isSuspect);
    if (node.children !== undefined) stack.push(node.children.values());
  }
}

function showWalked(node: TreeNode, path: string, depth: number, isSuspect: IsSuspect): WalkedNode {
  return {
    path,
    name: node.name,
    attributes: node.attributes,
    isDirectory: node.children !== undefined,
    suspect: isSuspect(node),
    depth,
  };
}

function childrenOf(
  { children }: TreeNode,
  path: string,
): { readonly path: string; readonly children: Iterator<TreeNode> } | undefined {
  return children === undefined ? undefined : { path, children: children.values() };
}
