import type { FailedScan } from "../drivers.js";

const FAILED_MAX = 1_000;
const ERROR_LENGTH_MAX = 1_000;

/** Scans that failed, until the receiver has heard of them. */
export class FailedScans {
  #waiting: FailedScan[] = [];
  #told = 0;

  add(id: string, error: string): void {
    if (this.#waiting.length >= FAILED_MAX) return;
    this.#waiting.push({ id, error: error.slice(0, ERROR_LENGTH_MAX) });
  }

  /** All of them; they stay until `settle`. */
  take(): readonly FailedScan[] {
    this.#told = this.#waiting.length;
    return [...this.#waiting];
  }

  /** What was taken last has arrived. */
  settle(): void {
    this.#waiting = this.#waiting.slice(this.#told);
    this.#told = 0;
  }
}
