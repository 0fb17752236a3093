import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "@fustor/core";

interface Sleeper {
  readonly wakeAt: number;
  wake(): void;
}

/** Turns of the event loop after which promises that wait for nothing real have settled. */
const TURNS = 8;

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startAt = 1_000_000) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  /** How many are asleep now. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", abort);
      };
      const abort = () => {
        end();
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        wakeAt: this.#now + ms,
        wake: () => {
          end();
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted === true) abort();
    });
  }

  /**
   * Moves time on and wakes whoever is due, in order, each at its own moment: who wakes and sleeps
   * again within `ms` wakes again.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.wakeAt > end) break;
      this.#now = Math.max(this.#now, next.wakeAt);
      next.wake();
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets everything run that needs no time to pass. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
  }

  #earliest(): Sleeper | undefined {
    let earliest: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (earliest === undefined || sleeper.wakeAt < earliest.wakeAt) earliest = sleeper;
    }
    return earliest;
  }
}
