import type { Steps } from "@fustor/schema-fs";

/** Keeps the first `max` of what it is offered, in a heap with the last of them on top. */
export class Foremost<Item> {
  readonly #max: number;
  readonly #isBefore: (a: Item, b: Item) => boolean;
  readonly #heap: Item[] = [];

  constructor(max: number, isBefore: (a: Item, b: Item) => boolean) {
    this.#max = max;
    this.#isBefore = isBefore;
  }

  offer(item: Item): void {
    const heap = this.#heap;
    if (heap.length < this.#max) {
      this.#rise(item);
      return;
    }
    const [last] = heap;
    if (last !== undefined && this.#isBefore(item, last)) this.#sink(item);
  }

  /** What was kept, in order; nothing is kept after that. */
  *drain(): Steps<Item[]> {
    const heap = this.#heap;
    const ordered: Item[] = [];
    for (let last = heap[0]; last !== undefined; last = heap[0]) {
      ordered.push(last);
      const moved = heap.pop();
      if (moved !== undefined && heap.length > 0) this.#sink(moved);
      yield;
    }
    return ordered.reverse();
  }

  #rise(item: Item): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const other = heap[above];
      if (other === undefined || !this.#isBefore(other, item)) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = item;
  }

  /** Puts an item in the place of the one on top. */
  #sink(item: Item): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      let other = heap[below];
      if (other === undefined) break;
      const beside = heap[below + 1];
      if (beside !== undefined && this.#isBefore(other, beside)) {
        below += 1;
        other = beside;
      }
      if (!this.#isBefore(item, other)) break;
      heap[at] = other;
      at = below;
    }
    heap[at] = item;
  }
}
