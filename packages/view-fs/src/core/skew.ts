const SAMPLES = 15;

/**
 * Fusion time less storage time, from what events told of last: an unpacked old archive, a file of
 * the far future or a silent night says nothing here, because a ctime cannot be set.
 */
export class Skew {
  readonly #last: number[] = [];
  /** Undefined after each sample: events are many, and only looks without one ask for it. */
  #median: number | undefined;

  /** The middle one of the last samples, in ms; 0 without any. */
  get ms(): number {
    this.#median ??= [...this.#last].sort((a, b) => a - b)[this.#last.length >> 1] ?? 0;
    return this.#median;
  }

  add(sampleMs: number): void {
    this.#last.push(sampleMs);
    if (this.#last.length > SAMPLES) this.#last.shift();
    this.#median = undefined;
  }

  get samples(): readonly number[] {
    return this.#last;
  }
}
