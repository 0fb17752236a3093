import { Agenda } from "./agenda.js";

/** Something to look at from a time on. Whoever closes it sets `isOpen` to false. */
export interface Due {
  due: number;
  isOpen: boolean;
}

/** How many entries may be stale beside those that are not. */
const SLACK = 1_000;

/** Finds what is due without going through what is not. */
export class DueList<T extends Due> {
  readonly #agenda = new Agenda<T>();
  /** Was due when somebody asked. */
  readonly #found = new Set<T>();

  /** After an item's time was set. `open`: how many items are open at all. */
  schedule(item: T, open: number): void {
    this.#agenda.add(item, item.due);
    if (this.#agenda.size <= 2 * open + SLACK) return;
    this.#agenda.retain((other, due) => other.isOpen && other.due === due);
  }

  /** What is due at `at`. Asking changes nothing. */
  *at(at: number): Generator<T> {
    for (;;) {
      const next = this.#agenda.take(at, { including: true });
      if (next === undefined) break;
      if (next.item.isOpen && next.item.due === next.due) this.#found.add(next.item);
    }
    for (const item of this.#found) {
      if (item.isOpen && item.due <= at) yield item;
      else this.#drop(item);
    }
  }

  #drop(item: T): void {
    this.#found.delete(item);
    if (item.isOpen) this.#agenda.add(item, item.due);
  }
}
