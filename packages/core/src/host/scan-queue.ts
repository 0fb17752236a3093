import type { Message } from "../messages.js";
import { countRows } from "../messages.js";
import type { Clock } from "../time.js";
import { BatchBuilder } from "./batch-builder.js";
import { Bell } from "./bell.js";
import type { Waiting } from "./buffer.js";
import { withAbort } from "./with-abort.js";

export interface ScanQueueOptions {
  /** Rows that may wait. */
  readonly rowsMax: number;
  /** Rows that are worth a batch of their own. */
  readonly batchRows: number;
  readonly clock: Clock;
}

/** A batch costs the same however small it is: a walk under way is given so long to fill it. */
const LINGER_MS = 20;

/** Between a walk and the scan stream: it makes the walk wait, so that it is only as fast. */
export class ScanQueue implements Waiting {
  readonly #options: ScanQueueOptions;
  readonly #bell = new Bell();
  #messages: Message[] = [];
  #rows = 0;
  #underWay = false;

  constructor(options: ScanQueueOptions) {
    this.#options = options;
  }

  /** Resolves when the message has its place, or the signal aborts. */
  async push(message: Message, signal: AbortSignal): Promise<void> {
    const { rowsMax } = this.#options;
    if (this.#rows >= rowsMax) await this.#bell.until(() => this.#rows < rowsMax, signal);
    if (signal.aborted) return;
    this.#messages.push(message);
    this.#rows += countRows(message);
    this.#bell.ring();
  }

  async ready(signal: AbortSignal): Promise<void> {
    await this.#bell.until(() => this.#messages.length > 0, signal);
    if (signal.aborted || this.#isWorthSending()) return;
    await withAbort(signal, ({ signal: ended }) =>
      Promise.race([
        this.#bell.until(() => this.#isWorthSending(), ended),
        this.#options.clock.sleep(LINGER_MS, ended).catch(() => undefined),
      ]),
    );
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

  /** Nothing is gained by waiting: there is enough, or the walk is over. */
  #isWorthSending(): boolean {
    const last = this.#messages.at(-1);
    if (last?.kind === "mark" && last.edge === "end") return true;
    return this.#rows >= this.#options.batchRows;
  }
}
