import type { Hint } from "./backend.js";
import { renamed, type Names } from "./renamed.js";

/** Names kept at most; beyond that, directories take their place. */
const NAMES_MAX = 100_000;
/** A directory with fewer names than this is not worth listing instead. */
const WORTH_LISTING = 100;

/** What is known of a dirty name. */
export interface DirtyName {
  /** It came or went: its directory's own attributes changed too. */
  moved: boolean;
  /** A writer closed it, and none has written since. */
  closed: boolean;
}

export interface DirtyDirectory {
  readonly directory: string;
  readonly names: ReadonlyMap<string, DirtyName>;
}

export interface DirtyNamesOptions {
  readonly namesMax?: number;
  /** A directory had too many dirty names: it is to be listed as a whole. */
  readonly onCrowded: (directory: string) => void;
  /** There were too many dirty names in too many directories: nothing is known any more. */
  readonly onFlooded: () => void;
}

/** The names that something happened to, each once, in the order of their directories' first. */
export class DirtyNames {
  readonly #options: DirtyNamesOptions;
  readonly #directories = new Map<string, Map<string, DirtyName>>();
  #size = 0;

  constructor(options: DirtyNamesOptions) {
    this.#options = options;
  }

  /** How many names wait. */
  get size(): number {
    return this.#size;
  }

  add(directory: string, name: string, hint: Hint): void {
    let names = this.#directories.get(directory);
    if (names === undefined) {
      names = new Map<string, DirtyName>();
      this.#directories.set(directory, names);
    }
    let dirty = names.get(name);
    if (dirty === undefined) {
      dirty = { moved: false, closed: false };
      names.set(name, dirty);
      this.#size += 1;
    }
    if (hint === "appeared" || hint === "gone") dirty.moved = true;
    if (hint !== "touched") dirty.closed = hint === "closed";
    if (this.#size > (this.#options.namesMax ?? NAMES_MAX)) this.#shrink();
  }

  /** Takes what is known of one name. */
  pick(directory: string, name: string): DirtyName | undefined {
    const names = this.#directories.get(directory);
    const dirty = names?.get(name);
    if (names === undefined || dirty === undefined) return undefined;
    names.delete(name);
    if (names.size === 0) this.#directories.delete(directory);
    this.#size -= 1;
    return dirty;
  }

  /** True for a name that a writer closed, and nobody has written to since. */
  isClosed(directory: string, name: string): boolean {
    return this.#directories.get(directory)?.get(name)?.closed === true;
  }

  /** What is dirty in a directory that was renamed, or below it, is dirty under the new name. */
  rename(rename: Names): void {
    for (const [directory, names] of [...this.#directories]) {
      const to = renamed(directory, rename);
      if (to === undefined) continue;
      this.#directories.delete(directory);
      const there = this.#directories.get(to);
      for (const [name, dirty] of there ?? []) {
        if (names.has(name)) this.#size -= 1;
        else names.set(name, dirty);
      }
      this.#directories.set(to, names);
    }
  }

  /** Takes the names of the directory that has waited longest, `max` of them at most. */
  take(max: number): DirtyDirectory | undefined {
    for (const [directory, names] of this.#directories) {
      if (names.size <= max) {
        this.#directories.delete(directory);
        this.#size -= names.size;
        return { directory, names };
      }
      const some = new Map<string, DirtyName>();
      for (const [name, dirty] of names) {
        if (some.size === max) break;
        some.set(name, dirty);
        names.delete(name);
      }
      this.#size -= some.size;
      // To the back of the queue: a directory where much goes on must not hold up the others.
      this.#directories.delete(directory);
      this.#directories.set(directory, names);
      return { directory, names: some };
    }
    return undefined;
  }

  clear(): void {
    this.#directories.clear();
    this.#size = 0;
  }

  /** Gives up the names of the most crowded directory, or all. */
  #shrink(): void {
    let crowded: [string, number] = ["", 0];
    for (const [directory, { size }] of this.#directories) {
      if (size > crowded[1]) crowded = [directory, size];
    }
    const [directory, size] = crowded;
    if (size < WORTH_LISTING) {
      this.clear();
      this.#options.onFlooded();
      return;
    }
    this.#directories.delete(directory);
    this.#size -= size;
    this.#options.onCrowded(directory);
  }
}
