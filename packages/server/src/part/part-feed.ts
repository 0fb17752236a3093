import type { ChangesReset } from "@fustor/protocol";
import type { Feed, FeedPage, Place } from "../feed/change-feed.js";
import { parseCursor } from "../feed/cursor.js";
import type { Part } from "./part.js";

type Asked = { readonly scope: string; readonly limit: number };

/**
 * What happens to a part of a view. What happens elsewhere shows in nothing: not in cursors, not in
 * revisions, which are all 0, and not in when a reader is woken.
 */
export class PartFeed implements Feed {
  readonly #feed: Feed;
  readonly #part: Part;

  constructor(feed: Feed, part: Part) {
    this.#feed = feed;
    this.#part = part;
  }

  get incarnation(): string {
    return this.#feed.incarnation;
  }

  get readers(): number {
    return this.#feed.readers;
  }

  get readersMax(): number {
    return this.#feed.readersMax;
  }

  get remembered(): number {
    return this.#feed.remembered;
  }

  get present(): Place {
    return this.#feed.present;
  }

  find(cursor: string): Place | ChangesReset["reason"] | undefined {
    const { seal } = this.#part;
    const opened = seal.open(cursor);
    if (opened !== undefined) return this.#feed.find(opened);
    // Of a Fusion that has ended, or of a key for the whole view: read anew.
    const isCursor = seal.isSealed(cursor) || parseCursor(cursor) !== undefined;
    return isCursor ? "other incarnation" : undefined;
  }

  cursorAt(place: Place): string {
    return this.#part.seal.close(this.#feed.cursorAt(place));
  }

  read(place: Place, asked: Asked): FeedPage {
    const page = this.#readOn(place, asked);
    const events = page.events.map((event) => ({ ...event, revision: 0 }));
    if (!page.more) return { ...page, events };
    const rest = this.#readOn(page.next, { ...asked, limit: 1 });
    return rest.events.length > 0 ? { ...page, events } : { ...rest, reset: page.reset, events };
  }

  async changed(place: Place, signal: AbortSignal): Promise<void> {
    let at = place;
    while (!signal.aborted) {
      await this.#feed.changed(at, signal);
      const pages = this.#part.paths.map((scope) => this.#readOn(at, { scope, limit: 1 }));
      if (pages.some(({ events, reset }) => events.length > 0 || reset !== undefined)) return;
      at = this.#feed.present;
    }
  }

  attend(): (() => void) | undefined {
    return this.#feed.attend();
  }

  /** The first page that holds something, or the end. */
  #readOn(place: Place, asked: Asked): FeedPage {
    let page = this.#feed.read(place, asked);
    while (page.events.length === 0 && page.more) page = this.#feed.read(page.next, asked);
    return page;
  }
}
