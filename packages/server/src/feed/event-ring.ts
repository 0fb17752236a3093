import type { FeedEvent } from "./feed-event.js";

interface RingLimits {
  readonly events: number;
  /** As far as they can be told from outside. */
  readonly bytes: number;
}

/** An event without its texts, and its attributes, on the heap. */
const EVENT_BYTES = 320;

/**
 * The last events, each at a place of its own. Places count on for ever, whatever is forgotten, so
 * that none ever stands for two things.
 */
export class EventRing {
  readonly #limits: RingLimits;
  #events: (FeedEvent | undefined)[] = [];
  /** How many of the array's first are forgotten. */
  #forgotten = 0;
  #first = 0;
  #bytes = 0;
  /** Of what was forgotten last. */
  #floor: number;

  /** Nothing before `revision` is known. */
  constructor(limits: RingLimits, revision: number) {
    this.#limits = limits;
    this.#floor = revision;
  }

  /** The place of the oldest event that is remembered. */
  get first(): number {
    return this.#first;
  }

  /** The place of the next event. */
  get end(): number {
    return this.#first + this.#events.length - this.#forgotten;
  }

  push(event: FeedEvent): void {
    this.#events.push(event);
    this.#bytes += bytesOf(event);
    const { events, bytes } = this.#limits;
    while (this.end - this.#first > events || this.#bytes > bytes) this.#forget();
    // Moving what is left costs no more than what has gone did.
    if (this.#forgotten < 1_024 || this.#forgotten * 2 < this.#events.length) return;
    this.#events = this.#events.slice(this.#forgotten);
    this.#forgotten = 0;
  }

  /** Forgets everything: nothing before `revision` is known, and no place from before is one. */
  clear(revision: number): void {
    this.#first = this.end + 1;
    this.#events = [];
    this.#forgotten = 0;
    this.#bytes = 0;
    this.#floor = revision;
  }

  at(place: number): FeedEvent | undefined {
    return this.#events[place - this.#first + this.#forgotten];
  }

  /** The place after all events up to a revision; undefined when some that follow are forgotten. */
  after(revision: number): number | undefined {
    if (revision < this.#floor) return undefined;
    let [low, high] = [this.#first, this.end];
    while (low < high) {
      const middle = low + ((high - low) >> 1);
      if ((this.at(middle)?.revision ?? Infinity) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The last revision of which everything stands before a place; undefined within a revision. */
  revisionBefore(place: number): number | undefined {
    const before = this.at(place - 1)?.revision ?? this.#floor;
    return this.at(place)?.revision === before ? undefined : before;
  }

  #forget(): void {
    const event = this.#events[this.#forgotten];
    if (event === undefined) return;
    this.#events[this.#forgotten] = undefined;
    this.#forgotten += 1;
    this.#first += 1;
    this.#bytes -= bytesOf(event);
    this.#floor = event.revision;
  }
}

function bytesOf({ path, from }: FeedEvent): number {
  return EVENT_BYTES + path.length + (from?.length ?? 0);
}
