import type { Found } from "@fustor/schema-fs";

/** What was found, for the pages to come. */
interface Held {
  readonly found: Found;
  readonly query: string;
  usedAt: number;
}

const TTL_MS = 60_000;
/** About 100 bytes each. */
const ROWS_MAX = 500_000;

/**
 * The results that pages are being read of. Each is forgotten a minute after it was last used, and
 * the longest unused first when there are too many: then the next page is looked for anew, from
 * where the last one ended.
 */
export class HeldResults {
  readonly #now: () => number;
  readonly #held = new Map<number, Held>();
  #rows = 0;
  #lastId = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `query` names the question, with all that its answer depends on. */
  hold(found: Found, query: string): number {
    this.#lastId += 1;
    this.#held.set(this.#lastId, { found, query, usedAt: this.#now() });
    this.#rows += found.rows.length;
    this.#prune();
    return this.#lastId;
  }

  /** Undefined when it is not held any more, or answers another question. */
  get(id: number, query: string): Found | undefined {
    this.#prune();
    const held = this.#held.get(id);
    if (held?.query !== query) return undefined;
    // To the end: the map goes from the longest unused on.
    this.#held.delete(id);
    this.#held.set(id, held);
    held.usedAt = this.#now();
    return held.found;
  }

  drop(id: number): void {
    this.#rows -= this.#held.get(id)?.found.rows.length ?? 0;
    this.#held.delete(id);
  }

  #prune(): void {
    const expired = this.#now() - TTL_MS;
    for (const [id, { usedAt }] of this.#held) {
      if (usedAt > expired && this.#rows <= ROWS_MAX) return;
      this.drop(id);
    }
  }
}
