/** A figure as it was at the last moments, for a chart: the newest `max` of them. */
export class History {
  readonly #max: number;
  #times: number[] = [];
  #rows: (number | null)[][] = [];

  constructor(max = 300) {
    this.#max = max;
  }

  /** `at` in seconds; null for what is not known. */
  add(at: number, values: readonly (number | null)[]): void {
    this.#times = [...this.#times, at].slice(-this.#max);
    this.#rows = [...this.#rows, [...values]].slice(-this.#max);
  }

  /** Times, then each series, as a chart takes them. */
  columns(series: number): [number[], ...(number | null)[][]] {
    const columns = Array.from({ length: series }, (_, i) =>
      this.#rows.map((row) => row[i] ?? null),
    );
    return [this.#times, ...columns];
  }
}

/** Turns a counter that only rises into a rate; a counter that fell has begun anew. */
export class Rate {
  #last: { readonly at: number; readonly count: number } | undefined;

  /** Each second since the sample before; null at the first one. `at` in seconds. */
  next(at: number, count: number): number | null {
    const before = this.#last;
    this.#last = { at, count };
    if (before === undefined || at <= before.at) return null;
    return count < before.count ? null : (count - before.count) / (at - before.at);
  }
}

/** Turns two counters that only rise, a sum and how many it is of, into the mean of what came since. */
export class Mean {
  #last: { readonly sum: number; readonly count: number } | undefined;

  /** Null at the first sample, and when nothing came since the one before. */
  next(sum: number, count: number): number | null {
    const before = this.#last;
    this.#last = { sum, count };
    if (before === undefined || count <= before.count || sum < before.sum) return null;
    return (sum - before.sum) / (count - before.count);
  }
}
