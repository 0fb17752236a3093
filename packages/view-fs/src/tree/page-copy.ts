/**
 * Reads memory as it was at one moment, a page at a time, while the memory goes on changing: what
 * is about to be written is copied before, unless it has been read.
 */
export class PageCopy {
  /** How many pages there are. */
  readonly count: number;
  readonly #read: (page: number) => Uint8Array;
  /** By page: 1 while it is still to be read. Pages that came later are not in it. */
  #isDue: Uint8Array;
  /** Pages that were copied because they were about to change. */
  readonly #kept: Uint8Array[] = [];
  #next = 0;

  /** `read` copies a page by `joinBytes`; it is asked at most once for each of the first `count`. */
  constructor(count: number, read: (page: number) => Uint8Array) {
    this.count = count;
    this.#isDue = new Uint8Array(count).fill(1);
    this.#read = read;
  }

  /** To be called before a page is written. */
  keep(page: number): void {
    if (this.#isDue[page] === 1) this.#kept.push(this.#take(page));
  }

  /** Takes a page that was kept: the sooner these are gone, the less memory they hold. */
  takeKept(): Uint8Array | undefined {
    return this.#kept.pop();
  }

  /** Takes the next page; undefined when all were taken but those that were kept. */
  takeNext(): Uint8Array | undefined {
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

  #take(page: number): Uint8Array {
    this.#isDue[page] = 0;
    return this.#read(page);
  }
}

/** Memory that can be copied page by page, and made again from the pages. */
export interface Paged<Head> {
  /** Begins a copy of what is there now. An earlier one must have been read or closed. */
  copyPages(): { readonly head: Head; readonly pages: PageCopy };
  /** Makes room, before the pages come. Only of memory that was never used. */
  restore(head: Head): void;
  /** Sets a page, as `joinBytes` made it. False when there can be none like it. */
  setPage(page: number, bytes: Uint8Array): boolean;
}

const NUMBER_BYTES = 4;

/** Copies a page's number and its memory into one piece. */
export function joinBytes(page: number, parts: readonly ArrayBufferView[]): Uint8Array {
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, NUMBER_BYTES);
  // Not cleared first: all of it is written, and a pool that others share would keep it alive.
  const joined = Buffer.allocUnsafeSlow(length);
  joined.writeUInt32LE(page);
  let at = NUMBER_BYTES;
  for (const part of parts) {
    joined.set(bytesOf(part), at);
    at += part.byteLength;
  }
  return joined;
}

/** The number of a page that `joinBytes` made; undefined for what is none. */
export function pageNumber(joined: Uint8Array): number | undefined {
  if (joined.length < NUMBER_BYTES) return undefined;
  return new DataView(joined.buffer, joined.byteOffset).getUint32(0, true);
}

/** Copies a page back into its memory. False when that has another size. */
export function spreadBytes(joined: Uint8Array, parts: readonly ArrayBufferView[]): boolean {
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, NUMBER_BYTES);
  if (length !== joined.length) return false;
  let at = NUMBER_BYTES;
  for (const part of parts) {
    bytesOf(part).set(joined.subarray(at, at + part.byteLength));
    at += part.byteLength;
  }
  return true;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
