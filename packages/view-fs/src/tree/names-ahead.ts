import { Hasher } from "@fustor/schema-fs";
import type { NameIndex } from "./name-index.js";

/** So many names are hashed ahead: what they need still stands in the fastest cache at their turn. */
const WINDOW = 32;

/**
 * Names that will be looked for soon, in this order. They are hashed some at a time, and their
 * places in the index read one right after the other: the processor then waits for memory once for
 * all of them, and not once for each.
 */
export class NamesAhead {
  readonly #index: NameIndex;
  readonly #hashers = Array.from({ length: WINDOW }, () => new Hasher());
  #names: readonly string[] = [];
  #next = 0;
  /** Names before this one were hashed. */
  #hashed = 0;

  constructor(index: NameIndex) {
    this.#index = index;
  }

  /** Instead of what was expected before. */
  expect(names: readonly string[]): void {
    this.#names = names;
    this.#next = 0;
    this.#hashed = 0;
  }

  /** The hasher that holds this name, until the next one is taken; undefined out of turn. */
  take(name: string): Hasher | undefined {
    if (name !== this.#names[this.#next]) return undefined;
    if (this.#next === this.#hashed) this.#hash();
    const hasher = this.#hashers[this.#next % WINDOW];
    this.#next += 1;
    if (this.#next === this.#names.length) this.expect([]);
    return hasher;
  }

  #hash(): void {
    const [hashers, names] = [this.#hashers, this.#names];
    const from = this.#hashed;
    const count = Math.min(WINDOW, names.length - from);
    for (let i = 0; i < count; i += 1) hashers[i]?.name(names[from + i] ?? "");
    this.#hashed = from + count;
    this.#index.fetch(hashers, count);
  }
}
