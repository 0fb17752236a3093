import type { Clock } from "@fustor/core";
import { parentPath } from "@fustor/schema-fs";
import { hasBelow, renamed, type Names } from "./renamed.js";

/** An event is told at most so long after what it tells of. */
const DELAY_MS = 2000;
/** Looks kept in mind at most. */
const LOOKS_MAX = 4096;

interface Look {
  readonly path: string;
  readonly isListing: boolean;
  readonly at: number;
}

/** What was looked at under an old name, by its new one. */
export interface Again {
  readonly names: ReadonlySet<string>;
  readonly directories: readonly string[];
}

/**
 * What was looked at lately. Perhaps a rename had happened already of which no event had told yet:
 * then it was a look at nothing, or at something else, and a walk may have missed the directory at
 * its old name and at its new one.
 */
export class Lately {
  readonly #clock: Clock;
  #looks: Look[] = [];
  /** More was looked at until then than is kept in mind. */
  #fullUntil = 0;
  /** What is found in them will be told under the names that they had at first. */
  readonly #listings = new Set<string>();
  #walks = 0;
  #walkedAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  looked(path: string): void {
    this.#add(path, false);
  }

  /** A directory is about to be watched or listed. Returns what is to be called at the end. */
  beginListing(directory: string): () => void {
    this.#listings.add(directory);
    return () => {
      this.#listings.delete(directory);
      this.#add(directory, true);
    };
  }

  /** Somebody walks the tree, or a part of it. Returns what is to be called at the end. */
  beginWalk(): () => void {
    this.#walks += 1;
    return () => {
      this.#walks -= 1;
      this.#walkedAt = this.#clock.now();
    };
  }

  /** What is to be looked at again under its new name; undefined when that cannot be told. */
  after(rename: Names): Again | undefined {
    const now = this.#clock.now();
    const isWalked = this.#walks > 0 || now - this.#walkedAt < DELAY_MS;
    if (isWalked || now < this.#fullUntil || hasBelow(this.#listings, rename.from))
      return undefined;
    const names = new Set<string>();
    const directories: string[] = [];
    for (const { path, isListing, at } of this.#looks) {
      const to = now - at < DELAY_MS ? renamed(path, rename) : undefined;
      if (to === undefined) continue;
      if (isListing) directories.push(to);
      // A name that came or went also changed its directory, which was not seen either.
      else names.add(to).add(parentPath(to));
    }
    return { names, directories };
  }

  #add(path: string, isListing: boolean): void {
    const now = this.#clock.now();
    this.#looks.push({ path, isListing, at: now });
    if (this.#looks.length <= LOOKS_MAX) return;
    this.#looks = this.#looks.filter(({ at }) => now - at < DELAY_MS);
    if (this.#looks.length <= LOOKS_MAX / 2) return;
    this.#looks = [];
    this.#fullUntil = now + DELAY_MS;
  }
}
