import { hasBelow } from "./renamed.js";

/** Time enough for a directory to have changed, and short enough to wait for. */
const PAUSE_MS = 200;
/** Who was refused so often is not only busy. */
const TRIES_MAX = 100;
const DIRECTORIES_MAX = 10_000;

interface Entry {
  tries: number;
  dueAt: number;
}

/** Directories that could not be watched because they were changing, to be tried again soon. */
export class Postponed {
  /** The first is due first. */
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  has(directory: string): boolean {
    return this.#entries.has(directory);
  }

  hasBelow(directory: string): boolean {
    return hasBelow(this.#entries.keys(), directory);
  }

  /** To be tried after a pause. False when it was tried too often, or there are too many. */
  add(directory: string, now: number): boolean {
    const tries = (this.#entries.get(directory)?.tries ?? 0) + 1;
    this.#entries.delete(directory);
    if (tries > TRIES_MAX || this.size >= DIRECTORIES_MAX) return false;
    this.#entries.set(directory, { tries, dueAt: now + PAUSE_MS });
    return true;
  }

  delete(directory: string): void {
    this.#entries.delete(directory);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** When the next one is due. */
  nextAt(): number | undefined {
    for (const { dueAt } of this.#entries.values()) return dueAt;
    return undefined;
  }

  /** A directory whose time has come. It stays until it is deleted. */
  take(now: number): string | undefined {
    for (const [directory, entry] of this.#entries) {
      if (entry.dueAt > now) return undefined;
      entry.dueAt = now + PAUSE_MS;
      this.#entries.delete(directory);
      this.#entries.set(directory, entry);
      return directory;
    }
    return undefined;
  }
}
