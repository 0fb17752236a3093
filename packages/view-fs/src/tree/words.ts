import { corrupt } from "./faults.js";
import { PageCopy, type PageMemory, type Paged } from "./page-copy.js";

const SEGMENT_BITS = 16;
const SEGMENT_WORDS = 1 << SEGMENT_BITS;
export const SEGMENT_MASK = SEGMENT_WORDS - 1;

/**
 * Words of 32 bits under flat addresses, in shared segments of 256 KiB: growing never copies, and
 * no buffer is large.
 */
export class Words implements Paged<number> {
  readonly #segments: Uint32Array[] = [];
  #copy: PageCopy | undefined;
  #length = 0;

  /** Addresses below this may be read and written. */
  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#segments.length * SEGMENT_WORDS * 4;
  }

  /** The memory behind the addresses, in their order. */
  get buffers(): readonly SharedArrayBuffer[] {
    return this.#segments.map(({ buffer }) => buffer as SharedArrayBuffer);
  }

  /** The same as words; what lies beyond the end is 0. */
  get segments(): readonly Uint32Array[] {
    return this.#segments;
  }

  get(address: number): number {
    const segment = this.#segments[address >>> SEGMENT_BITS];
    if (segment === undefined) return corrupt("a word beyond the end was read");
    return segment[address & SEGMENT_MASK] ?? 0;
  }

  set(address: number, value: number): void {
    const segment = this.#segments[address >>> SEGMENT_BITS];
    if (segment === undefined) return corrupt("a word beyond the end was written");
    this.#copy?.keep(address >>> SEGMENT_BITS);
    segment[address & SEGMENT_MASK] = value;
  }

  /** The segment that holds `address`, at `address & SEGMENT_MASK`: for records that lie in one. */
  segment(address: number): Uint32Array {
    return (
      this.#segments[address >>> SEGMENT_BITS] ?? corrupt("a word beyond the end was asked for")
    );
  }

  /** The same, to write the record at `address`. */
  writable(address: number): Uint32Array {
    this.#copy?.keep(address >>> SEGMENT_BITS);
    return this.segment(address);
  }

  /** Adds `count` words, all 0, and gives the address of the first. */
  extend(count: number): number {
    const first = this.#length;
    this.#length += count;
    this.#grow();
    return first;
  }

  clear(from: number, to: number): void {
    for (let page = from >>> SEGMENT_BITS; page * SEGMENT_WORDS < to; page += 1) {
      this.#copy?.keep(page);
    }
    this.#inSegments(from, to, (segment, start, end) => segment.fill(0, start, end));
  }

  /** Copies `count` words from one address to another; the two ranges may overlap only backwards. */
  copy(to: number, from: number, count: number): void {
    for (let i = 0; i < count; i += 1) this.set(to + i, this.get(from + i));
  }

  /** The words from `from` to before `to`, as they are now. */
  slice(from: number, to: number): Uint32Array {
    const copy = new Uint32Array(to - from);
    let filled = 0;
    this.#inSegments(from, to, (segment, start, end) => {
      copy.set(segment.subarray(start, end), filled);
      filled += end - start;
    });
    return copy;
  }

  /** The head is the length. */
  copyPages(): { readonly head: number; readonly pages: PageCopy } {
    const head = this.#length;
    const pages = new PageCopy(Math.ceil(head / SEGMENT_WORDS), (page) => [
      this.#pageOf(page, head),
    ]);
    this.#copy = pages;
    return { head, pages };
  }

  restore(length: number): void {
    this.#length = length;
    this.#grow();
  }

  memoryOf(page: number): PageMemory | undefined {
    return page * SEGMENT_WORDS < this.#length ? [this.#pageOf(page, this.#length)] : undefined;
  }

  /** The words of a page, as far as they lie below `end`. */
  #pageOf(page: number, end: number): Uint32Array {
    const first = page * SEGMENT_WORDS;
    return this.segment(first).subarray(0, Math.min(SEGMENT_WORDS, end - first));
  }

  #grow(): void {
    while (this.#segments.length * SEGMENT_WORDS < this.#length) {
      this.#segments.push(new Uint32Array(new SharedArrayBuffer(SEGMENT_WORDS * 4)));
    }
  }

  #inSegments(
    from: number,
    to: number,
    use: (segment: Uint32Array, start: number, end: number) => void,
  ): void {
    for (let at = from; at < to;) {
      const segment = this.#segments[at >>> SEGMENT_BITS];
      if (segment === undefined) return corrupt("words beyond the end were used");
      const start = at & SEGMENT_MASK;
      const end = Math.min(SEGMENT_WORDS, start + (to - at));
      use(segment, start, end);
      at += end - start;
    }
  }
}
