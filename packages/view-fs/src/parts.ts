import type { ListingMessage, Stream } from "@fustor/core";
import type { Evidence, Span } from "./arbiter.js";
import type { TreeNode } from "./tree.js";

/** Listings in parts that one stream of a session may have open at once. */
const OPEN_LISTINGS_MAX = 64;

/** One listing, of however many parts. */
export interface Listing {
  /** Marks the nodes that a listing of one part names. No other comes between them. */
  readonly number: number;
  /** The names so far of a listing in parts: whatever comes in between can not undo them. */
  readonly names: Set<string> | undefined;
  /** False once a name in it was not believed: then it does not tell what is not there, either. */
  isBelieved: boolean;
}

interface OpenListing {
  readonly directory: TreeNode;
  readonly listing: Listing;
  next: number;
  complete: boolean;
  span: Evidence;
}

/** Where a part belongs, and whether it makes its listing whole. */
export interface Placed {
  readonly listing: Listing;
  /** The evidence of the whole listing once its last part is here and nothing is missing. */
  readonly whole: Evidence | undefined;
}

/**
 * Puts listings together that came in parts. Of their rows no more is kept than the names, until
 * the last part is there: the rows are in the tree.
 */
export class Parts {
  #listingsBegun = 0;
  readonly #byStream = new Map<string, Map<string, OpenListing>>();

  place(
    key: { readonly sessionId: string; readonly stream: Stream },
    directory: TreeNode,
    message: ListingMessage,
    evidence: Evidence,
  ): Placed {
    const { scope, part, last, complete } = message;
    const newListing = (): Listing => {
      this.#listingsBegun += 1;
      const names = last ? undefined : new Set<string>();
      return { number: this.#listingsBegun, names, isBelieved: true };
    };
    const listings = this.#listings(key);
    const open = listings.size > 0 ? listings.get(scope) : undefined;
    if (open !== undefined) listings.delete(scope);

    if (part === 0) {
      const listing = newListing();
      if (last) return { listing, whole: complete ? evidence : undefined };
      listings.set(scope, { directory, listing, next: 1, complete, span: evidence });
      if (listings.size > OPEN_LISTINGS_MAX) dropOldest(listings);
      return { listing, whole: undefined };
    }
    if (open?.next !== part || open.directory !== directory) {
      return { listing: newListing(), whole: undefined };
    }
    open.next += 1;
    open.complete &&= complete;
    open.span = {
      ...open.span,
      ...union(open.span, evidence),
      own: union(open.span.own, evidence.own),
    };
    if (!last) listings.set(scope, open);
    return { listing: open.listing, whole: last && open.complete ? open.span : undefined };
  }

  /** The session is closed, or no longer leads: what it left open never becomes whole. */
  interrupt(sessionId: string): void {
    for (const stream of ["realtime", "scan"]) this.#byStream.delete(`${stream} ${sessionId}`);
  }

  #listings(key: {
    readonly sessionId: string;
    readonly stream: Stream;
  }): Map<string, OpenListing> {
    const name = `${key.stream} ${key.sessionId}`;
    let listings = this.#byStream.get(name);
    if (listings === undefined) {
      listings = new Map();
      this.#byStream.set(name, listings);
    }
    return listings;
  }
}

function union(a: Span, b: Span): Span {
  return {
    startedAt: Math.min(a.startedAt, b.startedAt),
    endedAt: Math.max(a.endedAt, b.endedAt),
  };
}

function dropOldest(listings: Map<string, OpenListing>): void {
  const [oldest] = listings.keys();
  if (oldest !== undefined) listings.delete(oldest);
}
