/** Names are shorter than this; the bits above of the word that tells the length say other things. */
const LENGTH_MASK = 0x7fff;

/** The records of a segment of names, one after the other: number, length, bytes. */
export class Records {
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

/** The length of the name whose record begins at `record`. */
export function lengthAt(bytes: Buffer, record: number): number {
  return ((bytes[record + 4] ?? 0) | ((bytes[record + 5] ?? 0) << 8)) & LENGTH_MASK;
}

/** Where the record after one that ends at `end` begins. */
export function nextAfter(end: number): number {
  return (end + 3) & ~3;
}
