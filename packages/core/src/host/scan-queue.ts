import type { Clock } from "../time.js";
import { BatchBuilder } from "./batch-builder.js";
import { Bell } from "./bell.js";
import type { Waiting } from "./buffer.js";
import { rowsIn, type Cargo, type Delivery } from "./packs.js";
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
export class ScanQueue implements Waiting<Cargo> {
  readonly #options: ScanQueueOptions;
  readonly #bell = new Bell();
  #waiting: Delivery[] = [];
  #rows = 0;
  #underWay = false;

  constructor(options: ScanQueueOptions) {
    this.#options = options;
  }

  /** Resolves when it has its place, or the signal aborts. */
  async push(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { rowsMax } = this.#options;
    if (this.#rows >= rowsMax) await this.#bell.until(() => this.#rows < rowsMax, signal);
    if (signal.aborted) return;
    this.#waiting.push(delivery);
    this.#rows += rowsIn(delivery);
    this.#bell.ring();
  }

  async ready(signal: AbortSignal): Promise<void> {
    await this.#bell.until(() => this.#waiting.length > 0, signal);
    if (signal.aborted || this.#isWorthSending()) return;
    await withAbort(signal, ({ signal: ended }) =>
      Promise.race([
        this.#bell.until(() => this.#isWorthSending(), ended),
        this.#options.clock.sleep(LINGER_MS, ended).catch(() => undefined),
      ]),
    );
  }

  take(rowsMax: number): Cargo {
    const [first] = this.#waiting;
    if (first?.kind === "pack") {
      this.#drop(1, first.rows);
      return first;
    }
    const batch = new BatchBuilder(rowsMax);
    let [taken, rowsTaken] = [0, 0];
    for (const message of this.#waiting) {
      if (message.kind === "pack") break;
      const rows = rowsIn(message);
      if (!batch.fits(rows)) break;
      batch.add(message);
      rowsTaken += rows;
      taken += 1;
    }
    this.#drop(taken, rowsTaken);
    return batch.finish();
  }

  /** What was taken last has arrived, or never will. */
  settle(): void {
    this.#underWay = false;
    this.#bell.ring();
  }

  /** Resolves once nothing waits and nothing is under way, or the signal aborts. */
  drained(signal: AbortSignal): Promise<void> {
    return this.#bell.until(() => this.#waiting.length === 0 && !this.#underWay, signal);
  }

  /** Drops what waits. */
  clear(): void {
    this.#waiting = [];
    this.#rows = 0;
    this.#bell.ring();
  }

  #drop(count: number, rows: number): void {
    this.#waiting = this.#waiting.slice(count);
    this.#rows -= rows;
    this.#underWay = count > 0;
    this.#bell.ring();
  }

  /** Nothing is gained by waiting: there is enough, or the walk is over. */
  #isWorthSending(): boolean {
    if (this.#waiting[0]?.kind === "pack") return true;
    const last = this.#waiting.at(-1);
    if (last?.kind === "mark" && last.edge === "end") return true;
    return this.#rows >= this.#options.batchRows;
  }
}
