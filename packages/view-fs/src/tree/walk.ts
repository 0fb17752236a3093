import { joinPath } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "./nodes.js";
import type { Tree } from "./tree.js";

/** A node that a walk meets. */
export interface Step {
  readonly id: NodeId;
  readonly path: string;
  /** 0 for the node that the walk began at. */
  readonly depth: number;
}

/** A directory that the walk is in. */
interface Level {
  readonly id: NodeId;
  readonly parent: NodeId;
  readonly path: string;
  readonly children: Uint32Array;
  next: number;
}

/**
 * The nodes at and below `start`, parents before children, siblings in the order of insertion.
 *
 * The tree may change between two steps: what stands unchanged throughout is met exactly once. A
 * directory's children are noted when it is entered, and each is looked at again before it is met;
 * a directory that is moved or removed while the walk is in it is left at once.
 */
export function* walk(tree: Tree, start: NodeId, maxDepth = Infinity): Generator<Step> {
  yield { id: start, path: tree.path(start), depth: 0 };
  const levels: Level[] = [];
  if (maxDepth > 0) enter(tree, levels, start, tree.path(start));
  let { turnover } = tree;
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    if (turnover !== tree.turnover) {
      leaveMoved(tree, levels);
      turnover = tree.turnover;
      continue;
    }
    const id = level.children[level.next] ?? 0;
    if (id === 0) {
      levels.pop();
      continue;
    }
    level.next += 1;
    if (!tree.isLive(id) || tree.parent(id) !== level.id) continue;
    const path = joinPath(level.path, tree.name(id));
    yield { id, path, depth: levels.length };
    // Between the two it may have been moved: then the levels above are looked at first.
    if (levels.length < maxDepth && tree.isLive(id) && tree.parent(id) === level.id) {
      enter(tree, levels, id, path);
    }
  }
}

function enter(tree: Tree, levels: Level[], id: NodeId, path: string): void {
  if (!isDirectory(id)) return;
  levels.push({
    id,
    parent: tree.parent(id),
    path,
    children: tree.childrenOf(id),
    next: 0,
  });
}

/** Leaves the first level that is no longer where it was, and all below it. */
function leaveMoved(tree: Tree, levels: Level[]): void {
  const moved = levels.findIndex(
    ({ id, parent, path }) =>
      !tree.isLive(id) ||
      tree.parent(id) !== parent ||
      (path !== "/" && !path.endsWith(`/${tree.name(id)}`)),
  );
  if (moved !== -1) levels.length = moved;
}
