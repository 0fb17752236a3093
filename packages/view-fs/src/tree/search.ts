import type { NameSegment } from "./name-pool.js";

/** The bit that tells the case of a letter. */
const CASE = 0x20;
const CASES = 0x20202020;
const LENGTH_MASK = 0x7fff;
const BLOCK_WORDS = 4;
const COARSE_MASK = 2 ** 14 - 1;
const SAMPLE_BYTES = 2 ** 16;

/**
 * What another thread needs to look for names while the tree goes on changing. Given by
 * `Tree.shared`; can be posted to a worker, its memory is shared.
 */
export interface SharedNames {
  readonly segments: readonly NameSegment[];
  /** Names have numbers below this. */
  readonly namesEnd: number;
  /** The chunks of files and of directories: the numbers of their names, one word a node. */
  readonly files: readonly SharedArrayBuffer[];
  readonly directories: readonly SharedArrayBuffer[];
  readonly filesEnd: number;
  readonly directoriesEnd: number;
  readonly chunkNodes: number;
  readonly headerBytes: number;
}

/** What a search in another thread found. */
export interface Candidates {
  /** Nodes that may match. Each must be looked at again: it may have changed meanwhile. */
  readonly ids: Uint32Array;
  /** True when there are more than `limit`. */
  readonly truncated: boolean;
  /** True when memory that was looked through got another use meanwhile: search again. */
  readonly stale: boolean;
}

/**
 * Finds nodes whose name contains `text`, without case. Uses nothing but its arguments, so that it
 * runs in any thread.
 *
 * Why nothing is missed that stands unchanged throughout: its name's bytes stand in a segment that
 * is only appended to until its life changes, which is looked at last; its name's number stands in
 * its column. What changes meanwhile may be read half old and half new: that is why whoever asked
 * looks at each candidate again, by `confirmCandidates`.
 *
 * Case is that of `String.toLowerCase`, but for an ASCII text only that of ASCII letters: the sign
 * for kelvin is no `k` then, and a capital I with a dot no `i`.
 */
export function searchNames(shared: SharedNames, text: string, limit: number): Candidates {
  const matches = new Matches(shared.namesEnd);
  const find = createFinder(text.toLowerCase(), shared.segments[0]);
  for (const segment of shared.segments) find(segment, shared.headerBytes, matches);
  const stale = shared.segments.some(
    ({ buffer, life }) =>
      Atomics.load(new Int32Array(buffer, buffer.byteLength - 4, 1), 0) !== life,
  );
  if (matches.count === 0) return { ids: new Uint32Array(0), truncated: false, stale };
  const ids: number[] = [];
  const { directories, directoriesEnd, files, filesEnd, chunkNodes } = shared;
  collect(
    { chunks: directories, end: directoriesEnd, chunkNodes, tag: 1 },
    matches,
    ids,
    limit + 1,
  );
  collect({ chunks: files, end: filesEnd, chunkNodes, tag: 0 }, matches, ids, limit + 1);
  const truncated = ids.length > limit;
  if (truncated) ids.pop();
  return { ids: Uint32Array.from(ids), truncated, stale };
}

/** The numbers of names that match. */
class Matches {
  count = 0;
  readonly #isMatch: Uint8Array;
  /** The same by the last bits of the number: so little that it stays in the fastest cache. */
  readonly #mayMatch = new Uint8Array(COARSE_MASK + 1);

  constructor(namesEnd: number) {
    this.#isMatch = new Uint8Array(namesEnd);
  }

  add(number: number): void {
    this.#isMatch[number] = 1;
    this.#mayMatch[number & COARSE_MASK] = 1;
    this.count += 1;
  }

  /** Adds the places in a column of numbers where one of these stands, up to `limit` in all. */
  placesIn(names: Uint32Array, limit: number): number[] {
    const [mayMatch, isMatch] = [this.#mayMatch, this.#isMatch];
    const places: number[] = [];
    for (let i = 0; i < names.length; i += 1) {
      const name = names[i] ?? 0;
      if (mayMatch[name & COARSE_MASK] === 0 || isMatch[name] !== 1) continue;
      if (places.length === limit) break;
      places.push(i);
    }
    return places;
  }
}

/** Adds the matching names of one segment. */
type Finder = (segment: NameSegment, headerBytes: number, matches: Matches) => void;

function createFinder(wanted: string, sample: NameSegment | undefined): Finder {
  const needle = caselessBytes(wanted);
  if (needle === undefined) return findByText(wanted);
  if (needle.length < 2 || sample === undefined) return findByByte(needle[0]);
  return findByBytes(needle, rarestPair(needle, sample));
}

/**
 * The bytes to look for, when letters that are not ASCII have no case: then a byte in a name either
 * is the same or differs by the case of an ASCII letter. Undefined when names must be decoded.
 */
function caselessBytes(wanted: string): Buffer | undefined {
  for (const character of wanted) {
    if (character > "\x7f" && character.toUpperCase() !== character.toLowerCase()) return undefined;
  }
  const parts = wanted.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, i) =>
      i % 2 === 0 ? Buffer.from(part) : Buffer.from([part.charCodeAt(0) - 0xdc00]),
    ),
  );
}

/** Finds the names that have a byte; all of them where there is none to look for. */
function findByByte(wanted: number | undefined): Finder {
  return ({ buffer, used }, headerBytes, matches) => {
    const bytes = Buffer.from(buffer, 0, used);
    for (let record = 0; record < used;) {
      const end = record + headerBytes + lengthAt(bytes, record);
      let at = record + headerBytes;
      if (wanted !== undefined) while (at < end && fold(bytes[at] ?? 0) !== wanted) at += 1;
      if (at < end) matches.add(bytes.readUInt32LE(record));
      record = wholeWords(end);
    }
  };
}

/** Goes through the raw segment, headers and all: what stands in a header is no match. */
function findByBytes(needle: Buffer, at: number): Finder {
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
      zeroBytes(differ(word, word1, first, second)) |
      zeroBytes(differ(word1, word2, first, second)) |
      zeroBytes(differ(word2, word3, first, second)) |
      zeroBytes(differ(word3, word4, first, second));
    if (marks !== 0) return i;
    word = word4;
  }
  return end;
}

/** A byte of the result is 0 where the pair stands. */
function differ(word: number, next: number, first: number, second: number): number {
  const shifted = (word >>> 8) | (next << 24);
  return ((word | CASES) ^ first) | ((shifted | CASES) ^ second);
}

/** Not 0 where one of the four bytes is 0. */
function zeroBytes(word: number): number {
  return ((word - 0x01010101) | 0) & ~word & 0x80808080;
}

/** The records of a segment, one after the other. */
class Records {
  readonly #words: Int32Array;
  readonly #headerBytes: number;
  #at = 0;
  #end = 0;
  #next = 0;

  /** Where the record after this one begins. */
  get next(): number {
    return this.#next;
  }

  constructor(words: Int32Array, headerBytes: number) {
    this.#words = words;
    this.#headerBytes = headerBytes;
  }

  /** The number of the name in this record. */
  get name(): number {
    return (this.#words[this.#at >> 2] ?? 0) >>> 0;
  }

  /** Goes on to the record that a byte stands in. */
  moveTo(byte: number): void {
    const [words, headerBytes] = [this.#words, this.#headerBytes];
    let next = this.#next;
    if (next > byte) return;
    let at = next;
    let end = next;
    while (next <= byte) {
      at = next;
      end = at + headerBytes + ((words[(at >> 2) + 1] ?? 0) & LENGTH_MASK);
      next = (end + 3) & ~3;
    }
    this.#at = at;
    this.#end = end;
    this.#next = next;
  }

  /** True when so many bytes from `byte` on are all of the name. */
  holds(byte: number, count: number): boolean {
    return byte >= this.#at + this.#headerBytes && byte + count <= this.#end;
  }
}

function isAt(bytes: Buffer, at: number, needle: Buffer): boolean {
  if (at < 0 || at + needle.length > bytes.length) return false;
  for (let i = 0; i < needle.length; i += 1) {
    if (fold(bytes[at + i] ?? 0) !== needle[i]) return false;
  }
  return true;
}

function fold(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

function everyByte(byte: number): number {
  return Math.imul(byte | CASE, 0x01010101);
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

/** Decodes each name that is not ASCII; an ASCII name cannot contain what is wanted. */
function findByText(wanted: string): Finder {
  // An escaped byte is no text once it is decoded here: the longest part beside it must do.
  const parts = wanted.split(/[\udc80-\udcff]/u);
  const text = parts.reduce((longest, part) => (part.length > longest.length ? part : longest));
  return ({ buffer, used }, headerBytes, matches) => {
    const bytes = Buffer.from(buffer, 0, used);
    for (let at = 0; at < used;) {
      const start = at + headerBytes;
      const end = start + lengthAt(bytes, at);
      if ((bytes[at + 7] ?? 0) !== 0) {
        const name = bytes.toString("utf8", start, end).toLowerCase();
        if (name.includes(text)) matches.add(bytes.readUInt32LE(at));
      }
      at = wholeWords(end);
    }
  };
}

function lengthAt(bytes: Buffer, record: number): number {
  return ((bytes[record + 4] ?? 0) | ((bytes[record + 5] ?? 0) << 8)) & LENGTH_MASK;
}

function wholeWords(bytes: number): number {
  return (bytes + 3) & ~3;
}

/** Nodes of one sort. */
interface Sort {
  readonly chunks: readonly SharedArrayBuffer[];
  readonly end: number;
  readonly chunkNodes: number;
  /** What tells their ids from those of the other sort. */
  readonly tag: number;
}

/** Adds the ids of nodes whose name matches, up to `limit` in all. */
function collect(sort: Sort, matches: Matches, ids: number[], limit: number): void {
  const { chunks, end, chunkNodes, tag } = sort;
  for (const [c, buffer] of chunks.entries()) {
    const count = Math.max(0, Math.min(chunkNodes, end - c * chunkNodes));
    const names = new Uint32Array(buffer, 0, count);
    for (const place of matches.placesIn(names, limit - ids.length)) {
      ids.push((c * chunkNodes + place) * 2 + tag);
    }
  }
}
