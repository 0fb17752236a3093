import type { FsView } from "@fustor/schema-fs";
import type { FusionTime } from "../fusion-time.js";
import { Turns } from "../http/turns.js";

/** A minute, ten, an hour, a day, a week. */
export const FRESHNESS_BOUNDS_SEC = [60, 600, 3_600, 86_400, 604_800] as const;
/** It goes through all directories: not for every scrape. */
const AGE_MAX_MS = 60_000;

/**
 * How many directories of a view were listed within each bound. Counted when somebody asks and the
 * last count has become old; meanwhile the old one is told.
 */
export class Freshness {
  readonly #fs: FsView;
  readonly #time: FusionTime;
  readonly #signal: AbortSignal;
  readonly #turns: Turns;
  #counts: readonly number[] | undefined;
  #countedAt = -Infinity;
  #counting: Promise<void> | undefined;

  constructor(fs: FsView, time: FusionTime, signal: AbortSignal) {
    this.#fs = fs;
    this.#time = time;
    this.#signal = signal;
    this.#turns = new Turns(() => time.now());
  }

  /** Waits for the first count only; undefined when there is none. */
  async read(): Promise<readonly number[] | undefined> {
    if (this.#time.now() - this.#countedAt > AGE_MAX_MS) {
      this.#counting ??= this.#count().finally(() => (this.#counting = undefined));
    }
    if (this.#counts === undefined) await this.#counting;
    return this.#counts;
  }

  async #count(): Promise<void> {
    const at = this.#time.now();
    const bounds = FRESHNESS_BOUNDS_SEC.map((seconds) => seconds * 1_000);
    const coverage = await this.#turns
      .run(this.#fs.coverage("/", at, bounds), this.#signal)
      .catch(() => undefined);
    this.#countedAt = at;
    if (coverage === undefined) return;
    let within = 0;
    this.#counts = bounds.map((_, index) => (within += coverage.ages[index] ?? 0));
  }
}
