import { encodeName, joinPath } from "@fustor/schema-fs";
import { isDirectory, type NodeId, type Tree } from "../tree/index.js";
import { Foremost } from "./foremost.js";

/** A node that a descent meets. Its path is put together only where somebody asks for it. */
export interface Met {
  readonly id: NodeId;
  /** The path of the directory that it stands in. */
  readonly within: string;
}

export interface DescentOptions {
  /** False: the children only. */
  readonly isRecursive: boolean;
  /** By the bytes of the names, parents first, or all of that the other way round. */
  readonly order?: "ascending" | "descending" | undefined;
  /** With an order: only what comes behind this one, by the keys of its names below the start. */
  readonly after?: readonly string[] | undefined;
  /** With an order: what this refuses is left out at once, unless something may stand below it. */
  readonly wants: (id: NodeId, within: string) => boolean;
}

/** Smaller directories are sorted in one step. */
const SMALL = 1_024;
/** How many children of a larger one are put in order at once. */
const CHOSEN_MAX = 10_000;

/** A directory that the descent is in. */
interface Level {
  readonly id: NodeId;
  readonly parent: NodeId;
  readonly path: string;
  /** What to skip in this directory: it comes before, or is on the way to, the beginning. */
  readonly after: readonly string[] | undefined;
  children: ArrayLike<NodeId>;
  /** With an order: the keys by which they were put in order. */
  keys: readonly string[] | undefined;
  next: number;
  /** The key of the last child that was chosen, when there are more. */
  goOn: string | undefined;
}

/**
 * What stands below a directory; undefined for steps without a node. The tree may change between
 * two steps: what stands unchanged throughout is met exactly once.
 *
 * A directory's children are noted when it is entered, and each is looked at again before it is
 * met; a directory that is moved or removed meanwhile is left at once. In order, a child with another
 * name than was noted is passed over: who goes on behind its new place would skip names, or meet some
 * again.
 */
export function* descend(
  tree: Tree,
  start: NodeId,
  options: DescentOptions,
): Generator<Met | undefined, undefined, undefined> {
  const { order, isRecursive } = options;
  const isDown = order === "descending";
  const levels: Level[] = [];
  yield* enter(start, tree.path(start), options.after);
  let { turnover } = tree;
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    if (turnover !== tree.turnover) {
      leaveMoved(tree, levels);
      turnover = tree.turnover;
      continue;
    }
    const id = level.children[level.next];
    const noted = level.keys?.[level.next];
    if (id === undefined) {
      if (level.goOn !== undefined) {
        yield* choose(level, { key: level.goOn, isIncluded: false });
        continue;
      }
      levels.pop();
      const above = levels.at(-1);
      if (isDown && above !== undefined) yield { id: level.id, within: above.path };
      continue;
    }
    level.next += 1;
    if (!tree.isLive(id) || tree.parent(id) !== level.id) {
      yield;
      continue;
    }
    const key = noted === undefined ? undefined : keyOf(tree.name(id));
    if (key !== noted) {
      yield;
      continue;
    }
    const [first, ...rest] = level.after ?? [];
    // What the beginning stands in was met before in one direction, and comes after in the other.
    const leads = first !== undefined && key === first;
    if (leads && rest.length === 0 && isDown) continue;
    const enters = isRecursive && isDirectory(id);
    const path = enters ? joinPath(level.path, tree.name(id)) : "";
    if (!leads && !(enters && isDown)) yield { id, within: level.path };
    if (!enters) continue;
    // Between the two it may have been moved: then the levels above are looked at first.
    if (tree.isLive(id) && tree.parent(id) === level.id) {
      yield* enter(id, path, leads && rest.length > 0 ? rest : undefined);
    }
  }

  function* enter(
    id: NodeId,
    path: string,
    after: readonly string[] | undefined,
  ): Generator<undefined, undefined, undefined> {
    const level: Level = {
      id,
      parent: tree.parent(id),
      path,
      after,
      children: NONE,
      keys: undefined,
      next: 0,
      goOn: undefined,
    };
    levels.push(level);
    if (order === undefined) level.children = tree.childrenOf(id);
    else yield* choose(level, { key: after?.[0], isIncluded: true });
  }

  /** Notes the next children in order. */
  function* choose(
    level: Level,
    from: { readonly key: string | undefined; readonly isIncluded: boolean },
  ): Generator<undefined, undefined, undefined> {
    const children = tree.childrenOf(level.id);
    const isLarge = children.length > SMALL;
    const inOrder = isDown ? isAfter : isBefore;
    const foremost = isLarge ? new Foremost<Keyed>(CHOSEN_MAX + 1, inOrder) : undefined;
    const few: Keyed[] = [];
    for (const id of children) {
      if (isLarge) {
        yield;
        if (!tree.isLive(id) || tree.parent(id) !== level.id) continue;
      }
      if (!(isRecursive && isDirectory(id)) && !options.wants(id, level.path)) continue;
      const key = keyOf(tree.name(id));
      if (from.key !== undefined) {
        if (isDown ? key > from.key : key < from.key) continue;
        if (key === from.key && !from.isIncluded) continue;
      }
      if (foremost === undefined) few.push({ id, key });
      else foremost.offer({ id, key });
    }
    const chosen = foremost === undefined ? sorted(few, inOrder) : yield* foremost.drain();
    const goesOn = chosen.length > CHOSEN_MAX;
    if (goesOn) chosen.pop();
    level.children = chosen.map(({ id }) => id);
    level.keys = chosen.map(({ key }) => key);
    level.next = 0;
    level.goOn = goesOn ? chosen.at(-1)?.key : undefined;
  }
}

interface Keyed {
  readonly id: NodeId;
  readonly key: string;
}

const NONE: ArrayLike<NodeId> = [];

/** A text that compares as the name's bytes do: each of them one character. */
export function keyOf(name: string): string {
  return IS_ASCII.test(name) ? name : encodeName(name).toString("latin1");
}

/** The keys of the names on a path below `start`. */
export function keysBelow(start: string, path: string): string[] {
  return path
    .slice(start === "/" ? 1 : start.length + 1)
    .split("/")
    .map(keyOf);
}

const IS_ASCII = /^[\0-\x7f]*$/;

function isBefore(a: Keyed, b: Keyed): boolean {
  return a.key < b.key;
}

function isAfter(a: Keyed, b: Keyed): boolean {
  return a.key > b.key;
}

function sorted(items: Keyed[], inOrder: (a: Keyed, b: Keyed) => boolean): Keyed[] {
  return items.sort((a, b) => (inOrder(a, b) ? -1 : 1));
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
