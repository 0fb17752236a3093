/**
 * Maps the `index` of v1 events to the receiver's time.
 *
 * v1 exchanges no clocks, so the offset is the smallest delay that was ever seen: a report never
 * comes from the future, and of all of them the fastest is nearest to the truth.
 */
export class V1Times {
  #offsetMs = Number.POSITIVE_INFINITY;

  /** When the report that carries `index` was made, not later than `receivedAt`. */
  read(index: number, receivedAt: number): number {
    this.#offsetMs = Math.min(this.#offsetMs, receivedAt - index);
    return index + this.#offsetMs;
  }
}
