import type { Clock } from "@fustor/core";

/** Work goes on for this long before everyone else has a turn. */
const SLICE_MS = 4;
/** Steps between two looks at the clock. */
const STEPS = 16;

/** Cuts long synchronous work into slices, so that watching and heartbeats go on. */
export class Pace {
  readonly #clock: Clock;
  #since: number;
  #steps = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Counts one step. True when it is time to `rest`. */
  step(): boolean {
    this.#steps += 1;
    if (this.#steps < STEPS) return false;
    this.#steps = 0;
    return this.#clock.now() - this.#since >= SLICE_MS;
  }

  /** Gives everyone else a turn. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#steps = 0;
    this.#since = this.#clock.now();
  }
}
