/** Something that is due some time. */
interface Entry<T> {
  readonly due: number;
  readonly item: T;
}

/**
 * Items by when they are due: a heap with the earliest on top. Whoever changes an item's time adds
 * it again; an entry that is no longer true is passed over when its time has come.
 */
export class Agenda<T> {
  #heap: Entry<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(item: T, due: number): void {
    const heap = this.#heap;
    const entry = { due, item };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const other = heap[above];
      if (other === undefined || other.due <= due) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = entry;
  }

  /** Takes out the next item that is due before `end`, or at `end` itself where `including`. */
  take(end: number, { including }: { readonly including: boolean }): Entry<T> | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.due > end || (first.due === end && !including)) {
      return undefined;
    }
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  /** Keeps what is still true. */
  retain(isTrue: (item: T, due: number) => boolean): void {
    const kept = this.#heap.filter(({ item, due }) => isTrue(item, due));
    this.#heap = kept.sort((a, b) => a.due - b.due);
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      let other = heap[below];
      if (other === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && right.due < other.due) {
        below += 1;
        other = right;
      }
      if (other.due >= entry.due) break;
      heap[at] = other;
      at = below;
    }
    heap[at] = entry;
  }
}
