/** Bytes that grow. Hot loops reserve room, write into `bytes` themselves and then set `length`. */
export class ByteWriter {
  bytes: Buffer;
  length = 0;
  /** The bytes of all texts so far when nothing is left out of them. */
  textBytes = 0;

  constructor(sizeHint = 64 * 1024) {
    this.bytes = Buffer.allocUnsafe(sizeHint);
  }

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /** A safe integer from 0 on, seven bits a byte, the lowest first. */
  varint(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    this.length = putVarint(this.bytes, this.length, value);
  }

  double(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  /** The bytes alone; the reader has to know how many they are. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A text that is well-formed, with the number of its bytes. */
  text(text: string): void {
    const bytes = Buffer.from(text, "utf8");
    this.textBytes += bytes.length;
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** What was written so far; nothing more may be written. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** A safe integer has 53 bits. */
export const VARINT_BYTES_MAX = 8;

const BITS_31 = 2 ** 31;

/** Writes at `at`, where there is room, and returns where to go on. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= BITS_31) {
    bytes[at] = (rest % 128) | 0x80;
    at += 1;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 0x80) {
    bytes[at] = (rest & 0x7f) | 0x80;
    at += 1;
    rest >>>= 7;
  }
  bytes[at] = rest;
  return at + 1;
}
