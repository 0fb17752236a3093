import type { Message } from "../messages.js";
import { countRows } from "../messages.js";
import { Bell } from "./bell.js";

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
export class RemoteStream implements AsyncIterableIterator<Message> {
  readonly #options: RemoteStreamOptions;
  readonly #bell = new Bell();
  readonly #packs: (readonly Message[])[] = [];
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

  push(pack: readonly Message[]): void {
    if (this.#end !== undefined) return;
    this.#packs.push(pack);
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

  async next(): Promise<IteratorResult<Message>> {
    for (;;) {
      const message = this.#take();
      if (message !== undefined) return { done: false, value: message };
      if (this.#end !== undefined) break;
      await this.#bell.until(
        () => this.#packs.length > 0 || this.#end !== undefined,
        this.#options.signal,
      );
    }
    const { error } = this.#end;
    this.#end = { error: undefined };
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Message>> {
    this.#stop();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): Message | undefined {
    const pack = this.#packs[0];
    const message = pack?.[this.#position];
    if (pack === undefined || message === undefined) return undefined;
    this.#position += 1;
    if (this.#position === pack.length) {
      this.#packs.shift();
      this.#position = 0;
    }
    this.#consumed += countRows(message);
    if (this.#consumed >= PORTION_ROWS && this.#end === undefined) {
      this.#options.giveCredit(this.#consumed);
      this.#consumed = 0;
    }
    return message;
  }

  readonly #stop = (): void => {
    this.#packs.length = 0;
    if (this.#end !== undefined) return;
    this.finish();
    this.#options.cancel();
  };
}
