import type { ChangeEvent } from "@fustor/client";
import { parentPath } from "@fustor/schema-fs";
import { rawPath } from "../ask/names.js";

type Kind = ChangeEvent["kind"];

/** What happened in one span of time. */
interface Span {
  readonly endedAt: number;
  readonly kinds: ReadonlyMap<Kind, number>;
  readonly directories: ReadonlyMap<string, number>;
}

/** How much happens, over the last minute at most. Rates are a second's. */
export interface Rates {
  readonly seconds: number;
  readonly events: number;
  readonly per_second: number;
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly moved: number;
}

/** A directory, and how much happens to the names in it. */
export interface HotDirectory {
  readonly path: string;
  readonly events: number;
  readonly per_second: number;
}

const WINDOW_MS = 60_000;
/** Of a span with events in more directories, the others count for the rates alone. */
const DIRECTORIES_MAX = 10_000;

/** Counts the events of a feed in spans of time, and forgets what is older than a minute. */
export class Activity {
  #spans: Span[] = [];
  #startedAt: number;
  #kinds = new Map<Kind, number>();
  #directories = new Map<string, number>();

  constructor(now: number) {
    this.#startedAt = now;
  }

  add(events: readonly ChangeEvent[]): void {
    for (const event of events) {
      this.#kinds.set(event.kind, (this.#kinds.get(event.kind) ?? 0) + 1);
      const directory = parentPath(rawPath(event));
      const count = this.#directories.get(directory);
      if (count === undefined && this.#directories.size >= DIRECTORIES_MAX) continue;
      this.#directories.set(directory, (count ?? 0) + 1);
    }
  }

  /** Ends a span; what comes from now on is of the next. */
  turn(now: number): void {
    this.#spans.push({ endedAt: now, kinds: this.#kinds, directories: this.#directories });
    this.#kinds = new Map();
    this.#directories = new Map();
    const kept = this.#spans.findIndex(({ endedAt }) => now - endedAt < WINDOW_MS);
    for (const { endedAt } of this.#spans.splice(0, kept)) this.#startedAt = endedAt;
  }

  rates(): Rates {
    const seconds = this.#seconds();
    const count = (kind: Kind): number =>
      this.#spans.reduce((sum, { kinds }) => sum + (kinds.get(kind) ?? 0), 0);
    const kinds = {
      created: count("created"),
      updated: count("updated"),
      deleted: count("deleted"),
      moved: count("moved"),
    };
    const events = kinds.created + kinds.updated + kinds.deleted + kinds.moved;
    return { seconds, events, per_second: rate(events, seconds), ...kinds };
  }

  /** The `max` directories in which most happens, the first of them the hottest. */
  hottest(max: number): HotDirectory[] {
    const seconds = this.#seconds();
    const totals = new Map<string, number>();
    for (const { directories } of this.#spans) {
      for (const [path, count] of directories) totals.set(path, (totals.get(path) ?? 0) + count);
    }
    return [...totals]
      .sort(([pathA, a], [pathB, b]) => b - a || (pathA < pathB ? -1 : 1))
      .slice(0, max)
      .map(([path, events]) => ({ path, events, per_second: rate(events, seconds) }));
  }

  #seconds(): number {
    const end = this.#spans.at(-1)?.endedAt ?? this.#startedAt;
    return (end - this.#startedAt) / 1_000;
  }
}

function rate(count: number, seconds: number): number {
  return seconds > 0 ? Math.round((count / seconds) * 10) / 10 : 0;
}
