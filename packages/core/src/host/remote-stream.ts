import { Bell } from "./bell.js";
import { rowsIn, type Delivery } from "./packs.js";

/** Rows of one stream that may wait here or be on their way. */
export const WINDOW_ROWS = 20_000;
/** Credit goes back in portions, so that it costs little. */
const PORTION_ROWS = WINDOW_ROWS / 4;

interface RemoteStreamOptions {
  readonly signal: AbortSignal;
  /** So many rows have been consumed. */
  readonly giveCredit: (rows: number) => void;
  /** Nobody wants more of it. */
  readonly cancel: () => void;
}

/** The host's end of a stream that comes from another process. Aborting the signal ends it. */
export class RemoteStream implements AsyncIterableIterator<Delivery> {
  readonly #options: RemoteStreamOptions;
  readonly #bell = new Bell();
  readonly #parcels: (readonly Delivery[])[] = [];
  #position = 0;
  #consumed = 0;
  #opened = false;
  #end: { readonly error: Error | undefined } | undefined;

  constructor(options: RemoteStreamOptions) {
    this.#options = options;
    const { signal } = options;
    if (signal.aborted) this.#stop();
    else signal.addEventListener("abort", this.#stop, { once: true });
  }

  /** Resolves once the other side says that the stream has begun; rejects if it cannot. */
  async begun(): Promise<void> {
    await this.#bell.until(() => this.#opened || this.#end !== undefined, this.#options.signal);
    this.#options.signal.throwIfAborted();
    if (!this.#opened && this.#end?.error !== undefined) throw this.#end.error;
  }

  // --- what the other side says ---

  markOpened(): void {
    this.#opened = true;
    this.#bell.ring();
  }

  push(parcel: readonly Delivery[]): void {
    if (this.#end !== undefined) return;
    this.#parcels.push(parcel);
    this.#bell.ring();
  }

  /** What has been pushed is still delivered, then the stream ends, by `error` if there is one. */
  finish(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#options.signal.removeEventListener("abort", this.#stop);
    this.#bell.ring();
  }

  // --- for the consumer ---

  async next(): Promise<IteratorResult<Delivery>> {
    for (;;) {
      const delivery = this.#take();
      if (delivery !== undefined) return { done: false, value: delivery };
      if (this.#end !== undefined) break;
      await this.#bell.until(
        () => this.#parcels.length > 0 || this.#end !== undefined,
        this.#options.signal,
      );
    }
    const { error } = this.#end;
    this.#end = { error: undefined };
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Delivery>> {
    this.#stop();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): Delivery | undefined {
    const parcel = this.#parcels[0];
    const delivery = parcel?.[this.#position];
    if (parcel === undefined || delivery === undefined) return undefined;
    this.#position += 1;
    if (this.#position === parcel.length) {
      this.#parcels.shift();
      this.#position = 0;
    }
    this.#consumed += rowsIn(delivery);
    if (this.#consumed >= PORTION_ROWS && this.#end === undefined) {
      this.#options.giveCredit(this.#consumed);
      this.#consumed = 0;
    }
    return delivery;
  }

  readonly #stop = (): void => {
    this.#parcels.length = 0;
    if (this.#end !== undefined) return;
    this.finish();
    this.#options.cancel();
  };
}
