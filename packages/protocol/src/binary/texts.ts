import { decodeName, encodeName } from "@fustor/schema-fs";
import { DecodeError } from "../errors.js";
import { truncated, type ByteReader } from "./byte-reader.js";
import { putVarint, VARINT_BYTES_MAX, type ByteWriter } from "./byte-writer.js";

/**
 * Texts as bytes, each without the bytes that it shares with the one before it: the number of
 * shared bytes, the number of others, and these. Before them stands how many bytes they all have
 * together when nothing is left out. What is not valid UTF-8 is a name's escaped bytes.
 *
 * False, with nothing written, when a text holds half characters that are no such escape.
 */
export function writeTexts(out: ByteWriter, texts: readonly string[]): boolean {
  const start = out.length;
  // The sum is known at the end: room for it is kept, and what follows moves up to it.
  out.reserve(VARINT_BYTES_MAX);
  let at = start + VARINT_BYTES_MAX;
  let total = 0;
  let before = "";
  let bytesBefore: Buffer | undefined;
  for (const text of texts) {
    out.length = at;
    out.reserve(2 * VARINT_BYTES_MAX + 3 * text.length);
    const { bytes } = out;
    let shared = sharedAscii(text, before);
    const put = putAscii(bytes, at, text, shared);
    if (put >= 0) {
      at = put;
      total += text.length;
      bytesBefore = undefined;
    } else {
      const encoded = encodeName(text);
      if (!text.isWellFormed() && decodeName(encoded) !== text) {
        out.length = start;
        return false;
      }
      bytesBefore ??= encodeName(before);
      shared = sharedBytes(encoded, bytesBefore, shared);
      at = putVarint(bytes, at, shared);
      at = putVarint(bytes, at, encoded.length - shared);
      at += encoded.copy(bytes, at, shared);
      total += encoded.length;
      bytesBefore = encoded;
    }
    before = text;
  }
  out.textBytes += total;
  const { bytes } = out;
  const head = putVarint(bytes, start, total);
  bytes.copyWithin(head, start + VARINT_BYTES_MAX, at);
  out.length = head + at - start - VARINT_BYTES_MAX;
  return true;
}

/** Texts as they were written, and their bytes one after the other. */
export interface Texts {
  readonly texts: string[];
  readonly bytes: Buffer;
  /** The longest in bytes, which are never fewer than its UTF-16 units. */
  readonly longest: number;
}

export function readTexts(input: ByteReader, count: number): Texts {
  const total = input.varint();
  if (2 * count > input.left) throw truncated();
  input.spendText(total);
  if (count === 1) return readOne(input, total);
  const whole = Buffer.allocUnsafe(total);
  const ends = new Uint32Array(count);
  const isAscii = new Uint8Array(count);
  const longest = unfold(input, whole, ends, isAscii);
  return { texts: cut(whole, ends, isAscii), bytes: whole, longest };
}

/** The same for a single text, which shares nothing with any. */
function readOne(input: ByteReader, total: number): Texts {
  if (input.varint() > 0) throw new DecodeError("A text shares more than there was before it");
  const length = input.varint();
  const bytes = input.take(length);
  if (length !== total) throw miscounted();
  return { texts: [decodeName(bytes)], bytes, longest: length };
}

/** From so many bytes on, a call is faster than a loop. */
const LONG = 32;

/** Writes every text in full into `whole`, and where it ends; returns the longest's length. */
function unfold(input: ByteReader, whole: Buffer, ends: Uint32Array, isAscii: Uint8Array): number {
  const { bytes } = input;
  const end = bytes.length;
  let [start, length, to, longest] = [0, 0, 0, 0];
  /** The bits of the text before: below 0x80 it is ASCII, and so is what is shared with it. */
  let bits = 0;
  for (let i = 0; i < ends.length; i += 1) {
    // Most often a byte each, and a call of `varint` for either costs as much as all the rest.
    let from = input.at;
    let shared = bytes[from] ?? 0x80;
    let others = bytes[from + 1] ?? 0x80;
    if (shared < 0x80 && others < 0x80) {
      from += 2;
    } else {
      shared = input.varint();
      others = input.varint();
      from = input.at;
    }
    if (shared > length) throw new DecodeError("A text shares more than there was before it");
    if (others > end - from) throw truncated();
    if (shared + others > whole.length - to) throw miscounted();
    if (shared >= LONG && bits < 0x80) {
      whole.copyWithin(to, start, start + shared);
      to += shared;
    } else {
      bits = 0;
      for (let k = start; k < start + shared; k += 1, to += 1) {
        const byte = whole[k] ?? 0;
        whole[to] = byte;
        bits |= byte;
      }
    }
    for (const stop = from + others; from < stop; from += 1, to += 1) {
      const byte = bytes[from] ?? 0;
      whole[to] = byte;
      bits |= byte;
    }
    input.at = from;
    length = shared + others;
    start = to - length;
    ends[i] = to;
    isAscii[i] = bits < 0x80 ? 1 : 0;
    if (length > longest) longest = length;
  }
  if (to !== whole.length) throw miscounted();
  return longest;
}

/** One decoding for all that is ASCII: a slice of its result costs a tenth of a call into it. */
function cut(whole: Buffer, ends: Uint32Array, isAscii: Uint8Array): string[] {
  const latin1 = whole.toString("latin1");
  const texts = new Array<string>(ends.length);
  let start = 0;
  for (let i = 0; i < ends.length; i += 1) {
    const end = ends[i] ?? 0;
    texts[i] = isAscii[i] === 1 ? latin1.slice(start, end) : decodeName(whole.subarray(start, end));
    start = end;
  }
  return texts;
}

function miscounted(): DecodeError {
  return new DecodeError("Texts are not as long as they are said to be");
}

/** How many ASCII characters two texts begin with in common. */
function sharedAscii(text: string, before: string): number {
  const max = Math.min(text.length, before.length);
  let i = 0;
  while (i < max) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80 || unit !== before.charCodeAt(i)) break;
    i += 1;
  }
  return i;
}

function sharedBytes(bytes: Buffer, before: Buffer, known: number): number {
  const max = Math.min(bytes.length, before.length);
  let i = known;
  while (i < max && bytes[i] === before[i]) i += 1;
  return i;
}

/** Writes a text that is all ASCII and returns where to go on; -1 for any other. */
function putAscii(bytes: Buffer, start: number, text: string, shared: number): number {
  let at = putVarint(bytes, start, shared);
  at = putVarint(bytes, at, text.length - shared);
  for (let i = shared; i < text.length; i += 1, at += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return -1;
    bytes[at] = unit;
  }
  return at;
}
