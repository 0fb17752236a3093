import { corrupt, full } from "./faults.js";
import { PageCopy, type PageMemory, type Paged } from "./page-copy.js";

/** Nodes in one chunk. */
export const CHUNK_BITS = 16;
export const CHUNK_NODES = 1 << CHUNK_BITS;
export const CHUNK_MASK = CHUNK_NODES - 1;
/** So that a number and the bit that tells directories from files stay a small integer. */
const NUMBERS_MAX = 2 ** 30;
/**
 * The system gives memory when it is first touched, a page at a time. Row by row that takes longer
 * than for so many nodes at once.
 */
const FRESH_NODES = 512;
/** Nodes in one page of a checkpoint: 256 KiB. */
const PAGE_BITS = 12;
const PAGE_NODES = 1 << PAGE_BITS;

/**
 * A node's row: 14 words in one piece, because whoever looks at one attribute or at the evidence
 * soon looks at all of it, and a row in pieces would cost a cache miss for each.
 */
export const ROW_WORDS = 14;
const ROW_BYTES = ROW_WORDS * 4;
/** In doubles: */
export const SIZE = 0;
export const SEEN_AT = 1;
/** In words: */
export const MTIME = 4; // two words, see `packed-time.ts`
export const CTIME = 6; // the same
export const INO = 8; // low word, high word
export const BLOCKS = 10;
export const KIND = 11;
export const SEEN = 12; // stream, error << 16
const MARKS = 13; // flags of the tree's users, LIVE, generation << 16
const FLAGS = 0x7fff;
const LIVE = 0x8000;

/** The memory of 65,536 nodes. What readers scan, names and parents, stands in columns. */
export class NodeChunk {
  static readonly BYTES = CHUNK_NODES * (8 + ROW_BYTES);

  readonly buffer: SharedArrayBuffer;
  /** The name's number; 0 for a free node. */
  readonly name: Uint32Array;
  /** The number of the directory that the node stands in; of a free node, the next free one. */
  readonly parent: Uint32Array;
  readonly words: Uint32Array;
  /** The same rows as `words`, 7 doubles each. */
  readonly doubles: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.name = new Uint32Array(buffer, 0, CHUNK_NODES);
    this.parent = new Uint32Array(buffer, CHUNK_NODES * 4, CHUNK_NODES);
    this.words = new Uint32Array(buffer, CHUNK_NODES * 8, CHUNK_NODES * ROW_WORDS);
    this.doubles = new Float64Array(buffer, CHUNK_NODES * 8, (CHUNK_NODES * ROW_WORDS) / 2);
  }
}

/** What the pages of a space do not tell. */
export interface SpaceHead {
  readonly free: number;
  readonly next: number;
  readonly live: number;
}

/** Nodes of one sort, files or directories, by number. Freed numbers are used again. */
export class NodeSpace implements Paged<SpaceHead> {
  readonly chunks: NodeChunk[] = [];
  #copy: PageCopy | undefined;
  #free = 0;
  #next: number;
  #live = 0;

  /** Numbers begin at `first`; the ones below are never given out. */
  constructor(first: number) {
    this.#next = first;
    this.#grow();
  }

  get live(): number {
    return this.#live;
  }

  /** Numbers from here on were never given out. */
  get end(): number {
    return this.#next;
  }

  chunk(number: number): NodeChunk {
    const chunk = this.chunks[number >>> CHUNK_BITS];
    if (chunk === undefined) return corrupt(`node ${String(number)} does not exist`);
    return chunk;
  }

  /** The same, to write the row of `number`. */
  writable(number: number): NodeChunk {
    this.#copy?.keep(number >>> PAGE_BITS);
    return this.chunk(number);
  }

  /** A number for a new node in this place: nothing is known of it, and nothing was seen. */
  allocate(parent: number, name: number): number {
    let number = this.#free;
    if (number === 0) {
      number = this.#next;
      if (number >= NUMBERS_MAX) full("it has 2^30 nodes of one sort");
      if (number >>> CHUNK_BITS >= this.chunks.length) this.#grow();
      this.#next += 1;
      if (number % FRESH_NODES === 0) this.#touch(number);
    } else {
      this.#free = this.chunk(number).parent[number & CHUNK_MASK] ?? 0;
    }
    const chunk = this.writable(number);
    const i = number & CHUNK_MASK;
    const row = i * ROW_WORDS;
    const before = chunk.words[row + MARKS] ?? 0;
    if ((before & LIVE) !== 0) return corrupt(`node ${String(number)} is free and in use`);
    chunk.words[row + MARKS] = (before & 0xffff0000) | LIVE;
    chunk.doubles[row / 2 + SEEN_AT] = -Infinity;
    chunk.name[i] = name;
    chunk.parent[i] = parent;
    this.#live += 1;
    return number;
  }

  release(number: number): void {
    const chunk = this.writable(number);
    const i = number & CHUNK_MASK;
    const marks = i * ROW_WORDS + MARKS;
    const before = chunk.words[marks] ?? 0;
    if ((before & LIVE) === 0) return corrupt(`node ${String(number)} was freed twice`);
    chunk.words.fill(0, i * ROW_WORDS, marks);
    chunk.words[marks] = (before & 0xffff0000) + 0x10000;
    chunk.name[i] = 0;
    chunk.parent[i] = this.#free;
    this.#free = number;
    this.#live -= 1;
  }

  isLive(number: number): boolean {
    const chunk = this.chunks[number >>> CHUNK_BITS];
    if (chunk === undefined) return false;
    return ((chunk.words[(number & CHUNK_MASK) * ROW_WORDS + MARKS] ?? 0) & LIVE) !== 0;
  }

  generation(number: number): number {
    return (this.chunk(number).words[(number & CHUNK_MASK) * ROW_WORDS + MARKS] ?? 0) >>> 16;
  }

  flags(number: number): number {
    return (this.chunk(number).words[(number & CHUNK_MASK) * ROW_WORDS + MARKS] ?? 0) & FLAGS;
  }

  setFlags(number: number, flags: number): void {
    const { words } = this.writable(number);
    const marks = (number & CHUNK_MASK) * ROW_WORDS + MARKS;
    words[marks] = ((words[marks] ?? 0) & ~FLAGS) | (flags & FLAGS);
  }

  name(number: number): number {
    return this.chunk(number).name[number & CHUNK_MASK] ?? 0;
  }

  parent(number: number): number {
    return this.chunk(number).parent[number & CHUNK_MASK] ?? 0;
  }

  place(number: number, parent: number, name: number): void {
    const chunk = this.writable(number);
    chunk.name[number & CHUNK_MASK] = name;
    chunk.parent[number & CHUNK_MASK] = parent;
  }

  copyPages(): { readonly head: SpaceHead; readonly pages: PageCopy } {
    const head = { free: this.#free, next: this.#next, live: this.#live };
    const pages = new PageCopy(Math.ceil(head.next / PAGE_NODES), (page) =>
      this.#partsOf(page, head.next),
    );
    this.#copy = pages;
    return { head, pages };
  }

  restore({ free, next, live }: SpaceHead): void {
    this.#free = free;
    this.#next = next;
    this.#live = live;
    while (this.chunks.length * CHUNK_NODES < next) this.#grow();
  }

  memoryOf(page: number): PageMemory | undefined {
    return page * PAGE_NODES < this.#next ? this.#partsOf(page, this.#next) : undefined;
  }

  /** The memory of a page, as far as there are numbers below `end`. */
  #partsOf(page: number, end: number): PageMemory {
    const first = page * PAGE_NODES;
    const { name, parent, words } = this.chunk(first);
    const from = first & CHUNK_MASK;
    const to = from + Math.min(PAGE_NODES, end - first);
    return [
      name.subarray(from, to),
      parent.subarray(from, to),
      words.subarray(from * ROW_WORDS, to * ROW_WORDS),
    ];
  }

  /** Clears the rows from a number on that were never given out: they are clear, but not there yet. */
  #touch(number: number): void {
    const { name, parent, words } = this.chunk(number);
    const from = number & CHUNK_MASK;
    const to = from + FRESH_NODES;
    name.fill(0, from, to);
    parent.fill(0, from, to);
    words.fill(0, from * ROW_WORDS, to * ROW_WORDS);
  }

  #grow(): void {
    this.chunks.push(new NodeChunk(new SharedArrayBuffer(NodeChunk.BYTES)));
  }
}
