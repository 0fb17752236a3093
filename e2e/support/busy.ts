/** Somebody who does one thing after the other until told to pause. */
export abstract class Busy {
  #isPaused = true;
  #working: Promise<void> = Promise.resolve();

  start(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#working = this.#work();
  }

  /** Resolves when the last thing is done. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#working;
  }

  protected abstract doOne(): Promise<void>;

  async #work(): Promise<void> {
    while (!this.#isPaused) await this.doOne();
  }
}
