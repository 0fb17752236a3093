import type { FileType } from "@fustor/schema-fs";
import { full } from "./faults.js";
import { IdTable } from "./id-table.js";
import type { PageCopy, Paged, PageMemory } from "./page-copy.js";
import { SEGMENT_MASK, Words } from "./words.js";

/** What many nodes have in common. */
export interface Kind {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
}

const NUMBERS_MAX = 2 ** 31;
const WORD = 2 ** 32;

/** One kind's record, in words. */
const RECORD_WORDS = 8;
const LETTER = 0; // the type's ASCII code; of a free record 0
const MODE = 1;
const UID = 2;
const GID = 3;
const NLINK = 4; // low word, high word
const USES = 6;
const NEXT_FREE = 7;

const DIRECTORY = "d".charCodeAt(0);

/** What the pages of the records do not tell. */
export interface KindsHead {
  readonly length: number;
  readonly free: number;
}

/**
 * Every combination of type, mode, owner, group and link count once, by number: a tree of millions
 * has a few thousand. Counted like names. Number 0 stands for "nothing is known".
 */
export class Kinds implements Paged<KindsHead> {
  readonly #records = new Words();
  readonly #table = new IdTable();
  #free = 0;
  #last = 0;

  constructor() {
    this.#records.extend(RECORD_WORDS);
  }

  get bytes(): number {
    return this.#records.bytes + this.#table.bytes;
  }

  get buffers(): readonly SharedArrayBuffer[] {
    return this.#records.buffers;
  }

  /** The number of a kind, which is used once more from now on. */
  use(kind: Kind): number {
    let number = this.#is(this.#last, kind) ? this.#last : this.#search(kind);
    if (number === 0) number = this.#add(kind);
    this.#set(number, USES, this.#get(number, USES) + 1);
    this.#last = number;
    return number;
  }

  /** One use less. */
  release(number: number): void {
    if (number === 0) return;
    const uses = this.#get(number, USES) - 1;
    this.#set(number, USES, uses);
    if (uses > 0) return;
    this.#table.remove(number, this.#hashOf(number));
    this.#set(number, LETTER, 0);
    this.#set(number, NEXT_FREE, this.#free);
    this.#free = number;
  }

  /** The ASCII code of the type's letter; 0 when nothing is known. */
  letter(number: number): number {
    return this.#get(number, LETTER);
  }

  type(number: number): FileType {
    return String.fromCharCode(this.#get(number, LETTER)) as FileType;
  }

  mode(number: number): number {
    return this.#get(number, MODE);
  }

  uid(number: number): number {
    return this.#get(number, UID);
  }

  gid(number: number): number {
    return this.#get(number, GID);
  }

  nlink(number: number): number {
    return this.#get(number, NLINK + 1) * WORD + this.#get(number, NLINK);
  }

  copyPages(): { readonly head: KindsHead; readonly pages: PageCopy } {
    const { head: length, pages } = this.#records.copyPages();
    return { head: { length, free: this.#free }, pages };
  }

  restore({ length, free }: KindsHead): void {
    this.#records.restore(length);
    this.#free = free;
  }

  memoryOf(page: number): PageMemory | undefined {
    return this.#records.memoryOf(page);
  }

  /** After the last page: the table is not in them. */
  index(): void {
    const end = this.#records.length / RECORD_WORDS;
    for (let number = 1; number < end; number += 1) {
      if (this.letter(number) !== 0) this.#table.insert(number, this.#hashOf(number));
    }
  }

  /** True when some file has more than one name. Looks through all kinds there are. */
  get hasLinks(): boolean {
    const end = this.#records.length / RECORD_WORDS;
    for (let number = 1; number < end; number += 1) {
      const letter = this.letter(number);
      if (letter !== 0 && letter !== DIRECTORY && this.nlink(number) > 1) return true;
    }
    return false;
  }

  /** True when `number` stands for `kind`. */
  #is(number: number, kind: Kind): boolean {
    const words = this.#records.segment(number * RECORD_WORDS);
    const record = (number * RECORD_WORDS) & SEGMENT_MASK;
    return (
      words[record + MODE] === kind.mode &&
      words[record + UID] === kind.uid &&
      words[record + GID] === kind.gid &&
      words[record + LETTER] === kind.type.charCodeAt(0) &&
      (words[record + NLINK + 1] ?? 0) * WORD + (words[record + NLINK] ?? 0) === kind.nlink
    );
  }

  #search(kind: Kind): number {
    const table = this.#table;
    const hash = hashKind(kind.type.charCodeAt(0), kind.mode, kind.uid, kind.gid, kind.nlink);
    let slot = table.first(hash);
    for (let number = table.at(slot); number !== 0; number = table.at(slot)) {
      if (table.hashAt(slot) === hash && this.#is(number, kind)) return number;
      slot = table.next(slot);
    }
    return 0;
  }

  #add(kind: Kind): number {
    const number = this.#allocate();
    this.#set(number, LETTER, kind.type.charCodeAt(0));
    this.#set(number, MODE, kind.mode);
    this.#set(number, UID, kind.uid);
    this.#set(number, GID, kind.gid);
    this.#set(number, NLINK, kind.nlink >>> 0);
    this.#set(number, NLINK + 1, Math.floor(kind.nlink / WORD));
    this.#set(number, USES, 0);
    this.#table.insert(number, this.#hashOf(number));
    return number;
  }

  #allocate(): number {
    const number = this.#free;
    if (number !== 0) {
      this.#free = this.#get(number, NEXT_FREE);
      return number;
    }
    if (this.#records.length / RECORD_WORDS >= NUMBERS_MAX) full("it has 2^31 kinds of node");
    return this.#records.extend(RECORD_WORDS) / RECORD_WORDS;
  }

  #hashOf(number: number): number {
    return hashKind(
      this.#get(number, LETTER),
      this.#get(number, MODE),
      this.#get(number, UID),
      this.#get(number, GID),
      this.nlink(number),
    );
  }

  #get(number: number, field: number): number {
    return this.#records.get(number * RECORD_WORDS + field);
  }

  #set(number: number, field: number, value: number): void {
    this.#records.set(number * RECORD_WORDS + field, value);
  }
}

function hashKind(letter: number, mode: number, uid: number, gid: number, nlink: number): number {
  const hash = Math.imul(stir(stir(stir(stir(letter, mode), uid), gid), nlink), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function stir(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
