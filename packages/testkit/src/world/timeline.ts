interface Entry {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

/** A course of action: yields the milliseconds to wait before it goes on. */
export type Course<T = void> = Generator<number, T, undefined>;

/** Simulated time in ms: does things in the order of their times, and of their planning. */
export class Timeline {
  #now: number;
  #planned = 0;
  /** A binary heap by time. */
  readonly #heap: Entry[] = [];

  constructor(startAt: number) {
    this.#now = startAt;
  }

  get now(): number {
    return this.#now;
  }

  after(ms: number, act: () => void): void {
    const entry = { at: this.#now + Math.max(0, ms), order: this.#planned++, act };
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const above = heap[up];
      if (above === undefined || isBefore(above, entry)) break;
      heap[i] = above;
      i = up;
    }
    heap[i] = entry;
  }

  /** Follows a course as long as `lives` says so. */
  follow(course: Course, lives: () => boolean): void {
    const step = (): void => {
      if (!lives()) return;
      const { done, value } = course.next();
      if (done !== true) this.after(value, step);
    };
    step();
  }

  /** Goes on until `until` holds. Returns false when nothing is left or `most` steps were made. */
  run(until: () => boolean, most: number): boolean {
    for (let steps = 0; !until(); steps += 1) {
      const next = steps < most ? this.#pop() : undefined;
      if (next === undefined) return false;
      this.#now = next.at;
      next.act();
    }
    return true;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let next = 2 * i + 1;
      let child = heap[next];
      if (child === undefined) break;
      const other = heap[next + 1];
      if (other !== undefined && isBefore(other, child)) {
        child = other;
        next += 1;
      }
      if (isBefore(last, child)) break;
      heap[i] = child;
      i = next;
    }
    heap[i] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
