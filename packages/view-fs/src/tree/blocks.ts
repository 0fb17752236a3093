import { corrupt, full } from "./faults.js";
import type { PageCopy, Paged, PageMemory } from "./page-copy.js";
import { Words } from "./words.js";

const WORDS_MAX = 2 ** 31;

/** What the pages of the words do not tell. */
export interface BlocksHead {
  readonly length: number;
  readonly free: readonly (readonly [size: number, address: number])[];
  readonly freeWords: number;
}

/**
 * Pieces of memory in a few sizes. A freed piece is used again for the next of its size, so that
 * the heap is never larger than the sum, over the sizes, of the most that was in use at once.
 */
export class Blocks implements Paged<BlocksHead> {
  readonly words = new Words();
  /** By size, the first of a chain of free pieces; 0 for none. */
  readonly #free = new Map<number, number>();
  #freeWords = 0;

  constructor() {
    this.words.extend(1); // so that no piece has the address 0
  }

  get bytes(): number {
    return this.words.bytes;
  }

  get freeBytes(): number {
    return this.#freeWords * 4;
  }

  /** The address of a piece of `size` words (at least 1), what is in it undefined. */
  allocate(size: number): number {
    const address = this.#free.get(size) ?? 0;
    if (address === 0) {
      if (this.words.length + size > WORDS_MAX) full("its directories take 8 GiB");
      return this.words.extend(size);
    }
    if (address >= this.words.length) return corrupt("a free piece lies beyond the end");
    this.#free.set(size, this.words.get(address));
    this.#freeWords -= size;
    return address;
  }

  release(address: number, size: number): void {
    this.words.set(address, this.#free.get(size) ?? 0);
    this.#free.set(size, address);
    this.#freeWords += size;
  }

  copyPages(): { readonly head: BlocksHead; readonly pages: PageCopy } {
    const { head: length, pages } = this.words.copyPages();
    return { head: { length, free: [...this.#free], freeWords: this.#freeWords }, pages };
  }

  restore({ length, free, freeWords }: BlocksHead): void {
    this.words.restore(length);
    for (const [size, address] of free) this.#free.set(size, address);
    this.#freeWords = freeWords;
  }

  memoryOf(page: number): PageMemory | undefined {
    return this.words.memoryOf(page);
  }
}
