import type { Found, FoundRow, Place, Question, Steps } from "@fustor/schema-fs";
import { askedOf, findRoot, isAnswer, type Root } from "./roots.js";

/** Stands for a root's own directory among the ids of its nodes, which begin at 0. */
const ITSELF = -1;
/** Smaller than whatever is known. */
const UNKNOWN = Number.MIN_SAFE_INTEGER;

/** Which root a row is of, and its id there: undefined for the root's own directory. */
interface RowOwner {
  readonly index: number;
  readonly id: number | undefined;
}

/** The first `max` nodes of all roots, in order, that answer a question. */
export function* findInAll(roots: readonly Root[], question: Question): Steps<Found> {
  const asked = findRoot(roots, question.path);
  // One more than is wanted tells whether there are more.
  const max = question.max + 1;
  let rows: FoundRow[];
  if (asked !== undefined) {
    const { root, path } = asked;
    rows = yield* ask(roots, roots.indexOf(root), { ...question, path, max }, question.after);
  } else if (question.path !== "/") {
    rows = [];
  } else if (question.order.by === "path") {
    rows = yield* oneByOne(roots, { ...question, max });
  } else {
    rows = yield* merged(roots, { ...question, max });
  }
  return { rows: rows.slice(0, question.max), hasMore: rows.length > question.max };
}

export function ownerOf(roots: readonly Root[], id: number): RowOwner {
  const inner = Math.floor(id / roots.length) - 1;
  return { index: id % roots.length, id: inner === ITSELF ? undefined : inner };
}

function shownId(roots: readonly Root[], { index, id = ITSELF }: RowOwner): number {
  return (id + 1) * roots.length + index;
}

/** What one root answers, in ids of the forest. */
function* ask(
  roots: readonly Root[],
  index: number,
  { path, isRecursive, filter, order, max }: Question,
  after: Place | undefined,
): Steps<FoundRow[]> {
  const root = roots[index];
  if (root === undefined) return [];
  // Of equal ones the id decides: what is behind another root's row is behind a row of this one.
  const id = after && Math.floor((after.id - index) / roots.length) - 1;
  const begin = after === undefined || id === undefined ? {} : { after: { ...after, id } };
  const asked = askedOf(root, path, { path, isRecursive, filter });
  const { rows } = yield* root.fs.find({ ...asked, order, max, ...begin });
  return rows.map((row) => ({ ...row, id: shownId(roots, { index, id: row.id }) }));
}

function itself(roots: readonly Root[], index: number, { order, filter }: Question): FoundRow[] {
  const root = roots[index];
  if (root === undefined || !isAnswer(root, filter)) return [];
  const id = shownId(roots, { index, id: undefined });
  const hasValue = order.by === "size" || order.by === "mtime";
  const text = hasValue ? "" : root.name;
  return [{ id, generation: 0, text, major: hasValue ? UNKNOWN : 0, minor: 0 }];
}

/** A walk by names goes through one root after the other. */
function* oneByOne(roots: readonly Root[], question: Question): Steps<FoundRow[]> {
  const { order, after, max, isRecursive } = question;
  const indices = [...roots.keys()].sort((a, b) => (nameAt(roots, a) < nameAt(roots, b) ? -1 : 1));
  if (order.isDescending) indices.reverse();
  const begin = after && ownerOf(roots, after.id);
  const skipped = begin === undefined ? 0 : indices.indexOf(begin.index);
  const rows: FoundRow[] = [];
  for (const index of indices.slice(skipped)) {
    const isBegun = index === begin?.index;
    const isBehindItself = isBegun && begin.id === undefined;
    const own = itself(roots, index, question);
    // Parents come first, or, the other way round, last.
    if (!order.isDescending && !isBegun) rows.push(...own);
    if (isRecursive && !(order.isDescending && isBehindItself)) {
      const rest = isBegun && !isBehindItself ? after : undefined;
      rows.push(...(yield* ask(roots, index, { ...question, path: "/" }, rest)));
    }
    if (order.isDescending && !isBehindItself) rows.push(...own);
    if (rows.length >= max) break;
  }
  return rows.slice(0, max);
}

/** The best of each root, put in order. */
function* merged(roots: readonly Root[], question: Question): Steps<FoundRow[]> {
  const { order, after, isRecursive } = question;
  const sign = order.isDescending ? -1 : 1;
  const rows: FoundRow[] = [];
  for (const index of roots.keys()) {
    const own = itself(roots, index, question);
    rows.push(...own.filter((row) => after === undefined || sign * compare(row, after) > 0));
    if (isRecursive) rows.push(...(yield* ask(roots, index, question, after)));
  }
  return rows.sort((a, b) => sign * compare(a, b));
}

function nameAt(roots: readonly Root[], index: number): string {
  return roots[index]?.name ?? "";
}

function compare(a: Place, b: Place): number {
  if (a.major !== b.major) return a.major - b.major;
  if (a.minor !== b.minor) return a.minor - b.minor;
  if (a.text !== b.text) return a.text < b.text ? -1 : 1;
  return a.id - b.id;
}
