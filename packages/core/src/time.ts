/** Time, handed to whoever needs it so that every test can be replayed. */
export interface Clock {
  /**
   * Milliseconds since the epoch. Anchored once when the agent boots and then moved by the
   * monotonic clock: it never goes back, whatever happens to the wall clock.
   */
  now(): number;
  /**
   * What the machine's wall clock shows, ms since the epoch: it is set, and goes on while the machine
   * sleeps. Where it parts from `now`, one of the two happened. Absent where there is none.
   */
  wall?(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Chance: a number in [0, 1). */
export type Random = () => number;
