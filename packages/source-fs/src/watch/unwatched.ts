import { hasBelow } from "./renamed.js";

const DIRECTORIES_MAX = 100_000;
const PATROL_MS = 30_000;

/** Directories that no watch could be had for. They are looked at from time to time instead. */
export class Unwatched {
  readonly #directories = new Set<string>();
  #patrol: string[] = [];
  #patrolledAt: number | undefined;
  #uncounted = 0;

  /** How many there are, as far as they are known one by one. */
  get size(): number {
    return this.#directories.size;
  }

  has(directory: string): boolean {
    return this.#directories.has(directory);
  }

  /** Also true while there are more than are known one by one. */
  hasBelow(directory: string): boolean {
    return this.#uncounted > 0 || hasBelow(this.#directories, directory);
  }

  /** False when there are too many to know each. */
  add(directory: string, now: number): boolean {
    this.#patrolledAt ??= now;
    if (this.#directories.size >= DIRECTORIES_MAX) {
      this.#uncounted += 1;
      return false;
    }
    this.#directories.add(directory);
    return true;
  }

  delete(directory: string): void {
    this.#directories.delete(directory);
  }

  clear(): void {
    this.#directories.clear();
    this.#patrol = [];
    this.#uncounted = 0;
  }

  /** When the next round begins, or at once while one is under way. */
  nextAt(): number | undefined {
    if (this.#patrol.length > 0) return 0;
    if (this.#directories.size === 0 || this.#patrolledAt === undefined) return undefined;
    return this.#patrolledAt + PATROL_MS;
  }

  /** The next directory to look at; `everything` when there were too many to know each. */
  take(now: number): { readonly directory: string } | "everything" | undefined {
    const nextAt = this.nextAt();
    if (nextAt === undefined || nextAt > now) return undefined;
    if (this.#patrol.length === 0) {
      this.#patrolledAt = now;
      if (this.#uncounted > 0) {
        this.#uncounted = 0;
        return "everything";
      }
      this.#patrol = [...this.#directories].reverse();
    }
    const directory = this.#patrol.pop();
    return directory === undefined ? undefined : { directory };
  }
}
