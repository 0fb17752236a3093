import type { Message } from "../messages.js";
import { countRows } from "../messages.js";
import { BatchBuilder } from "./batch-builder.js";
import { Bell } from "./bell.js";
import type { Waiting } from "./buffer.js";

/** Between a walk and the scan stream: it makes the walk wait, so that it is only as fast. */
export class ScanQueue implements Waiting {
  readonly #rowsMax: number;
  readonly #bell = new Bell();
  #messages: Message[] = [];
  #rows = 0;
  #underWay = false;

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax;
  }

  /** Resolves when the message has its place, or the signal aborts. */
  async push(message: Message, signal: AbortSignal): Promise<void> {
    if (this.#rows >= this.#rowsMax) {
      await this.#bell.until(() => this.#rows < this.#rowsMax, signal);
    }
    if (signal.aborted) return;
    this.#messages.push(message);
    this.#rows += countRows(message);
    this.#bell.ring();
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.#bell.until(() => this.#messages.length > 0, signal);
  }

  take(rowsMax: number): Message[] {
    const batch = new BatchBuilder(rowsMax);
    let taken = 0;
    for (const message of this.#messages) {
      const rows = countRows(message);
      if (!batch.fits(rows)) break;
      batch.add(message);
      this.#rows -= rows;
      taken += 1;
    }
    this.#messages = this.#messages.slice(taken);
    this.#underWay = taken > 0;
    this.#bell.ring();
    return batch.finish();
  }

  /** What was taken last has arrived, or never will. */
  settle(): void {
    this.#underWay = false;
    this.#bell.ring();
  }

  /** Resolves once nothing waits and nothing is under way, or the signal aborts. */
  drained(signal: AbortSignal): Promise<void> {
    return this.#bell.until(() => this.#messages.length === 0 && !this.#underWay, signal);
  }

  /** Drops what waits. */
  clear(): void {
    this.#messages = [];
    this.#rows = 0;
    this.#bell.ring();
  }
}
