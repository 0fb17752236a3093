import type { Chance } from "./chance.js";
import type { Timeline } from "./timeline.js";

/** At most by this an agent's clock goes too fast or too slow. */
const DRIFT_MAX = 1e-4;
/** What drift makes of the longest that a fact waits between two heartbeats. */
const DRIFT_ERROR_MS = DRIFT_MAX * 1_800_000;

/**
 * An agent's clock: never goes back, drifts, stands still while the machine is suspended, and may
 * be hours off. Heartbeats tell how to map it to Fusion's.
 */
export class OwnClock {
  readonly #timeline: Timeline;
  readonly #base: number;
  readonly #drift: number;
  readonly #startedAt: number;
  #pausedMs = 0;
  #pausedUntil = -1;
  #era = 0;

  constructor(timeline: Timeline, chance: Chance) {
    this.#timeline = timeline;
    this.#base = timeline.now + chance.between(-3_600_000, 3_600_000);
    this.#drift = chance.between(-DRIFT_MAX, DRIFT_MAX);
    this.#startedAt = timeline.now;
  }

  /** Rises when the machine was suspended: what was begun before is given up. */
  get era(): number {
    return this.#era;
  }

  get isPaused(): boolean {
    return this.#timeline.now < this.#pausedUntil;
  }

  now(): number {
    const { now } = this.#timeline;
    const left = Math.max(0, this.#pausedUntil - now);
    return this.#base + (now - this.#startedAt - this.#pausedMs + left) * (1 + this.#drift);
  }

  pause(ms: number): void {
    this.#era += 1;
    if (this.isPaused) return;
    this.#pausedUntil = this.#timeline.now + ms;
    this.#pausedMs += ms;
  }

  /** The mapping that a round trip shows: sent and heard at own times, answered at Fusion's. */
  static compare(
    sentAt: number,
    answeredAt: number,
    heardAt: number,
  ): { readonly offsetMs: number; readonly errorMs: number } {
    const offsetMs = answeredAt - (sentAt + heardAt) / 2;
    return { offsetMs, errorMs: (heardAt - sentAt) / 2 + DRIFT_ERROR_MS };
  }
}
