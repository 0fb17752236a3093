import { tooLarge, truncated, type ByteReader } from "./byte-reader.js";
import { putVarint, VARINT_BYTES_MAX, type ByteWriter } from "./byte-writer.js";

/** The furthest that neighbours may lie apart: the sign takes one of the 53 bits. */
const STEP_MAX = 2 ** 52 - 1;
const BITS_30 = 2 ** 30;

/** Integers from 0 on, as they are. */
export function writeUnsigned(out: ByteWriter, values: readonly number[]): void {
  out.reserve(values.length * VARINT_BYTES_MAX);
  const { bytes } = out;
  let at = out.length;
  for (const value of values) at = putVarint(bytes, at, value);
  out.length = at;
}

/** Integers as steps from one to the next. False, with nothing written, when a step is too large. */
export function writeSteps(out: ByteWriter, values: readonly number[]): boolean {
  out.reserve(values.length * VARINT_BYTES_MAX);
  const { bytes } = out;
  let at = out.length;
  let before = 0;
  for (const value of values) {
    const step = value - before;
    if (step > STEP_MAX || step < -STEP_MAX) return false;
    at = putVarint(bytes, at, zigzag(step));
    before = value;
  }
  out.length = at;
  return true;
}

export function readUnsigned(input: ByteReader, count: number): number[] {
  return readVarints(input, count);
}

export function readSteps(input: ByteReader, count: number): number[] {
  const values = readVarints(input, count);
  let value = 0;
  for (let i = 0; i < count; i += 1) {
    value += unzigzag(values[i] ?? 0);
    // Out of this range sums are no longer exact.
    if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) throw tooLarge();
    values[i] = value;
  }
  return values;
}

/** 0, -1, 1, -2 ... become 0, 1, 2, 3 ... */
function zigzag(step: number): number {
  if (step < BITS_30 && step >= -BITS_30) return (step << 1) ^ (step >> 31);
  return step >= 0 ? 2 * step : -2 * step - 1;
}

function unzigzag(value: number): number {
  if (value < BITS_30) return (value >>> 1) ^ -(value & 1);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readVarints(input: ByteReader, count: number): number[] {
  if (count > input.left) throw truncated();
  const { bytes } = input;
  const values = new Array<number>(count);
  let { at } = input;
  for (let i = 0; i < count; i += 1) {
    // What lies beyond the end reads as 0 and is found out below.
    let byte = bytes[at++] ?? 0;
    if (byte < 0x80) {
      values[i] = byte;
      continue;
    }
    let value = byte & 0x7f;
    byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << 7;
    if (byte >= 0x80) {
      byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << 14;
    }
    if (byte >= 0x80) {
      byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << 21;
    }
    for (let scale = 2 ** 28; byte >= 0x80; scale *= 128) {
      byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw tooLarge();
    }
    values[i] = value;
  }
  if (at > bytes.length) throw truncated();
  input.at = at;
  return values;
}
