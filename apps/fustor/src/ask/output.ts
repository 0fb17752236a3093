import { encodeName } from "@fustor/schema-fs";

/** As much as is put together before it is written. */
const PIECE = 65_536;

/** What a program writes to; `process.stdout` is one. */
export interface Sink {
  readonly isTTY?: boolean;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
}

/** Writes what a command finds, in the bytes of the names, as fast as the reader takes it. */
export class Output {
  readonly #sink: Sink;
  #pending = "";
  #isOpen = true;

  constructor(sink: Sink = process.stdout) {
    this.#sink = sink;
  }

  /** False when the reader has left: nothing more needs to be found. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A name as it is; on a terminal without what would steer that. */
  name(text: string): string {
    return this.#sink.isTTY === true
      ? text.replace(/[\0-\x1f\x7f-\x9f\ud800-\udfff]/gu, "?")
      : text;
  }

  /** Names in `text` may have bytes that are no UTF-8, as `decodeName` makes them. */
  add(text: string): void {
    this.#pending += text;
  }

  /** A line for a name, or its bytes and a NUL. */
  addName(text: string, { nul = false } = {}): void {
    this.add(nul ? `${text}\0` : `${this.name(text)}\n`);
  }

  /** Writes when there is enough; `now` writes all there is. */
  async flush({ now = false } = {}): Promise<void> {
    if (this.#pending === "" || (!now && this.#pending.length < PIECE)) return;
    const bytes = encodeName(this.#pending);
    this.#pending = "";
    await new Promise<void>((resolve) => {
      this.#sink.write(bytes, (error) => {
        // Whoever reads may leave early, as in `find | head`.
        if (error) this.#isOpen = false;
        resolve();
      });
    });
  }
}
