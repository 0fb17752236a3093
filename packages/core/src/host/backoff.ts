import type { Random } from "../time.js";

/** How long to wait before the next attempt. */
export interface Backoff {
  /** Attempts that failed since the last success. */
  readonly failures: number;
  /** Counts a failure and returns the pause in ms, never less than what the other side asked. */
  next(retryAfterMs?: number): number;
  /** Something went well. */
  reset(): void;
}

export interface BackoffOptions {
  readonly random: Random;
  /** Before the first retry at most this long, then twice as long each time. */
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Exponential with full jitter: anything between nothing and the limit, so that a thousand agents
 * that lost the same server do not come back at the same moment, nor all when it asked them to.
 */
export function createBackoff({ random, baseMs, capMs }: BackoffOptions): Backoff {
  let failures = 0;
  return {
    get failures() {
      return failures;
    },
    next(retryAfterMs = 0) {
      const limit = Math.min(capMs, baseMs * 2 ** Math.min(failures, 30));
      failures += 1;
      return retryAfterMs + random() * limit;
    },
    reset() {
      failures = 0;
    },
  };
}
