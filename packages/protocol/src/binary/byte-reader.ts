import { DecodeError } from "../errors.js";

/** What all texts of a body may hold once they are decoded, and all tables. */
export interface ReadBudget {
  textBytes: number;
  cells: number;
}

/** Reads bytes that nobody vouches for: every read beyond the end throws `DecodeError`. */
export class ByteReader {
  readonly bytes: Buffer;
  readonly #budget: ReadBudget;
  at = 0;

  constructor(bytes: Uint8Array, budget: ReadBudget) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = budget;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw truncated();
    this.at += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (Number.isSafeInteger(value)) return value;
        break;
      }
      scale *= 128;
    }
    throw tooLarge();
  }

  /** A number of things that take at least one byte each of what follows. */
  count(): number {
    const count = this.varint();
    if (count > this.left) throw truncated();
    return count;
  }

  double(): number {
    if (this.left < 8) throw truncated();
    const value = this.bytes.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  /** Goes past these bytes if they are the next ones. */
  skip(expected: Uint8Array): boolean {
    if (expected.length > this.left) return false;
    const { bytes, at } = this;
    for (let i = 0; i < expected.length; i += 1) {
      if (bytes[at + i] !== expected[i]) return false;
    }
    this.at += expected.length;
    return true;
  }

  /** The next bytes, not copied. */
  take(count: number): Buffer {
    if (count > this.left) throw truncated();
    const taken = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  /** Said before memory is taken for texts that were made shorter by what they share. */
  spendText(bytes: number): void {
    this.#budget.textBytes -= bytes;
    if (this.#budget.textBytes < 0) throw new DecodeError("The batch unfolds to too much text");
  }

  /** Said before memory is taken for the values of a table. */
  spendCells(cells: number): void {
    this.#budget.cells -= cells;
    if (this.#budget.cells < 0) throw new DecodeError("The batch unfolds to too many values");
  }
}

export function truncated(): DecodeError {
  return new DecodeError("The batch ends too early");
}

export function tooLarge(): DecodeError {
  return new DecodeError("The batch holds a number beyond 2^53");
}
