import type { ListingMessage, Stream } from "@fustor/core";
import { begunEarlier, type Evidence } from "./evidence.js";

/** A listing of which not all parts are there yet. */
export interface OpenListing {
  readonly parts: readonly ListingMessage[];
  readonly rows: number;
}

/** A listing that is whole. */
export interface Whole {
  readonly parts: readonly ListingMessage[];
  readonly E: Evidence;
}

/** Listings in parts that may be open at once, and the rows that may wait in them. */
const OPEN_MAX = 256;
const ROWS_MAX = 2 ** 21;

/** Puts listings together that came in parts: they apply as a whole, or not at all. */
export class Parts {
  readonly #open = new Map<string, OpenListing>();
  #rows = 0;

  /** The listing that this part makes whole; undefined while parts are missing. */
  collect(
    sessionId: string,
    stream: Stream,
    message: ListingMessage,
    E: Evidence,
  ): Whole | undefined {
    const key = `${sessionId} ${stream} ${message.scope}`;
    const known = this.#open.get(key);
    if (known !== undefined) this.#drop(key);
    if (message.part === 0 && message.last) return { parts: [message], E };
    const parts = message.part === 0 ? [message] : [...(known?.parts ?? []), message];
    if (parts.length !== message.part + 1) return undefined;
    if (message.last) {
      const began = Math.min(...parts.map(({ startedAt }) => startedAt));
      return { parts, E: begunEarlier(E, message.startedAt - began) };
    }
    const rows = (message.part === 0 ? 0 : (known?.rows ?? 0)) + message.entries.rows.length;
    this.#open.set(key, { parts, rows });
    this.#rows += rows;
    while (this.#open.size > OPEN_MAX || this.#rows > ROWS_MAX) {
      const [oldest] = this.#open.keys();
      if (oldest === undefined) break;
      this.#drop(oldest);
    }
    return undefined;
  }

  /** The session is closed, or has another role: what it left open never becomes whole. */
  interrupt(sessionId: string): void {
    for (const key of this.#open.keys()) if (key.startsWith(`${sessionId} `)) this.#drop(key);
  }

  copy(): (readonly [string, OpenListing])[] {
    return [...this.#open];
  }

  restore(open: Iterable<readonly [string, OpenListing]>): void {
    for (const [key, listing] of open) {
      this.#open.set(key, listing);
      this.#rows += listing.rows;
    }
  }

  #drop(key: string): void {
    this.#rows -= this.#open.get(key)?.rows ?? 0;
    this.#open.delete(key);
  }
}
