import type { Stamp } from "../stamp.js";
import { renamed, type Names } from "./renamed.js";

/** A directory is visited so often until it is seen at rest; then it is left to the next audit. */
const TRIES_MAX = 12;
const DIRECTORIES_MAX = 50_000;
/** Pauses double from the directory's youth up to this. */
const PAUSE_MAX_MS = 5000;

export interface Revisit {
  readonly directory: string;
  /** What the last visit saw. */
  readonly stamp: Stamp | undefined;
  readonly tries: number;
}

interface Entry extends Revisit {
  readonly dueAt: number;
}

/** Directories to list again, each once, when it is time. */
export class Revisits {
  readonly #youthMs: number;
  /** One queue for each number of tries: within a queue the pauses are equal, so the first is due first. */
  readonly #queues = Array.from({ length: TRIES_MAX + 1 }, () => new Map<string, Entry>());
  #size = 0;

  constructor(youthMs: number) {
    this.#youthMs = youthMs;
  }

  get size(): number {
    return this.#size;
  }

  /** To be listed at once, unless it waits already for less than a full round of visits. */
  addNow(directory: string, now: number): void {
    this.#remove(directory);
    this.#put({ directory, stamp: undefined, tries: 0, dueAt: now });
  }

  /** To be listed again after a pause, because visit number `tries` did not see it at rest. */
  addLater(directory: string, stamp: Stamp, tries: number, now: number): void {
    if (tries > TRIES_MAX) return;
    // Whatever asked for a visit since then is served by an earlier one.
    if (this.#queues.some((queue, level) => level < tries && queue.has(directory))) return;
    this.#remove(directory);
    const pause = Math.max(this.#youthMs + 5, Math.min(25 * 2 ** (tries - 1), PAUSE_MAX_MS));
    this.#put({ directory, stamp, tries, dueAt: now + pause });
  }

  /** A directory that was renamed is to be visited under its new name too, and what is below it. */
  rename(rename: Names, now: number): void {
    if (this.#size === 0) return;
    const directories = this.#queues.flatMap((queue) => [...queue.keys()]);
    for (const directory of directories) {
      const to = renamed(directory, rename);
      if (to !== undefined) this.addNow(to, now);
    }
  }

  /** Takes a directory whose time has come. */
  take(now: number): Revisit | undefined {
    const due = this.#first();
    if (due === undefined || due.dueAt > now) return undefined;
    this.#remove(due.directory);
    return due;
  }

  /** When the next one is due. */
  nextAt(): number | undefined {
    return this.#first()?.dueAt;
  }

  #put(entry: Entry): void {
    if (this.#size >= DIRECTORIES_MAX) return;
    this.#queues[entry.tries]?.set(entry.directory, entry);
    this.#size += 1;
  }

  #remove(directory: string): void {
    for (const queue of this.#queues) if (queue.delete(directory)) this.#size -= 1;
  }

  #first(): Entry | undefined {
    let first: Entry | undefined;
    for (const queue of this.#queues) {
      for (const entry of queue.values()) {
        if (first === undefined || entry.dueAt < first.dueAt) first = entry;
        break;
      }
    }
    return first;
  }
}
