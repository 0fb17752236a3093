import type { Clock } from "@fustor/core";
import { Problem } from "../problem.js";

/** Beyond so many, those that have not asked for a second are forgotten; they have nothing to answer for. */
const ASKERS_MAX = 10_000;

interface Second {
  readonly since: number;
  count: number;
}

/** Counts who asks how often, second by second. */
export class RequestRate {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #seconds = new Map<string, Second>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Answers 429 once somebody has asked more often in a second than anybody may. */
  count(asker: string): void {
    const now = this.#clock.now();
    const known = this.#seconds.get(asker);
    if (known === undefined || now - known.since >= 1_000) {
      this.#seconds.set(asker, { since: now, count: 1 });
      if (this.#seconds.size > ASKERS_MAX) this.#forget(now);
      return;
    }
    known.count += 1;
    if (known.count <= this.#perSecond) return;
    throw new Problem("OVERLOADED", `More than ${String(this.#perSecond)} requests in a second.`, {
      hint: "Ask less often, or raise limits.max_requests_per_sec.",
      headers: { "retry-after": "1" },
    });
  }

  #forget(now: number): void {
    for (const [asker, { since }] of this.#seconds) {
      if (now - since >= 1_000) this.#seconds.delete(asker);
    }
    // All of them within this second: nobody can be told apart from a flood any more.
    if (this.#seconds.size > ASKERS_MAX) this.#seconds.clear();
  }
}
