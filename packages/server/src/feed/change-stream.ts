import { Readable } from "node:stream";
import type { Clock } from "@fustor/core";
import type { ChangesEventName, ChangesReset } from "@fustor/protocol";
import { abortWith } from "../http/abort-with.js";
import type { LiveView } from "../views.js";
import { beginAt, toChangesPage } from "./changes-page.js";
import type { FeedPage, Place } from "./change-feed.js";

/** Events of one server-sent event. */
const EVENTS_MAX = 2_000;
/** A comment keeps the connection known to whatever stands between. */
const HEARTBEAT_MS = 15_000;
/** Who takes nothing for so long is cut off. */
const STUCK_MS = 30_000;
/** How soon a client comes back after a connection has broken. */
const RETRY_MS = 2_000;

interface Message {
  readonly bytes: Buffer;
  readonly page: FeedPage;
}

interface StreamOptions {
  readonly start: Place | ChangesReset["reason"];
  readonly scope: string;
  readonly clock: Clock;
  /** Fusion ends. */
  readonly signal: AbortSignal;
}

/**
 * What happens to one view, as server-sent events for many. Each reader has a place in the feed and
 * at most two messages of its own: who is slow falls behind, is told so, and holds up nobody.
 */
export class ChangeStreams {
  readonly #view: LiveView;
  /** What was said last of the whole view: readers that keep up all hear the same. */
  #last: (Message & { readonly from: number; readonly end: number }) | undefined;

  constructor(view: LiveView) {
    this.#view = view;
  }

  /** Ends when the reader leaves or is stuck, or the signal aborts. */
  open(options: StreamOptions): Readable {
    const stop = new AbortController();
    const release = abortWith(stop, options.signal);
    const cutOff = (): void => {
      stream.destroy(new Error("The reader took nothing for too long."));
    };
    const messages = this.#messages({ ...options, signal: stop.signal }, cutOff);
    const stream = Readable.from(messages);
    stream.once("close", () => {
      release();
      stop.abort();
    });
    return stream;
  }

  async *#messages(
    { start, scope, clock, signal }: StreamOptions,
    cutOff: () => void,
  ): AsyncGenerator<Buffer> {
    const { feed } = this.#view;
    const offer = async function* (bytes: Buffer): AsyncGenerator<Buffer> {
      const taken = new AbortController();
      clock.sleep(STUCK_MS, taken.signal).then(cutOff, () => undefined);
      try {
        yield bytes;
      } finally {
        taken.abort();
      }
    };
    yield* offer(Buffer.from(`retry: ${String(RETRY_MS)}\n\n`));
    const greeting = beginAt(feed, start);
    yield* offer(this.#write(greeting).bytes);
    let place = greeting.next;
    for (;;) {
      const isNews = await this.#untilNews(place, clock, signal);
      if (signal.aborted) return;
      const message = isNews ? this.#read(place, scope) : undefined;
      if (message === undefined) {
        yield* offer(Buffer.from(": \n\n"));
        continue;
      }
      const { events, reset, next } = message.page;
      place = next;
      if (events.length > 0 || reset !== undefined) yield* offer(message.bytes);
    }
  }

  /** False when it is time for a sign of life. */
  async #untilNews(place: Place, clock: Clock, signal: AbortSignal): Promise<boolean> {
    const either = new AbortController();
    const release = abortWith(either, signal);
    try {
      return await Promise.race([
        this.#view.feed.changed(place, either.signal).then(() => true),
        clock.sleep(HEARTBEAT_MS, either.signal).then(
          () => false,
          () => false,
        ),
      ]);
    } finally {
      release();
      either.abort();
    }
  }

  #read(place: Place, scope: string): Message {
    const { feed } = this.#view;
    const { at: end, incarnation } = feed.present;
    const known = this.#last;
    const isShared = scope === "/" && place.incarnation === incarnation;
    if (isShared && known?.from === place.at && known.end === end) return known;
    const message = this.#write(feed.read(place, { scope, limit: EVENTS_MAX }));
    if (isShared) this.#last = { ...message, from: place.at, end };
    return message;
  }

  #write(page: FeedPage): Message {
    const answer = toChangesPage(this.#view, page);
    const name: ChangesEventName = page.reset === undefined ? "changes" : "reset";
    const text = `id: ${answer.cursor}\nevent: ${name}\ndata: ${JSON.stringify(answer)}\n\n`;
    return { bytes: Buffer.from(text), page };
  }
}
