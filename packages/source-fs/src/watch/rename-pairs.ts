import type { Clock } from "@fustor/core";
import { renamed, type Names } from "./renamed.js";

/** The kernel tells the parts of one rename within microseconds, unless its writer was interrupted. */
const PATIENCE_MS = 50;
/** Beyond that the oldest are given up at once. */
const WAITING_MAX = 1024;

/** The end of one name, of which the beginning of another may follow. */
export interface Departure {
  readonly path: string;
  readonly isDirectory: boolean;
}

/** A watched directory that went from one name to another, if its own watch says so too. */
export interface Arrival {
  readonly from: string;
  readonly to: string;
}

export interface RenamePairsOptions {
  readonly clock: Clock;
  /** No other half came: the name is only gone. */
  readonly onGone: (departure: Departure) => void;
  /** The directory's own watch never told that it moved. */
  readonly onUnsure: (arrival: Arrival) => void;
}

interface Timed<T> {
  readonly what: T;
  readonly at: number;
}

/**
 * Renames of which not every part was told yet: the old name, the new name with the same cookie,
 * and for a watched directory the word of its own watch, by its descriptor. That one tells which of
 * two directories that changed places went where.
 */
export class RenamePairs {
  readonly #options: RenamePairsOptions;
  readonly #departures = new Map<number, Timed<Departure>>();
  readonly #arrivals = new Map<number, Timed<Arrival>>();
  #timer: AbortController | undefined;

  constructor(options: RenamePairsOptions) {
    this.#options = options;
  }

  depart(cookie: number, departure: Departure): void {
    this.#wait(this.#departures, cookie, departure);
  }

  /** The other half of a cookie, once. */
  arrive(cookie: number): Departure | undefined {
    const departure = this.#departures.get(cookie)?.what;
    this.#departures.delete(cookie);
    return departure;
  }

  /** A name whose new one was not told, once. */
  takeDeparture(path: string): Departure | undefined {
    for (const [cookie, { what }] of this.#departures) {
      if (what.path !== path) continue;
      this.#departures.delete(cookie);
      return what;
    }
    return undefined;
  }

  /** The directory with that descriptor is to say that it moved. */
  confirm(descriptor: number, arrival: Arrival): void {
    this.#wait(this.#arrivals, descriptor, arrival);
  }

  /** Where the directory that says so went, once. */
  takeArrival(descriptor: number): Arrival | undefined {
    const arrival = this.#arrivals.get(descriptor)?.what;
    this.#arrivals.delete(descriptor);
    return arrival;
  }

  /** A directory has another name: what left it, or came into it, did so there. */
  rename(names: Names): void {
    for (const [cookie, { what, at }] of this.#departures) {
      const path = renamed(what.path, names);
      if (path !== undefined) this.#departures.set(cookie, { what: { ...what, path }, at });
    }
    for (const [descriptor, { what, at }] of this.#arrivals) {
      const from = renamed(what.from, names) ?? what.from;
      const to = renamed(what.to, names) ?? what.to;
      this.#arrivals.set(descriptor, { what: { from, to }, at });
    }
  }

  /** Nothing more comes of what waits. */
  giveUp(): void {
    this.#expire(Infinity);
  }

  close(): void {
    this.#departures.clear();
    this.#arrivals.clear();
    this.#timer?.abort();
  }

  #wait<T>(waiting: Map<number, Timed<T>>, key: number, what: T): void {
    if (this.#departures.size + this.#arrivals.size >= WAITING_MAX) this.giveUp();
    waiting.set(key, { what, at: this.#options.clock.now() });
    this.#startTimer();
  }

  #startTimer(): void {
    if (this.#timer !== undefined) return;
    const { clock } = this.#options;
    this.#timer = new AbortController();
    clock.sleep(PATIENCE_MS, this.#timer.signal).then(
      () => {
        this.#timer = undefined;
        this.#expire(clock.now() - PATIENCE_MS);
        if (this.#departures.size + this.#arrivals.size > 0) this.#startTimer();
      },
      () => undefined,
    );
  }

  /** Gives up whatever waits since `at` or longer. */
  #expire(at: number): void {
    const { onGone, onUnsure } = this.#options;
    for (const departure of takeUntil(this.#departures, at)) onGone(departure);
    for (const arrival of takeUntil(this.#arrivals, at)) onUnsure(arrival);
  }
}

function takeUntil<T>(waiting: Map<number, Timed<T>>, at: number): T[] {
  const taken: T[] = [];
  for (const [key, { what, at: since }] of waiting) {
    if (since > at) continue;
    waiting.delete(key);
    taken.push(what);
  }
  return taken;
}
