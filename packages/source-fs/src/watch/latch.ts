import type { Clock } from "@fustor/core";

/** Lets one waiter sleep until something happens or its time is up. */
export class Latch {
  #isSet = false;
  #wake: (() => void) | undefined;

  /** Something happened. */
  set(): void {
    this.#isSet = true;
    this.#wake?.();
  }

  /** Resolves at once if something happened since the last wait. Without `ms` time is never up. */
  async wait(clock: Clock, ms?: number): Promise<void> {
    if (!this.#isSet) {
      const timer = new AbortController();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        // Rejects only when it is aborted below, after someone else has woken us.
        if (ms !== undefined) clock.sleep(ms, timer.signal).then(resolve, () => undefined);
      });
      this.#wake = undefined;
      timer.abort();
    }
    this.#isSet = false;
  }
}
