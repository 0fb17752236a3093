import type { Clock } from "@fustor/core";

/** Fusion time in ms: the clock's, but never going back whatever the clock does. */
export class FusionTime {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    this.#last = Math.max(this.#last, this.#clock.now());
    return this.#last;
  }
}
