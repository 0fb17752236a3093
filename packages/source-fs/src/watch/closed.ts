import { parentPath } from "@fustor/schema-fs";
import { hasBelow } from "./renamed.js";

/** Directories kept in mind at most; more are left to the next audit. */
const DIRECTORIES_MAX = 10_000;
const PAUSES_MS = [1000, 2000, 4000, 8000, 16_000, 30_000] as const;
/** A directory that something says is open again is not tried more often than this. */
const HASTE_MS = 250;

/** A set of paths, or a map by path. */
type Paths = Pick<ReadonlySet<string>, "has" | "size">;

interface Entry {
  tries: number;
  triedAt: number;
  dueAt: number;
  queue: Map<string, Entry>;
}

/**
 * Directories that could not be read, or that hold a name that could not be looked at. Each is
 * tried again with growing pauses until it is deleted.
 */
export class Closed {
  /** Those that may be open again; then one queue for each pause, so that the first is due first. */
  readonly #hastened = new Map<string, Entry>();
  readonly #queues = PAUSES_MS.map(() => new Map<string, Entry>());
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  has(directory: string): boolean {
    return this.#entries.has(directory);
  }

  hasBelow(directory: string): boolean {
    return hasBelow(this.#entries.keys(), directory);
  }

  /** To be tried after a pause; one that is known already keeps its turn. */
  add(directory: string, now: number): void {
    if (this.has(directory) || this.size >= DIRECTORIES_MAX) return;
    const entry = { tries: 0, triedAt: now, dueAt: now, queue: this.#hastened };
    this.#entries.set(directory, entry);
    this.#pause(directory, entry, now);
  }

  delete(directory: string): void {
    this.#entries.get(directory)?.queue.delete(directory);
    this.#entries.delete(directory);
  }

  /** These directories changed: what is closed there or below may be open now. */
  hasten(directories: Paths, now: number): void {
    if (directories.size === 0) return;
    for (const [directory, entry] of this.#entries) {
      if (entry.queue === this.#hastened || !isAtOrBelow(directory, directories)) continue;
      entry.dueAt = Math.max(now, entry.triedAt + HASTE_MS);
      this.#move(directory, entry, this.#hastened);
    }
  }

  /** A directory whose time has come. It stays, for the next try. */
  take(now: number): string | undefined {
    const first = this.#first();
    if (first === undefined || first.entry.dueAt > now) return undefined;
    const { directory, entry } = first;
    entry.triedAt = now;
    entry.tries += 1;
    this.#pause(directory, entry, now);
    return directory;
  }

  /** When the next one is due. */
  nextAt(): number | undefined {
    return this.#first()?.entry.dueAt;
  }

  #pause(directory: string, entry: Entry, now: number): void {
    const level = Math.min(entry.tries, PAUSES_MS.length - 1);
    entry.dueAt = now + (PAUSES_MS[level] ?? 0);
    this.#move(directory, entry, this.#queues[level] ?? this.#hastened);
  }

  #move(directory: string, entry: Entry, queue: Map<string, Entry>): void {
    entry.queue.delete(directory);
    entry.queue = queue;
    queue.set(directory, entry);
  }

  #first(): { readonly directory: string; readonly entry: Entry } | undefined {
    let first: { readonly directory: string; readonly entry: Entry } | undefined;
    for (const queue of [this.#hastened, ...this.#queues]) {
      for (const [directory, entry] of queue) {
        if (first === undefined || entry.dueAt < first.entry.dueAt) first = { directory, entry };
        break;
      }
    }
    return first;
  }
}

function isAtOrBelow(path: string, directories: Paths): boolean {
  for (let at = path; ; at = parentPath(at)) {
    if (directories.has(at)) return true;
    if (at === "/") return false;
  }
}
