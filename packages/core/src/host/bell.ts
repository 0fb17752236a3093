/** Wakes those who wait for a condition to hold. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  /** Something changed: everybody looks again. */
  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves once `condition` holds, or the signal aborts: look at the signal afterwards. */
  async until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!condition() && !signal.aborted) await this.#next(signal);
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }
}
