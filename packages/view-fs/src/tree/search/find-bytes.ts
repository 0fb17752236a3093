import type { NameSegment } from "../name-pool.js";
import type { Finder } from "./matches.js";
import { Records } from "./records.js";

/** The bit that tells the case of a letter. */
const CASE = 0x20;
/** All bits but that one. */
const CASELESS = 0xdfdfdfdf | 0;
/** The highest bit of each byte. */
const MARKS = 0x80808080 | 0;
const BLOCK_WORDS = 4;
const SAMPLE_BYTES = 2 ** 16;

/**
 * Finds the names that hold two bytes and more, of either case. Goes through the raw segment,
 * headers and all: what stands in a header is no match. `sample` tells which bytes are rare.
 */
export function findByBytes(needle: Buffer, sample: NameSegment): Finder {
  const at = rarestPair(needle, sample);
  const rare = (needle[at] ?? 0) | CASE;
  const pair: Pair = {
    first: everyByte(needle[at] ?? 0),
    second: everyByte(needle[at + 1] ?? 0),
  };
  return ({ buffer, used }, headerBytes, matches) => {
    const bytes = Buffer.from(buffer, 0, used);
    const words = new Int32Array(buffer);
    const records = new Records(words, headerBytes);
    const end = used >>> 2;
    let block = nextStop(words, 0, end, pair);
    while (block < end) {
      const from = block * 4 - at;
      let next = block + BLOCK_WORDS;
      for (let start = from; start < from + BLOCK_WORDS * 4; start += 1) {
        if (((bytes[start + at] ?? 0) | CASE) !== rare || !isAt(bytes, start, needle)) continue;
        records.moveTo(start);
        if (!records.holds(start, needle.length)) continue;
        matches.add(records.name);
        // The rest of the name says no more.
        start = records.next - 1;
        next = Math.max(next, (records.next >>> 4) * BLOCK_WORDS);
      }
      block = nextStop(words, next, end, pair);
    }
  };
}

/** Two neighbouring bytes, each as a word full of it. */
interface Pair {
  readonly first: number;
  readonly second: number;
}

/**
 * The next block of 16 bytes in which the pair may begin; `end` or beyond for none. Bit 5, which
 * tells the case of a letter, is left out. There is no branch but at a stop, and none depends on
 * the one before, so that this is nearly as fast as the memory, whatever the pair.
 */
function nextStop(words: Int32Array, from: number, end: number, pair: Pair): number {
  const { first, second } = pair;
  let word = words[from] ?? 0;
  for (let i = from; i < end; i += BLOCK_WORDS) {
    const word1 = words[i + 1] ?? 0;
    const word2 = words[i + 2] ?? 0;
    const word3 = words[i + 3] ?? 0;
    // One word more than names ever fill is there, to stand behind the last one.
    const word4 = words[i + 4] ?? 0;
    const marks =
      zeroMarks(differ(word, word1, first, second)) |
      zeroMarks(differ(word1, word2, first, second)) |
      zeroMarks(differ(word2, word3, first, second)) |
      zeroMarks(differ(word3, word4, first, second));
    if ((marks & MARKS) !== 0) return i;
    word = word4;
  }
  return end;
}

/** A byte of the result is 0 where the pair stands. */
function differ(word: number, next: number, first: number, second: number): number {
  const shifted = (word >>> 8) | (next << 24);
  return ((word ^ first) | (shifted ^ second)) & CASELESS;
}

/** One of `MARKS` is set where one of the four bytes is 0, and else none; the other bits mean nothing. */
function zeroMarks(word: number): number {
  return (word - 0x01010101) & ~word;
}

function isAt(bytes: Buffer, at: number, needle: Buffer): boolean {
  if (at < 0 || at + needle.length > bytes.length) return false;
  for (let i = 0; i < needle.length; i += 1) {
    if (fold(bytes[at + i] ?? 0) !== needle[i]) return false;
  }
  return true;
}

function everyByte(byte: number): number {
  return Math.imul(byte | CASE, 0x01010101);
}

/** The byte of a letter in lower case. */
export function fold(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** Which two neighbours of a needle are the rarest, as far as some names tell. */
function rarestPair(needle: Buffer, sample: NameSegment): number {
  const counts = new Uint32Array(256);
  const bytes = new Uint8Array(sample.buffer, 0, Math.min(sample.used, SAMPLE_BYTES));
  for (const byte of bytes) counts[fold(byte)] = (counts[fold(byte)] ?? 0) + 1;
  let rarest = 0;
  let least = Infinity;
  for (let i = 0; i + 1 < needle.length; i += 1) {
    const count = (counts[needle[i] ?? 0] ?? 0) * (counts[needle[i + 1] ?? 0] ?? 0);
    if (count >= least) continue;
    least = count;
    rarest = i;
  }
  return rarest;
}
