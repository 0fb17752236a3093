import { Bell } from "./bell.js";

/**
 * How many rows of one stream may be on their way. Its sender waits for credit; its receiver gives
 * credit back as it consumes.
 */
export class RowWindow {
  #credit: number;
  readonly #bell = new Bell();

  constructor(credit: number) {
    this.#credit = credit;
  }

  /** The last message may overdraw, so that one larger than the window passes. */
  take(rows: number): void {
    this.#credit -= rows;
  }

  give(rows: number): void {
    this.#credit += rows;
    this.#bell.ring();
  }

  /** Resolves once there is credit, or the signal aborts. */
  ready(signal: AbortSignal): Promise<void> {
    return this.#bell.until(() => this.#credit > 0, signal);
  }
}
