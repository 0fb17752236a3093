import type { FsNode, WalkedNode } from "@fustor/schema-fs";
import { confirmCandidates, isDirectory, page, searchNames, walk } from "../tree/index.js";
import type { NodeId } from "../tree/index.js";
import { SUSPECT } from "./flags.js";
import type { World } from "./world.js";

/** What readers get to see of a node. */
export function show({ tree }: World, id: NodeId, path = tree.path(id)): FsNode {
  return {
    path,
    name: id === tree.root ? "" : tree.name(id),
    attributes: tree.attributes(id),
    isDirectory: isDirectory(id),
    suspect: (tree.flags(id) & SUSPECT) !== 0,
  };
}

/** Nodes at and below `path`, parents first; records may be applied between two steps. */
export function* walkFrom(world: World, path: string, maxDepth: number): Generator<WalkedNode> {
  const start = world.tree.find(path);
  if (start === undefined) return;
  for (const { id, path: at, depth } of walk(world.tree, start, maxDepth)) {
    yield { ...show(world, id, at), depth };
  }
}

/** Nodes whose name contains `text`, without case. */
export function* search(world: World, text: string): Generator<FsNode> {
  const { tree } = world;
  if (text === "") yield show(world, tree.root);
  const candidates = searchNames(tree.shared(), text, Infinity);
  for (const id of confirmCandidates(tree, candidates, text)) yield show(world, id);
}

/** Up to `limit` children of a directory after the name `after`, in the order of their bytes. */
export function pageOf(
  world: World,
  path: string,
  after: string | undefined,
  limit: number,
): FsNode[] | undefined {
  const { tree } = world;
  const directory = tree.find(path);
  if (directory === undefined || !isDirectory(directory)) return undefined;
  return page(tree, directory, after, limit).map((id) => show(world, id));
}
