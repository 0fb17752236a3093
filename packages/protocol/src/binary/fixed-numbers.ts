import type { ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";

/** Integers below 2^32, four bytes each. */
export function writeWords(out: ByteWriter, values: readonly number[]): void {
  out.reserve(4 * values.length);
  for (const value of values) out.length = out.bytes.writeUInt32LE(value, out.length);
}

export function readWords(input: ByteReader, count: number): number[] {
  const bytes = input.take(4 * count);
  const values = new Array<number>(count);
  for (let i = 0, at = 0; i < count; i += 1, at += 4) values[i] = bytes.readUInt32LE(at);
  return values;
}

/** Finite numbers. Added to 0, because JSON does not know -0. */
export function writeDoubles(out: ByteWriter, values: readonly number[]): void {
  for (const value of values) out.double(value + 0);
}

export function readDoubles(input: ByteReader, count: number): number[] {
  const bytes = input.take(8 * count);
  const values = new Array<number>(count);
  for (let i = 0; i < count; i += 1) values[i] = bytes.readDoubleLE(8 * i);
  return values;
}
