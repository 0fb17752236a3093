import {
  isBelow,
  joinPath,
  parentPath,
  type Found,
  type FoundRow,
  type MarkedNode,
  type Order,
  type Place,
  type Question,
  type Steps,
  type Subtree,
} from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import { descend, keyOf, keysBelow, type Met } from "./descent.js";
import { createFilter } from "./filter.js";
import { BLIND, DOUBTED, HELD } from "./flags.js";
import { Foremost } from "./foremost.js";
import { show } from "./questions.js";
import type { World } from "./world.js";

/** What readers get to see of a node, with its marks. */
export function showMarked(world: World, id: NodeId, path?: string): MarkedNode {
  const flags = world.tree.flags(id);
  return {
    ...show(world, id, path),
    blindSpot: (flags & BLIND) !== 0,
    doubted: (flags & DOUBTED) !== 0,
    held: (flags & HELD) !== 0,
  };
}

/** The first `max` nodes, in order, that answer a question. */
export function* find(world: World, question: Question): Steps<Found> {
  const { tree } = world;
  const { turnover } = tree;
  const isByPath = question.order.by === "path";
  const found = yield* isByPath ? findByPath(world, question) : findBest(world, question);
  return turnover === tree.turnover ? found : { ...found, rows: onlyOnce(found.rows) };
}

/** All nodes that answer, in the order of a walk; undefined for each step without one. */
export function* scan(
  world: World,
  subtree: Subtree,
): Generator<MarkedNode | undefined, undefined, undefined> {
  for (const met of matches(world, subtree)) {
    yield met && showMarked(world, met.id, pathOf(world, met));
  }
}

/** What was found, as it is now: undefined once it is gone, or does not answer any more. */
export function shown(
  world: World,
  { id, generation }: FoundRow,
  { path, isRecursive, filter }: Subtree,
): MarkedNode | undefined {
  const { tree } = world;
  if (!tree.isLive(id) || tree.generation(id) !== generation) return undefined;
  const at = tree.path(id);
  const within = parentPath(at);
  const stands = isRecursive ? isBelow(at, path) : at !== "/" && within === path;
  if (!stands && (at !== path || isDirectory(id))) return undefined;
  return createFilter(world, filter)(id, within) ? showMarked(world, id, at) : undefined;
}

/** Goes on in order, and ends with the answer: what comes behind it costs nothing. */
function* findByPath(world: World, question: Question): Steps<Found> {
  const rows: FoundRow[] = [];
  for (const met of matches(world, question)) {
    if (met === undefined) {
      yield;
      continue;
    }
    if (rows.length === question.max) return { rows, hasMore: true };
    rows.push(rowOf(world, met, question.order));
    yield;
  }
  return { rows, hasMore: false };
}

/** Looks at all there is, and keeps the best. */
function* findBest(world: World, question: Question): Steps<Found> {
  const { order, max, after } = question;
  const isBefore = order.isDescending
    ? (a: Place, b: Place) => compare(a, b) > 0
    : (a: Place, b: Place) => compare(a, b) < 0;
  const foremost = new Foremost<FoundRow>(max + 1, isBefore);
  for (const met of matches(world, question)) {
    if (met !== undefined) {
      const row = rowOf(world, met, order);
      if (after === undefined || isBefore(after, row)) foremost.offer(row);
    }
    yield;
  }
  const rows = yield* foremost.drain();
  const hasMore = rows.length > max;
  if (hasMore) rows.pop();
  return { rows, hasMore };
}

/** What stands in a directory that was moved meanwhile may have been met in both places. */
function onlyOnce(rows: readonly FoundRow[]): FoundRow[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

/** The nodes of a subtree that answer; undefined for each that does not. */
function* matches(
  world: World,
  subtree: Subtree & Partial<Question>,
): Generator<Met | undefined, undefined, undefined> {
  const { tree } = world;
  const { path, isRecursive, filter, order, after } = subtree;
  const start = tree.find(path);
  if (start === undefined) return;
  const answers = createFilter(world, filter);
  if (!isDirectory(start)) {
    const within = parentPath(path);
    // A file is its own answer, unless the page before told it.
    if (after === undefined && answers(start, within)) yield { id: start, within };
    return;
  }
  const isByPath = order?.by === "path";
  const steps = descend(tree, start, {
    isRecursive,
    order: isByPath ? (order.isDescending ? "descending" : "ascending") : undefined,
    after: isByPath && after !== undefined ? keysBelow(path, after.text) : undefined,
    wants: answers,
  });
  for (const met of steps) yield met && answers(met.id, met.within) ? met : undefined;
}

function pathOf({ tree }: World, { id, within }: Met): string {
  return id === tree.root ? "/" : joinPath(within, tree.name(id));
}

/** The place of a node in an order. */
function rowOf(world: World, met: Met, { by }: Order): FoundRow {
  const { tree } = world;
  const { id } = met;
  const row = { id, generation: tree.generation(id), text: "", major: 0, minor: 0 };
  if (by === "path") return { ...row, text: pathOf(world, met) };
  if (by === "name") return { ...row, text: keyOf(tree.name(id)) };
  const attributes = tree.attributes(id);
  if (by === "size") return { ...row, major: attributes?.size ?? UNKNOWN };
  return { ...row, major: attributes?.mtime ?? UNKNOWN, minor: attributes?.mtimeNsec ?? 0 };
}

/** Smaller than whatever is known, and JSON knows it. */
const UNKNOWN = Number.MIN_SAFE_INTEGER;

function compare(a: Place, b: Place): number {
  if (a.major !== b.major) return a.major - b.major;
  if (a.minor !== b.minor) return a.minor - b.minor;
  if (a.text !== b.text) return a.text < b.text ? -1 : 1;
  return a.id - b.id;
}
