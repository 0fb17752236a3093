/** What a page consists of, one piece after the other. */
export type PageMemory = readonly ArrayBufferView[];

/** A copy of a page. */
export interface Page {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads memory as it was at one moment, a page at a time, while the memory goes on changing: what
 * is about to be written is copied before, unless it has been read.
 */
export class PageCopy {
  /** How many pages there are. */
  readonly count: number;
  readonly #memoryOf: (page: number) => PageMemory;
  /** By page: 1 while it is still to be read. Pages that came later are not in it. */
  #isDue: Uint8Array;
  /** Pages that were copied because they were about to change. */
  readonly #kept: Page[] = [];
  #next = 0;

  /** `memoryOf` is asked at most once for each of the first `count` pages. */
  constructor(count: number, memoryOf: (page: number) => PageMemory) {
    this.count = count;
    this.#isDue = new Uint8Array(count).fill(1);
    this.#memoryOf = memoryOf;
  }

  /** To be called before a page is written. */
  keep(page: number): void {
    if (this.#isDue[page] === 1) this.#kept.push(this.#take(page));
  }

  /** Takes a page that was kept: the sooner these are gone, the less memory they hold. */
  takeKept(): Page | undefined {
    return this.#kept.pop();
  }

  /** Takes the next page; undefined when all were taken but those that were kept. */
  takeNext(): Page | undefined {
    while (this.#next < this.#isDue.length) {
      const page = this.#next;
      this.#next += 1;
      if (this.#isDue[page] === 1) return this.#take(page);
    }
    return undefined;
  }

  /** Nothing will be read any more. */
  close(): void {
    this.#isDue = new Uint8Array(0);
    this.#kept.length = 0;
  }

  #take(number: number): Page {
    this.#isDue[number] = 0;
    return { number, bytes: joinBytes(this.#memoryOf(number)) };
  }
}

/** Memory that can be copied page by page, and made again from the pages. */
export interface Paged<Head> {
  /** Begins a copy of what is there now. An earlier one must have been read or closed. */
  copyPages(): { readonly head: Head; readonly pages: PageCopy };
  /** Makes room, before the pages come. Only of memory that was never used. */
  restore(head: Head): void;
  /** Where the bytes of a page belong. Undefined when there can be none of this number. */
  memoryOf(page: number): PageMemory | undefined;
}

/** Copies memory into one piece. */
function joinBytes(parts: PageMemory): Uint8Array {
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  // Not cleared first: all of it is written, and a pool that others share would keep it alive.
  const joined = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    joined.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return joined;
}
