import type { Clock } from "@fustor/core";

/** How much of the elapsed time is taken back where Fusion's time is ahead of the clock. */
const SLEW = 0.01;

/** Fusion time in ms: the clock's, but never going back whatever the clock does. */
export class FusionTime {
  readonly #clock: Clock;
  #last = 0;
  /** How far it is ahead of the clock, as of `#since`. */
  #aheadMs = 0;
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    const clock = this.#clock.now();
    const ahead = Math.max(0, this.#aheadMs - Math.max(0, clock - this.#since) * SLEW);
    this.#last = Math.max(this.#last, clock + ahead);
    return this.#last;
  }

  /**
   * Goes on from a time that was reached before, e.g. by a Fusion whose machine has set its clock
   * back since. It runs on, a little slower, until the clock has caught up.
   */
  resume(last: number): void {
    this.#since = this.#clock.now();
    this.#aheadMs = Math.max(0, last - this.#since);
    this.#last = Math.max(this.#last, last);
  }
}
