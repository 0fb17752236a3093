import { corrupt } from "./faults.js";
import { PageCopy, type PageMemory, type Paged } from "./page-copy.js";

const CHUNK_BITS = 12;
const CHUNK_DIRECTORIES = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_DIRECTORIES - 1;

const ROW_WORDS = 22;
/** In doubles: */
export const LISTED_AT = 0;
export const NEWEST = 1; // seconds of the newest mtime below; -Infinity for none
export const HEARD_AT = 10;
/** In words: */
export const NEWEST_NSEC = 4;
export const FILES = 5;
export const DIRECTORIES = 6;
export const BYTES = 7; // low word, high word
export const BLOCKS = 9; // low word, high word
export const DIGEST = 11; // low lane, high lane
export const LIST = 13; // the address of the children's list
export const CAPACITY = 14; // of the list
export const USED = 15; // places of the list that were given out
export const CHILDREN = 16;
export const LISTED = 17; // stream, error << 16
export const MARKS = 18;
export const HEARD = 19; // stream

/** Of `MARKS`: */
export const LISTED_WHOLE = 1;
export const NEWEST_UNSURE = 2;

/** What only directories have, by the directory's number: 88 bytes each, in shared chunks. */
export class DirectorySpace implements Paged<number> {
  readonly #words: Uint32Array[] = [];
  readonly #doubles: Float64Array[] = [];
  #copy: PageCopy | undefined;

  get bytes(): number {
    return this.#words.length * CHUNK_DIRECTORIES * ROW_WORDS * 4;
  }

  get buffers(): readonly SharedArrayBuffer[] {
    return this.#words.map(({ buffer }) => buffer as SharedArrayBuffer);
  }

  /** Makes room for `number` and clears its row. */
  reset(number: number): void {
    while (number >>> CHUNK_BITS >= this.#words.length) this.#grow();
    const i = (number & CHUNK_MASK) * ROW_WORDS;
    this.writable(number).fill(0, i, i + ROW_WORDS);
    this.setDouble(number, LISTED_AT, -Infinity);
    this.setDouble(number, NEWEST, -Infinity);
    this.setDouble(number, HEARD_AT, -Infinity);
  }

  /** The words of the chunk that `number` is in; its row begins at `rowOf(number)`. */
  chunk(number: number): Uint32Array {
    return (
      this.#words[number >>> CHUNK_BITS] ?? corrupt(`directory ${String(number)} does not exist`)
    );
  }

  /** The same, to write the row of `number`. */
  writable(number: number): Uint32Array {
    this.#copy?.keep(number >>> CHUNK_BITS);
    return this.chunk(number);
  }

  get(number: number, field: number): number {
    const words = this.#words[number >>> CHUNK_BITS];
    if (words === undefined) return corrupt(`directory ${String(number)} does not exist`);
    return words[(number & CHUNK_MASK) * ROW_WORDS + field] ?? 0;
  }

  set(number: number, field: number, value: number): void {
    this.writable(number)[(number & CHUNK_MASK) * ROW_WORDS + field] = value;
  }

  /** Adds a whole number, given as its low and high word, to the 64 bits at `field`, mod 2^64. */
  add64(number: number, field: number, low: number, high: number): void {
    const sum = this.get(number, field) + (low >>> 0);
    this.set(number, field, sum >>> 0);
    this.set(number, field + 1, (this.get(number, field + 1) + high + (sum >= WORD ? 1 : 0)) | 0);
  }

  get64(number: number, field: number): number {
    return this.get(number, field + 1) * WORD + this.get(number, field);
  }

  double(number: number, field: number): number {
    const doubles = this.#doubles[number >>> CHUNK_BITS];
    if (doubles === undefined) return corrupt(`directory ${String(number)} does not exist`);
    return doubles[(number & CHUNK_MASK) * (ROW_WORDS / 2) + field] ?? 0;
  }

  setDouble(number: number, field: number, value: number): void {
    const doubles = this.#doubles[number >>> CHUNK_BITS];
    if (doubles === undefined) return corrupt(`directory ${String(number)} does not exist`);
    this.#copy?.keep(number >>> CHUNK_BITS);
    doubles[(number & CHUNK_MASK) * (ROW_WORDS / 2) + field] = value;
  }

  /** Sets or clears one of `MARKS`. */
  mark(number: number, mark: number, on: boolean): void {
    const marks = this.get(number, MARKS);
    this.set(number, MARKS, on ? marks | mark : marks & ~mark);
  }

  marked(number: number, mark: number): boolean {
    return (this.get(number, MARKS) & mark) !== 0;
  }

  /** The head is how many pages there are. */
  copyPages(): { readonly head: number; readonly pages: PageCopy } {
    const head = this.#words.length;
    const pages = new PageCopy(head, (page) => [this.chunk(page << CHUNK_BITS)]);
    this.#copy = pages;
    return { head, pages };
  }

  restore(pages: number): void {
    while (this.#words.length < pages) this.#grow();
  }

  memoryOf(page: number): PageMemory | undefined {
    const words = this.#words[page];
    return words && [words];
  }

  #grow(): void {
    const buffer = new SharedArrayBuffer(CHUNK_DIRECTORIES * ROW_WORDS * 4);
    this.#words.push(new Uint32Array(buffer));
    this.#doubles.push(new Float64Array(buffer));
  }
}

const WORD = 2 ** 32;

/** Where in its chunk the row of a directory begins. */
export function rowOf(number: number): number {
  return (number & CHUNK_MASK) * ROW_WORDS;
}
