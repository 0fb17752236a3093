import { encodeName } from "@fustor/schema-fs";
import type { NodeId } from "./nodes.js";
import type { Tree } from "./tree.js";

/**
 * Up to `limit` children of a directory in the order of their names' bytes, beginning after the name
 * `after` (from the first when undefined): with the last name of one page the next one begins.
 * What stands unchanged throughout stands on exactly one page.
 *
 * Each page goes once through the children and keeps the smallest so far, in a heap with the
 * largest of them on top: no order is kept that a change would have to mend, and nothing is sorted
 * but the page.
 */
export function page(
  tree: Tree,
  directory: NodeId,
  after: string | undefined,
  limit: number,
): NodeId[] {
  const from = after === undefined ? undefined : encodeName(after);
  const { names, nodes } = tree;
  const heap: number[] = [];
  const isLarger = (a: number, b: number) => names.compare(nodes.nameOf(a), nodes.nameOf(b)) > 0;
  for (const id of tree.childrenOf(directory)) {
    if (heap.length === limit && !isLarger(heap[0] ?? 0, id)) continue;
    if (from !== undefined && names.compareTo(nodes.nameOf(id), from) <= 0) continue;
    if (heap.length === limit) replaceTop(heap, id, isLarger);
    else push(heap, id, isLarger);
  }
  return heap.sort((a, b) => names.compare(nodes.nameOf(a), nodes.nameOf(b)));
}

type IsLarger = (a: number, b: number) => boolean;

function push(heap: number[], id: number, isLarger: IsLarger): void {
  let at = heap.length;
  heap.push(id);
  while (at > 0) {
    const above = (at - 1) >>> 1;
    const other = heap[above] ?? 0;
    if (!isLarger(id, other)) break;
    heap[at] = other;
    at = above;
  }
  heap[at] = id;
}

function replaceTop(heap: number[], id: number, isLarger: IsLarger): void {
  let at = 0;
  for (;;) {
    let below = at * 2 + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isLarger(heap[below + 1] ?? 0, heap[below] ?? 0)) below += 1;
    const other = heap[below] ?? 0;
    if (!isLarger(other, id)) break;
    heap[at] = other;
    at = below;
  }
  heap[at] = id;
}
