import { corrupt, full } from "./faults.js";
import { PageCopy, type PageMemory, type Paged } from "./page-copy.js";

const SEGMENT_BITS = 20;
const SEGMENT_BYTES = 1 << SEGMENT_BITS;
const SEGMENT_MASK = SEGMENT_BYTES - 1;
/** Places are numbers of 32 bits. */
const SEGMENTS_MAX = 2 ** (32 - SEGMENT_BITS);
/** A segment is written to a checkpoint in so many pages. */
const PAGES = 4;
const PAGE_BYTES = SEGMENT_BYTES / PAGES;
/** Emptied segments that are kept for the next names; the rest goes back to the system. */
const SPARE_MAX = 8;

/**
 * Before a name's bytes stand its number and its length, a word each; after them zeros up to the
 * next whole word, so that names are copied and compared by words.
 */
export const HEADER_BYTES = 8;
const HEADER_WORDS = HEADER_BYTES / 4;
/** The bit of the length that is set when a byte of the name is not ASCII. */
const WIDE = 0x80000000;
const NAME_BYTES_MAX = 0x7fff;
const HIGH_BITS = 0x80808080;

/** A segment of the pool, for a reader in any thread. */
export interface NameSegment {
  readonly buffer: SharedArrayBuffer;
  /** So many bytes were filled. They never change until the segment begins another life. */
  readonly used: number;
  /** The life it was in. Where it stands now: the `Int32` in the last 4 bytes of `buffer`. */
  readonly life: number;
}

/** What the pages of the pool do not tell: of each segment its number and what is in it. */
export interface PoolHead {
  readonly segments: readonly (readonly [number: number, used: number, live: number])[];
  readonly current: number;
}

/** Who knows where each name stands. */
export interface NamePlaces {
  /** Negative for a name that is no longer needed. */
  placeOf(name: number): number;
  setPlace(name: number, place: number): void;
}

/**
 * The bytes of names, in shared segments that are only ever appended to. When more than half of a
 * full segment is garbage, what lives in it is copied to the end of the pool, and the segment waits
 * for another life. So the pool is never larger than twice what lives, `SPARE_MAX` segments and two.
 * Readers of an old life find what was there; before a segment is filled again its life rises.
 */
export class NamePool implements Paged<PoolHead> {
  readonly #places: NamePlaces;
  /** Undefined where memory was given back. */
  readonly #segments: (Segment | undefined)[] = [];
  /** Emptied segments, the one that waits longest first. */
  readonly #spare: Segment[] = [];
  readonly #vacant: number[] = [];
  #current: Segment;
  #liveBytes = 0;
  #copy: PageCopy | undefined;

  constructor(places: NamePlaces) {
    this.#places = places;
    this.#current = this.#open();
  }

  get bytes(): number {
    return this.buffers.length * SEGMENT_BYTES;
  }

  /** What living names take, headers included. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  get buffers(): readonly SharedArrayBuffer[] {
    return this.#segments.flatMap((segment) => (segment === undefined ? [] : [segment.buffer]));
  }

  /** The segments that hold names, as they are now. */
  snapshot(): NameSegment[] {
    return this.#segments.flatMap((segment) =>
      segment === undefined || segment.used === 0
        ? []
        : [{ buffer: segment.buffer, used: segment.used, life: Atomics.load(segment.life, 0) }],
    );
  }

  /** Adds the name `number`, whose `length` bytes stand in `name`, and gives its place. */
  append(number: number, name: Int32Array, length: number): number {
    if (length > NAME_BYTES_MAX) full(`a name has ${String(length)} bytes, more than 32767`);
    const count = (length + 3) >>> 2;
    const size = HEADER_BYTES + count * 4;
    this.#makeRoom(size);
    const segment = this.#current;
    const { words } = segment;
    const at = segment.used >>> 2;
    let seen = 0;
    for (let i = 0; i < count; i += 1) {
      const word = name[i] ?? 0;
      seen |= word;
      words[at + HEADER_WORDS + i] = word;
    }
    words[at] = number;
    words[at + 1] = (seen & HIGH_BITS) === 0 ? length : length | WIDE;
    segment.used += size;
    segment.live += size;
    this.#liveBytes += size;
    return segment.base + at * 4;
  }

  /** True when the name at `place` has these `length` bytes. */
  is(place: number, name: Int32Array, length: number): boolean {
    const { words } = this.#segmentOf(place);
    const at = (place & SEGMENT_MASK) >>> 2;
    if (((words[at + 1] ?? 0) & NAME_BYTES_MAX) !== length) return false;
    const count = (length + 3) >>> 2;
    for (let i = 0; i < count; i += 1) {
      if (words[at + HEADER_WORDS + i] !== name[i]) return false;
    }
    return true;
  }

  /** The name at `place` is no longer needed: `places` knows it already. */
  drop(place: number): void {
    const segment = this.#segmentOf(place);
    const size = sizeAt(segment.words, place & SEGMENT_MASK);
    segment.live -= size;
    this.#liveBytes -= size;
    if (segment !== this.#current) this.#evacuateIfSparse(segment);
  }

  /** The bytes of the segment in which `place` lies, at `offsetOf(place)`. */
  bytesOf(place: number): Buffer {
    return this.#segmentOf(place).bytes;
  }

  copyPages(): { readonly head: PoolHead; readonly pages: PageCopy } {
    // As they are now: a segment that empties gets another life, or goes, and is filled no more.
    const all = this.#segments.map((segment) => segment && { ...segment });
    const pages = new PageCopy(all.length * PAGES, (page) => {
      const segment = all[Math.floor(page / PAGES)];
      return segment === undefined ? [] : [pageOf(segment, page)];
    });
    this.#copy = pages;
    const segments = all.flatMap((segment, number) =>
      segment === undefined || segment.used === 0
        ? []
        : [[number, segment.used, segment.live] as const],
    );
    return { head: { segments, current: this.#current.base / SEGMENT_BYTES }, pages };
  }

  restore({ segments, current }: PoolHead): void {
    this.#segments.length = 0;
    for (const [number, used, live] of segments) {
      this.#segments[number] = Object.assign(createSegment(number), { used, live });
      this.#liveBytes += live;
    }
    this.#current = this.#segments[current] ??= createSegment(current);
    for (let number = this.#segments.length - 1; number >= 0; number -= 1) {
      if (this.#segments[number] === undefined) this.#vacant.push(number);
    }
  }

  memoryOf(page: number): PageMemory {
    const segment = this.#segments[Math.floor(page / PAGES)];
    return segment === undefined ? [] : [pageOf(segment, page)];
  }

  /** What stands in the segment is about to be written over. */
  #keep({ base }: Segment): void {
    const first = (base / SEGMENT_BYTES) * PAGES;
    for (let page = first; page < first + PAGES; page += 1) this.#copy?.keep(page);
  }

  #segmentOf(place: number): Segment {
    return this.#segments[place >>> SEGMENT_BITS] ?? corrupt("a name is in no segment");
  }

  #makeRoom(size: number): void {
    const before = this.#current;
    if (before.used + size <= SEGMENT_BYTES) return;
    this.#current = this.#open();
    this.#evacuateIfSparse(before);
  }

  #open(): Segment {
    const again = this.#spare.shift();
    if (again !== undefined) {
      this.#keep(again);
      Atomics.add(again.life, 0, 1);
      return again;
    }
    const number = this.#vacant.pop() ?? this.#segments.length;
    if (number >= SEGMENTS_MAX) full("its different names take 4 GiB");
    const segment = createSegment(number);
    this.#segments[number] = segment;
    return segment;
  }

  #evacuateIfSparse(segment: Segment): void {
    if (segment.live * 2 >= segment.used) return;
    for (let at = 0; at < segment.used && segment.live > 0;) {
      const size = sizeAt(segment.words, at);
      const name = (segment.words[at >>> 2] ?? 0) >>> 0;
      if (this.#places.placeOf(name) === segment.base + at) {
        this.#makeRoom(size);
        const to = this.#current;
        to.words.set(segment.words.subarray(at >>> 2, (at + size) >>> 2), to.used >>> 2);
        this.#places.setPlace(name, to.base + to.used);
        to.used += size;
        to.live += size;
        segment.live -= size;
      }
      at += size;
    }
    segment.used = 0;
    if (this.#spare.length < SPARE_MAX) {
      this.#spare.push(segment);
    } else {
      const number = segment.base / SEGMENT_BYTES;
      this.#segments[number] = undefined;
      this.#vacant.push(number);
    }
  }
}

/** Where in its segment a place is. */
export function offsetOf(place: number): number {
  return place & SEGMENT_MASK;
}

/** The length of the name whose header is at `at`. */
export function nameLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 4] ?? 0) | ((bytes[at + 5] ?? 0) << 8)) & NAME_BYTES_MAX;
}

export function isWide(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 7] ?? 0) !== 0;
}

interface Segment {
  /** The place of its first byte. */
  readonly base: number;
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Buffer;
  /** The same as `bytes`. */
  readonly words: Int32Array;
  readonly life: Int32Array;
  used: number;
  /** Of `used`, what living names take. */
  live: number;
}

function createSegment(number: number): Segment {
  const buffer = new SharedArrayBuffer(SEGMENT_BYTES + 4);
  return {
    base: number * SEGMENT_BYTES,
    buffer,
    bytes: Buffer.from(buffer, 0, SEGMENT_BYTES),
    words: new Int32Array(buffer, 0, SEGMENT_BYTES / 4),
    life: new Int32Array(buffer, SEGMENT_BYTES, 1),
    used: 0,
    live: 0,
  };
}

/** What is in a page of a segment. */
function pageOf({ bytes, used }: Segment, page: number): Uint8Array {
  const from = (page % PAGES) * PAGE_BYTES;
  return bytes.subarray(Math.min(from, used), Math.min(from + PAGE_BYTES, used));
}

/** What the name at `at` takes with its header. */
function sizeAt(words: Int32Array, at: number): number {
  return HEADER_BYTES + ((((words[(at >>> 2) + 1] ?? 0) & NAME_BYTES_MAX) + 3) & ~3);
}
