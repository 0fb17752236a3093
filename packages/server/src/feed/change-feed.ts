import type { ViewRecord } from "@fustor/core";
import type { ChangesReset } from "@fustor/protocol";
import type { FsView } from "@fustor/schema-fs";
import { formatCursor, parseCursor, type Cursor } from "./cursor.js";
import { EventRing } from "./event-ring.js";
import { seenFrom, toFeedEvent, type FeedEvent } from "./feed-event.js";
import { Lives, type FormerLives, type Life } from "./lives.js";

/** Where a reader stands: before one event of one incarnation. */
export interface Place {
  readonly incarnation: string;
  readonly at: number;
}

/** What a feed leaves to the next life, so that readers go on where they stood. */
export interface SavedFeed {
  readonly incarnation: string;
  readonly former: FormerLives;
  readonly isAwake: boolean;
}

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Where to go on. */
  readonly next: Place;
  /** More has happened already. */
  readonly more: boolean;
  /** What happened since `place` cannot be told; `next` is the present. */
  readonly reset: ChangesReset["reason"] | undefined;
}

export interface FeedLimits {
  /** What is remembered for those who come back, or are slow. */
  readonly events: number;
  readonly bytes: number;
  /** Without a reader for so long it forgets everything and listens no more. */
  readonly idleMs: number;
  /** Who may wait for changes at once. */
  readonly readers: number;
  /** What one page looks through. */
  readonly scanned: number;
}

/** What a reader may do with a feed. */
export type Feed = Pick<
  ChangeFeed,
  | "incarnation"
  | "present"
  | "find"
  | "cursorAt"
  | "read"
  | "changed"
  | "attend"
  | "readers"
  | "readersMax"
  | "remembered"
>;

export const FEED_LIMITS: FeedLimits = {
  events: 200_000,
  bytes: 96 * 1_024 * 1_024,
  idleMs: 600_000,
  readers: 1_000,
  scanned: 50_000,
};

/**
 * What happened to a view, for whoever asks: the last events in a bounded memory. It sleeps until
 * somebody asks for the first time, and costs nothing while it sleeps. Who has fallen behind what
 * is remembered is told so.
 */
export class ChangeFeed {
  readonly #fs: FsView;
  readonly #limits: FeedLimits;
  readonly #ring: EventRing;
  readonly #lives = new Lives();
  readonly #waiting = new Set<() => void>();
  #onWake: (() => void) | undefined;
  #isAwake = false;
  #isReplaying = false;
  #isWaking = false;
  #readers = 0;
  /** Fusion time of the last record, and of the one before the last question. */
  #at = 0;
  #askedAt = 0;

  constructor(fs: FsView, limits: FeedLimits = FEED_LIMITS) {
    this.#fs = fs;
    this.#limits = limits;
    this.#ring = new EventRing(limits, fs.revision);
  }

  /** Applies a record to the view and tells what it changes. A reset begins a new incarnation. */
  apply(record: ViewRecord, apply: () => void): void {
    this.#at = record.at;
    if (record.kind === "reset") {
      this.#fs.follow(undefined);
      apply();
      this.#startAnew();
    } else {
      apply();
      if (this.#isIdle) this.#sleep();
    }
    if (this.#waiting.size > 0) this.#wakeReaders();
  }

  /**
   * A start of Fusion. Cursors of the life before go on up to the revision that it left behind, not
   * for what it told of more.
   */
  begin({ incarnation, revision, at, onWake }: Life): void {
    this.#at = at;
    if (revision < 0) this.#ring.clear(this.#fs.revision);
    this.#lives.begin(incarnation, revision);
    this.#onWake = onWake;
    this.#isReplaying = onWake === undefined;
    this.#askedAt = this.#at;
  }

  /** The log tells that somebody began to follow: what happens from now on is remembered. */
  wake(): void {
    this.#isReplaying = true;
    this.#wakeUp();
  }

  save(): SavedFeed {
    return { ...this.#lives.save(), isAwake: this.#isAwake };
  }

  /** Goes on from a checkpoint, once the view has. */
  restore({ incarnation, former, isAwake }: SavedFeed): void {
    this.#lives.restore(incarnation, former);
    this.#ring.clear(this.#fs.revision);
    if (isAwake) this.wake();
  }

  /** Nobody has asked for long. Of those who asked in a life before, the log says nothing. */
  get #isIdle(): boolean {
    if (!this.#isAwake || this.#isReplaying || this.#readers > 0) return false;
    return this.#at - this.#askedAt > this.#limits.idleMs;
  }

  /** Another one is another life: a start of Fusion, or a reset of the view, begins it. */
  get incarnation(): string {
    return this.#lives.present;
  }

  /** Who stays to read. */
  get readers(): number {
    return this.#readers;
  }

  get readersMax(): number {
    return this.#limits.readers;
  }

  /** Events that are remembered. */
  get remembered(): number {
    return this.#ring.end - this.#ring.first;
  }

  /** Where everything has happened. */
  get present(): Place {
    this.#wakeUp();
    return { incarnation: this.incarnation, at: this.#ring.end };
  }

  /** The place of a cursor, or why it has none. */
  locate({ incarnation, revision, place }: Cursor): Place | ChangesReset["reason"] {
    this.#wakeUp();
    if (!this.#lives.goesOn(incarnation, revision)) return "other incarnation";
    // A place within a revision is one of its own life only.
    if (place !== undefined && incarnation !== this.incarnation) return "other incarnation";
    if (revision > this.#fs.revision) return "future";
    const at = place ?? this.#ring.after(revision);
    if (at === undefined || at < this.#ring.first) return "too old";
    return at > this.#ring.end ? "future" : { incarnation: this.incarnation, at };
  }

  /** The place of a cursor as a client says it; undefined for what is none. */
  find(cursor: string): Place | ChangesReset["reason"] | undefined {
    const parsed = parseCursor(cursor);
    return parsed && this.locate(parsed);
  }

  /** The cursor of a place that is remembered. */
  cursorAt({ incarnation, at }: Place): string {
    if (at === this.#ring.end) return formatCursor(this.#cursor(incarnation, this.#fs.revision));
    const before = this.#ring.revisionBefore(at);
    if (before !== undefined) return formatCursor(this.#cursor(incarnation, before));
    const revision = (this.#ring.at(at)?.revision ?? 1) - 1;
    return formatCursor({ incarnation, revision, place: at });
  }

  /** What happened to a subtree from a place on, up to `limit` events. */
  read(
    place: Place,
    { scope, limit }: { readonly scope: string; readonly limit: number },
  ): FeedPage {
    this.#wakeUp();
    const { first, end } = this.#ring;
    if (place.incarnation !== this.incarnation) return this.#reset("other incarnation");
    if (place.at < first) return this.#reset("too old");
    const events: FeedEvent[] = [];
    const last = Math.min(end, place.at + this.#limits.scanned);
    let { at } = place;
    for (; at < last && events.length < limit; at += 1) {
      const event = this.#ring.at(at);
      const seen = event && seenFrom(scope, event);
      if (seen !== undefined) events.push(seen);
    }
    const next = { incarnation: this.incarnation, at };
    return { events, next, more: at < end, reset: undefined };
  }

  /** Resolves when something happens after a place, or has, or the signal aborts. */
  async changed({ incarnation, at }: Place, signal: AbortSignal): Promise<void> {
    const isNew = (): boolean => incarnation !== this.incarnation || this.#ring.end > at;
    while (!isNew() && !signal.aborted) await this.#wait(signal);
  }

  /** Counts somebody who stays to read, until the answer is called; undefined for one too many. */
  attend(): (() => void) | undefined {
    if (this.#readers >= this.#limits.readers) return undefined;
    this.#wakeUp();
    this.#readers += 1;
    return () => {
      this.#readers -= 1;
      this.#askedAt = this.#at;
    };
  }

  #startAnew(): void {
    this.#lives.startAnew();
    this.#ring.clear(this.#fs.revision);
    if (this.#isAwake) this.#listen();
  }

  #cursor(incarnation: string, revision: number): Cursor {
    return { incarnation, revision, place: undefined };
  }

  #reset(reason: ChangesReset["reason"]): FeedPage {
    return { events: [], next: this.present, more: false, reset: reason };
  }

  #wakeUp(): void {
    this.#askedAt = this.#at;
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.#ring.clear(this.#fs.revision);
    this.#listen();
    this.#onWake?.();
  }

  #sleep(): void {
    this.#isAwake = false;
    this.#fs.follow(undefined);
    this.#ring.clear(this.#fs.revision);
  }

  #listen(): void {
    this.#fs.follow((path, before, after, from) => {
      // A record that changes something makes one revision.
      const event = toFeedEvent(this.#fs.revision + 1, path, before, after, from);
      if (event !== undefined) this.#ring.push(event);
    });
  }

  /** Once in a turn of the event loop, however many records it brought. */
  #wakeReaders(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      for (const wake of [...this.#waiting]) wake();
    });
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }
}
