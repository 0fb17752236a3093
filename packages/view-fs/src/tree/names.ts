import { decodeName, Hasher } from "@fustor/schema-fs";
import { full } from "./faults.js";
import { HI, LO, NameIndex, PLACE, RECORD_WORDS, USES } from "./name-index.js";
import {
  HEADER_BYTES,
  isWide,
  NamePool,
  nameLength,
  offsetOf,
  type NameSegment,
  type PoolHead,
} from "./name-pool.js";
import { NamesAhead } from "./names-ahead.js";
import type { Paged } from "./page-copy.js";
import { SEGMENT_MASK, Words } from "./words.js";

const NUMBERS_MAX = 2 ** 31;

/** What the pages of the records and of the pool do not tell. */
export interface NamesHead {
  readonly length: number;
  readonly free: number;
  readonly count: number;
}

/**
 * Every name once, by number, however many nodes bear it; counted, and forgotten with its last use.
 * Number 0 is the empty name, which only the root bears.
 */
export class Names {
  readonly #records = new Words();
  readonly #pool: NamePool;
  readonly #index = new NameIndex();
  readonly #ahead = new NamesAhead(this.#index);
  readonly #ownHasher = new Hasher();
  #free = 0;
  #count = 0;
  /** What was looked for last, and the hasher that holds it: who looks for a name soon inserts it. */
  #hasher = this.#ownHasher;
  #lastName = "";
  #lastNumber = 0;

  constructor() {
    this.#records.extend(RECORD_WORDS);
    const records = this.#records;
    const isUsed = (name: number) => records.get(name * RECORD_WORDS + USES) > 0;
    this.#pool = new NamePool({
      placeOf: (name) => (isUsed(name) ? records.get(name * RECORD_WORDS + PLACE) : -1),
      setPlace: (name, place) => {
        records.set(name * RECORD_WORDS + PLACE, place);
      },
    });
  }

  /** How many different names there are. */
  get count(): number {
    return this.#count;
  }

  /** Numbers are below this. */
  get end(): number {
    return this.#records.length / RECORD_WORDS;
  }

  memory(): { readonly pool: number; readonly poolLive: number; readonly tables: number } {
    return { pool: this.#pool.bytes, poolLive: this.#pool.liveBytes, tables: this.#index.bytes };
  }

  get buffers(): {
    readonly records: readonly SharedArrayBuffer[];
    readonly pool: readonly SharedArrayBuffer[];
  } {
    return { records: this.#records.buffers, pool: this.#pool.buffers };
  }

  /** The records and the bytes of names, for checkpoints. */
  get paged(): { readonly records: Paged<NamesHead>; readonly pool: Paged<PoolHead> } {
    const records: Paged<NamesHead> = {
      copyPages: () => {
        const { head: length, pages } = this.#records.copyPages();
        return { head: { length, free: this.#free, count: this.#count }, pages };
      },
      restore: ({ length, free, count }) => {
        this.#records.restore(length);
        this.#free = free;
        this.#count = count;
      },
      memoryOf: (page) => this.#records.memoryOf(page),
    };
    return { records, pool: this.#pool };
  }

  /** After the last page: the tables are not in them. */
  index(): void {
    this.#index.rebuild(this.#records.segments);
  }

  segments(): NameSegment[] {
    return this.#pool.snapshot();
  }

  /** These will be looked for soon, in this order, which makes finding them faster. */
  expect(names: readonly string[]): void {
    this.#ahead.expect(names);
  }

  /** The number of a name that some node bears; 0 for any other. */
  find(name: string): number {
    if (name === this.#lastName) return this.#lastNumber;
    const expected = this.#ahead.take(name);
    if (expected === undefined) this.#ownHasher.name(name);
    this.#hasher = expected ?? this.#ownHasher;
    this.#lastName = name;
    this.#lastNumber = this.#search();
    return this.#lastNumber;
  }

  /** The number of a name, which is used once more from now on. */
  use(name: string): number {
    let number = this.find(name);
    if (number === 0) {
      number = this.#add();
      this.#lastNumber = number;
    } else {
      const uses = number * RECORD_WORDS + USES;
      this.#records.set(uses, this.#records.get(uses) + 1);
    }
    return number;
  }

  /** One use less. */
  release(number: number): void {
    if (number === 0) return;
    const record = number * RECORD_WORDS;
    const uses = this.#records.get(record + USES) - 1;
    this.#records.set(record + USES, uses);
    if (uses > 0) return;
    if (number === this.#lastNumber) this.#lastNumber = 0;
    const lo = this.#records.get(record + LO) | 0;
    this.#index.table(this.#records.get(record + HI)).remove(number, lo);
    this.#pool.drop(this.#records.get(record + PLACE));
    this.#records.set(record + PLACE, this.#free);
    this.#free = number;
    this.#count -= 1;
  }

  text(number: number): string {
    if (number === 0) return "";
    const place = this.#records.get(number * RECORD_WORDS + PLACE);
    const bytes = this.#pool.bytesOf(place);
    const at = offsetOf(place);
    const start = at + HEADER_BYTES;
    const end = start + nameLength(bytes, at);
    return isWide(bytes, at)
      ? decodeName(bytes.subarray(start, end))
      : bytes.toString("latin1", start, end);
  }

  /** The lanes of the name's hash. */
  hash(number: number): { readonly lo: number; readonly hi: number } {
    const record = number * RECORD_WORDS;
    return { lo: this.#records.get(record + LO) | 0, hi: this.#records.get(record + HI) | 0 };
  }

  /** Below 0 when the bytes of `a` come before those of `b`; a name comes after its own beginning. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const placeA = this.#records.get(a * RECORD_WORDS + PLACE);
    const placeB = this.#records.get(b * RECORD_WORDS + PLACE);
    const bytesA = this.#pool.bytesOf(placeA);
    const bytesB = this.#pool.bytesOf(placeB);
    const lengthA = nameLength(bytesA, offsetOf(placeA));
    const startA = offsetOf(placeA) + HEADER_BYTES;
    const lengthB = nameLength(bytesB, offsetOf(placeB));
    const startB = offsetOf(placeB) + HEADER_BYTES;
    const shorter = Math.min(lengthA, lengthB);
    for (let i = 0; i < shorter; i += 1) {
      const difference = (bytesA[startA + i] ?? 0) - (bytesB[startB + i] ?? 0);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  /** The same with a name that need not be here. */
  compareTo(a: number, name: Uint8Array): number {
    const place = this.#records.get(a * RECORD_WORDS + PLACE);
    const bytes = this.#pool.bytesOf(place);
    const length = nameLength(bytes, offsetOf(place));
    const start = offsetOf(place) + HEADER_BYTES;
    const shorter = Math.min(length, name.length);
    for (let i = 0; i < shorter; i += 1) {
      const difference = (bytes[start + i] ?? 0) - (name[i] ?? 0);
      if (difference !== 0) return difference;
    }
    return length - name.length;
  }

  /** Looks for the name that the hasher holds. */
  #search(): number {
    const { lo, hi, words, length } = this.#hasher;
    const table = this.#index.table(hi);
    let slot = table.first(lo);
    for (let number = table.at(slot); number !== 0; number = table.at(slot)) {
      if (table.hashAt(slot) === lo) {
        const records = this.#records.segment(number * RECORD_WORDS);
        const place = records[((number * RECORD_WORDS) & SEGMENT_MASK) + PLACE] ?? 0;
        if (this.#pool.is(place, words, length)) return number;
      }
      slot = table.next(slot);
    }
    return 0;
  }

  /** Adds the name that the hasher holds. */
  #add(): number {
    const { lo, hi, words, length } = this.#hasher;
    const number = this.#allocate();
    const records = this.#records.writable(number * RECORD_WORDS);
    const record = (number * RECORD_WORDS) & SEGMENT_MASK;
    records[record + PLACE] = this.#pool.append(number, words, length);
    records[record + LO] = lo;
    records[record + HI] = hi;
    records[record + USES] = 1;
    this.#index.table(hi).insert(number, lo);
    this.#count += 1;
    return number;
  }

  #allocate(): number {
    const number = this.#free;
    if (number !== 0) {
      this.#free = this.#records.get(number * RECORD_WORDS + PLACE);
      return number;
    }
    if (this.end >= NUMBERS_MAX) full("it has 2^31 different names");
    return this.#records.extend(RECORD_WORDS) / RECORD_WORDS;
  }
}
