import { encodeName } from "./paths.js";
import type { FsAttributes } from "./rows.js";

/**
 * The digest of a directory: a sum over its children that does not depend on their order. Agents
 * compute it from a listing, Fusion keeps it up to date; equal digests of equally many children
 * mean an unchanged directory. This is a wire format:
 *
 * - A hash is two lanes of 32 bits, `hi` and `lo`. A digest is the sum of its children's hashes,
 *   each lane by itself mod 2^32. As text: `hi` then `lo`, 16 lower-case hexadecimal digits.
 * - ABSORB(w): lo ^= rotl(w * cc9e2d51, 15) * 1b873593; lo = rotl(lo, 13) * 5 + e6546b64;
 *   hi ^= rotl(w * 239b961b, 16) * ab0e9789; hi = (rotl(hi, 17) + lo) * 5 + 0bcaa747.
 * - FINISH(n): lo ^= n; hi ^= n; lo += hi; hi += lo; lo = MIX(lo); hi = MIX(hi); lo += hi; hi += lo,
 *   where MIX(x) is x ^= x >>> 16; x *= 85ebca6b; x ^= x >>> 13; x *= c2b2ae35; x ^= x >>> 16.
 *   All of it mod 2^32. (The rounds of MurmurHash3, by Austin Appleby, in the public domain.)
 * - The hash of a name begins with lo = 9e3779b9, hi = 7f4a7c15, absorbs its bytes as
 *   little-endian words, the last one filled with zeros, and ends with FINISH(number of bytes).
 * - The hash of a child goes on from the lanes of its name's hash, absorbs
 *   `letter | mask << 8`, where letter is the ASCII code of its type (0 when nothing is known of
 *   it), then size and mtime as low word and high word (two's complement), mtime's nanoseconds,
 *   and of the fields in the mask, in this order: ino (2 words), uid, gid, mode, ctime (low, high,
 *   nanoseconds); it ends with FINISH(number of words).
 * - Of a directory that is itself a child, size, mtime and ctime count as 0: they change with
 *   whatever happens in it, and its own listing tells them. What is left of it is its name, its
 *   type, and who may enter, so that a change deep below leaves the digests above alone.
 */
export const DIGEST_FIELDS = ["ino", "uid", "gid", "mode", "ctime"] as const;

/** A field that counts only where a root declares it stable across hosts. */
export type DigestField = (typeof DIGEST_FIELDS)[number];

const INO = 1;
const UID = 2;
const GID = 4;
const MODE = 8;
const CTIME = 16;

/** Of a child, in words: what always counts, and with all that the mask can name. */
const LEAST_WORDS = 6;
const FIELD_WORDS_MAX = 14;

/** The mask of these fields: bit i stands for `DIGEST_FIELDS[i]`. */
export function digestMask(fields: Iterable<DigestField>): number {
  let mask = 0;
  for (const field of fields) mask |= 1 << DIGEST_FIELDS.indexOf(field);
  return mask;
}

/** The mask that a source declares by its fact `digest_fields`; 0 where it declares none. */
export function digestMaskOf(facts: Readonly<Record<string, unknown>>): number {
  const { digest_fields: fields } = facts;
  return digestMask(
    DIGEST_FIELDS.filter((field) => Array.isArray(fields) && fields.includes(field)),
  );
}

/** A digest or hash as text. */
export function digestText(hi: number, lo: number): string {
  return hex(hi) + hex(lo);
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, "0");
}

/** Hashes names and children. Made once and used again: its lanes are its answer. */
export class Hasher {
  /** The lanes as signed 32-bit numbers. */
  lo = 0;
  hi = 0;
  /** The bytes of the last name as little-endian words, the last one filled with zeros. */
  words = new Int32Array(64);
  /** How many bytes the last name has. */
  length = 0;
  /** What counts of a child beside its name, as words. */
  readonly #fields = new Int32Array(FIELD_WORDS_MAX);

  /** Hashes a name. */
  name(name: string): void {
    const { length } = name;
    if (length > this.words.length * 4) this.words = new Int32Array(length);
    const { words } = this;
    const whole = length & ~3;
    let lo = SEED_LO;
    let hi = SEED_HI;
    let seen = 0;
    let i = 0;
    for (; i < whole; i += 4) {
      const a = name.charCodeAt(i) | (name.charCodeAt(i + 2) << 16);
      const b = name.charCodeAt(i + 1) | (name.charCodeAt(i + 3) << 16);
      seen |= a | b;
      const word = a | (b << 8);
      words[i >>> 2] = word;
      lo = absorbLo(lo, word);
      hi = absorbHi(hi, lo, word);
    }
    if (i < length) {
      let word = 0;
      for (; i < length; i += 1) {
        const code = name.charCodeAt(i);
        seen |= code;
        word |= code << ((i & 3) * 8);
      }
      words[whole >>> 2] = word;
      lo = absorbLo(lo, word);
      hi = absorbHi(hi, lo, word);
    }
    if ((seen & NOT_ASCII) === 0) {
      this.length = length;
      this.#finish(lo, hi, length);
    } else {
      const bytes = encodeName(name);
      this.bytes(bytes, 0, bytes.length);
    }
  }

  /** Hashes the name whose bytes stand from `start` to before `end`. */
  bytes(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > this.words.length * 4) this.words = new Int32Array(end - start);
    let lo = SEED_LO;
    let hi = SEED_HI;
    for (let i = start; i < end; i += 4) {
      let word = bytes[i] ?? 0;
      if (i + 1 < end) word |= (bytes[i + 1] ?? 0) << 8;
      if (i + 2 < end) word |= (bytes[i + 2] ?? 0) << 16;
      if (i + 3 < end) word |= (bytes[i + 3] ?? 0) << 24;
      this.words[(i - start) >>> 2] = word;
      lo = absorbLo(lo, word);
      hi = absorbHi(hi, lo, word);
    }
    this.length = end - start;
    this.#finish(lo, hi, end - start);
  }

  /** From the hash of a name, which the lanes hold, to the hash of the child that bears it. */
  child(attributes: FsAttributes | undefined, mask: number): void {
    const fields = this.#fields;
    const count = this.#describe(attributes, mask);
    let { lo, hi } = this;
    for (let i = 0; i < count; i += 1) {
      const word = fields[i] ?? 0;
      lo = absorbLo(lo, word);
      hi = absorbHi(hi, lo, word);
    }
    this.#finish(lo, hi, count);
  }

  /** Absorbs one word of 32 bits. */
  word(word: number): void {
    this.lo = absorbLo(this.lo, word | 0);
    this.hi = absorbHi(this.hi, this.lo, word | 0);
  }

  /** Ends a hash over `count` words that were given by `word`. */
  end(count: number): void {
    this.#finish(this.lo, this.hi, count);
  }

  /** Puts what counts of a child beside its name into `#fields`; returns how many words it is. */
  #describe(attributes: FsAttributes | undefined, mask: number): number {
    const words = this.#fields;
    // A directory's own size and times change with whatever happens in it.
    const counted = attributes?.type === "d" ? undefined : attributes;
    const size = counted?.size ?? 0;
    const mtime = counted?.mtime ?? 0;
    words[0] = (attributes?.type.charCodeAt(0) ?? 0) | (mask << 8);
    words[1] = size;
    words[2] = highWord(size);
    words[3] = mtime;
    words[4] = highWord(mtime);
    words[5] = counted?.mtimeNsec ?? 0;
    let count = LEAST_WORDS;
    if ((mask & INO) !== 0) {
      const { lo, hi } = splitInode(attributes?.ino ?? 0);
      words[count++] = lo;
      words[count++] = hi;
    }
    if ((mask & UID) !== 0) words[count++] = attributes?.uid ?? 0;
    if ((mask & GID) !== 0) words[count++] = attributes?.gid ?? 0;
    if ((mask & MODE) !== 0) words[count++] = attributes?.mode ?? 0;
    if ((mask & CTIME) !== 0) {
      const ctime = counted?.ctime ?? 0;
      words[count++] = ctime;
      words[count++] = highWord(ctime);
      words[count++] = counted?.ctimeNsec ?? 0;
    }
    return count;
  }

  #finish(lanesLo: number, lanesHi: number, count: number): void {
    const high = lanesHi ^ count;
    let lo = ((lanesLo ^ count) + high) | 0;
    let hi = (high + lo) | 0;
    lo = mix(lo);
    hi = mix(hi);
    lo = (lo + hi) | 0;
    this.lo = lo;
    this.hi = (hi + lo) | 0;
  }
}

/** Sums up one directory from the rows of a listing. */
export class DirectoryDigest {
  readonly mask: number;
  readonly #hasher = new Hasher();
  #lo = 0;
  #hi = 0;
  #count = 0;

  constructor(mask: number) {
    this.mask = mask;
  }

  /** How many children were added. */
  get count(): number {
    return this.#count;
  }

  add(name: string, attributes: FsAttributes | undefined): void {
    this.#hasher.name(name);
    this.#hasher.child(attributes, this.mask);
    this.#lo = (this.#lo + this.#hasher.lo) | 0;
    this.#hi = (this.#hi + this.#hasher.hi) | 0;
    this.#count += 1;
  }

  /** The digest as text. */
  toString(): string {
    return digestText(this.#hi, this.#lo);
  }
}

/** The two words of an inode number, which is a decimal string beyond 2^53. */
export function splitInode(ino: number | string): { readonly lo: number; readonly hi: number } {
  if (typeof ino === "number") return { lo: ino | 0, hi: highWord(ino) };
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < ino.length; i += 1) {
    lo = lo * 10 + (ino.charCodeAt(i) - 0x30);
    hi = hi * 10 + Math.floor(lo / WORD);
    lo %= WORD;
  }
  return { lo: lo | 0, hi: hi | 0 };
}

/** The upper half of a whole number as a word; its lower half is `value | 0`. */
export function highWord(value: number): number {
  return value === (value | 0) ? value >> 31 : Math.floor(value / WORD) | 0;
}

const WORD = 2 ** 32;
const SEED_LO = 0x9e3779b9 | 0;
const SEED_HI = 0x7f4a7c15;
/** In the first and third byte of two code units side by side, what ASCII does not have. */
const NOT_ASCII = 0xff80ff80 | 0;

function absorbLo(lo: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  const mixed = lo ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function absorbHi(hi: number, lo: number, word: number): number {
  const k = Math.imul(word, 0x239b961b);
  const mixed = hi ^ Math.imul((k << 16) | (k >>> 16), 0xab0e9789);
  return (Math.imul(((mixed << 17) | (mixed >>> 15)) + lo, 5) + 0x0bcaa747) | 0;
}

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
