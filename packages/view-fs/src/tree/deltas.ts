import { highWord } from "@fustor/schema-fs";

/** Sums, as they stand side by side in the row of a directory and in a delta. In words: */
export const SUM_FILES = 0;
export const SUM_DIRECTORIES = 1;
export const SUM_BYTES = 2; // low word, high word
export const SUM_BLOCKS = 4; // low word, high word

const WORD = 2 ** 32;

/** One delta, in words, after its sums. */
const CAME_NSEC = 6;
const WENT_NSEC = 7;
const HAS_GONE = 8;
const ABOVE = 9;
const WAITS = 10;
const DELTA_WORDS = 11;
/** In doubles: */
const CAME = 0;
const WENT = 1;
const DELTA_DOUBLES = 2;

export const NOBODY = -1;

/** Room for so many is kept; beyond it is made when it is needed, and given back. */
const KEPT_SLOTS = 2_048;

/** What came to and went from below directories and is not yet in their rows, by slot. */
export class Deltas {
  /** By directory, its slot plus 1; 0 for none. */
  #slots = new Uint32Array(KEPT_SLOTS);
  #directories: number[] = [];
  #words = new Uint32Array(KEPT_SLOTS * DELTA_WORDS);
  #doubles = new Float64Array(KEPT_SLOTS * DELTA_DOUBLES);

  get count(): number {
    return this.#directories.length;
  }

  /** Whose slot it is; `NOBODY` after it was dropped. */
  directory(slot: number): number {
    return this.#directories[slot] ?? NOBODY;
  }

  find(directory: number): number | undefined {
    const slot = this.#slots[directory] ?? 0;
    return slot === 0 ? undefined : slot - 1;
  }

  /** The slot of a directory, a new one where it has none. */
  slotOf(directory: number): number {
    const known = this.#slots[directory] ?? 0;
    if (known !== 0) return known - 1;
    const slot = this.#directories.push(directory) - 1;
    if (directory >= this.#slots.length) this.#reach(directory);
    this.#slots[directory] = slot + 1;
    if ((slot + 1) * DELTA_WORDS > this.#words.length) this.#grow();
    this.#words.fill(0, slot * DELTA_WORDS, (slot + 1) * DELTA_WORDS);
    this.#doubles.fill(-Infinity, slot * DELTA_DOUBLES, (slot + 1) * DELTA_DOUBLES);
    return slot;
  }

  /** Forgets what is noted in a slot; nobody's from then on. */
  drop(slot: number): void {
    this.#slots[this.directory(slot)] = 0;
    this.#directories[slot] = NOBODY;
  }

  reset(): void {
    for (const directory of this.#directories) {
      if (directory !== NOBODY) this.#slots[directory] = 0;
    }
    this.#directories = [];
    if (this.#words.length === KEPT_SLOTS * DELTA_WORDS) return;
    this.#words = new Uint32Array(KEPT_SLOTS * DELTA_WORDS);
    this.#doubles = new Float64Array(KEPT_SLOTS * DELTA_DOUBLES);
  }

  add(slot: number, files: number, directories: number, bytes: number, blocks: number): void {
    const words = this.#words;
    const at = slot * DELTA_WORDS;
    words[at + SUM_FILES] = (words[at + SUM_FILES] ?? 0) + files;
    words[at + SUM_DIRECTORIES] = (words[at + SUM_DIRECTORIES] ?? 0) + directories;
    if (bytes !== 0) add64(words, at + SUM_BYTES, bytes >>> 0, highWord(bytes));
    if (blocks !== 0) add64(words, at + SUM_BLOCKS, blocks >>> 0, highWord(blocks));
  }

  /** Adds the sums at `from` of a row, or takes them away. */
  addSums(slot: number, row: Uint32Array, from: number, sign: 1 | -1): void {
    addSums(this.#words, slot * DELTA_WORDS, row, from, sign);
  }

  /** Adds the delta's sums to those at `to` of a row. */
  applySums(slot: number, row: Uint32Array, to: number): void {
    addSums(row, to, this.#words, slot * DELTA_WORDS, 1);
  }

  /** A time came to stand below the directory. */
  came(slot: number, seconds: number, nsec: number): void {
    const came = this.cameAt(slot);
    if (isNewer(came, this.cameNsec(slot), seconds, nsec)) return;
    this.#doubles[slot * DELTA_DOUBLES + CAME] = seconds;
    this.#words[slot * DELTA_WORDS + CAME_NSEC] = nsec;
    this.#words[slot * DELTA_WORDS + HAS_GONE] = 0;
  }

  /** A time stands below the directory no longer. */
  went(slot: number, seconds: number, nsec: number): void {
    if (seconds === this.cameAt(slot) && nsec === this.cameNsec(slot)) {
      this.#words[slot * DELTA_WORDS + HAS_GONE] = 1;
    }
    if (!isNewer(seconds, nsec, this.wentAt(slot), this.wentNsec(slot))) return;
    this.#doubles[slot * DELTA_DOUBLES + WENT] = seconds;
    this.#words[slot * DELTA_WORDS + WENT_NSEC] = nsec;
  }

  /** The newest time that came; -Infinity for none. */
  cameAt(slot: number): number {
    return this.#doubles[slot * DELTA_DOUBLES + CAME] ?? 0;
  }

  cameNsec(slot: number): number {
    return this.#words[slot * DELTA_WORDS + CAME_NSEC] ?? 0;
  }

  /** True when something of the newest time that came went after it: it may be there no longer. */
  hasGone(slot: number): boolean {
    return this.#words[slot * DELTA_WORDS + HAS_GONE] === 1;
  }

  /** The newest time that went; -Infinity for none. */
  wentAt(slot: number): number {
    return this.#doubles[slot * DELTA_DOUBLES + WENT] ?? 0;
  }

  wentNsec(slot: number): number {
    return this.#words[slot * DELTA_WORDS + WENT_NSEC] ?? 0;
  }

  /** What is noted for one directory holds for the one above as well. */
  merge(above: number, slot: number): void {
    addSums(this.#words, above * DELTA_WORDS, this.#words, slot * DELTA_WORDS, 1);
    const came = this.cameAt(slot);
    const cameNsec = this.cameNsec(slot);
    const went = this.wentAt(slot);
    const wentNsec = this.wentNsec(slot);
    const other = this.cameAt(above);
    const otherNsec = this.cameNsec(above);
    const isOlder = isNewer(other, otherNsec, came, cameNsec);
    if (!isOlder) this.came(above, came, cameNsec);
    // What came above, with a whole directory, may be what went here.
    const mayBeGone = isOlder ? !isNewer(other, otherNsec, went, wentNsec) : this.hasGone(slot);
    if (mayBeGone) this.#words[above * DELTA_WORDS + HAS_GONE] = 1;
    if (!isNewer(went, wentNsec, this.wentAt(above), this.wentNsec(above))) return;
    this.#doubles[above * DELTA_DOUBLES + WENT] = went;
    this.#words[above * DELTA_WORDS + WENT_NSEC] = wentNsec;
  }

  /** The slot that `slot` is to be merged into waits for one more. */
  wait(slot: number, above: number): void {
    this.#words[slot * DELTA_WORDS + ABOVE] = above;
    const waits = above * DELTA_WORDS + WAITS;
    this.#words[waits] = (this.#words[waits] ?? 0) + 1;
  }

  above(slot: number): number {
    return this.#words[slot * DELTA_WORDS + ABOVE] ?? 0;
  }

  isWaiting(slot: number): boolean {
    return this.#words[slot * DELTA_WORDS + WAITS] !== 0;
  }

  /** One of those that the slot waited for was merged. True when that was the last one. */
  isLast(above: number): boolean {
    const waits = above * DELTA_WORDS + WAITS;
    this.#words[waits] = (this.#words[waits] ?? 0) - 1;
    return this.#words[waits] === 0;
  }

  #reach(directory: number): void {
    const slots = new Uint32Array(2 ** Math.ceil(Math.log2(directory + 1)));
    slots.set(this.#slots);
    this.#slots = slots;
  }

  #grow(): void {
    const { length } = this.#words;
    const words = new Uint32Array(length * 2);
    words.set(this.#words);
    const doubles = new Float64Array(this.#doubles.length * 2);
    doubles.set(this.#doubles);
    this.#words = words;
    this.#doubles = doubles;
  }
}

/** True when the first time is later than the second. */
export function isNewer(seconds: number, nsec: number, than: number, thanNsec: number): boolean {
  return seconds > than || (seconds === than && nsec > thanNsec);
}

function addSums(
  to: Uint32Array,
  at: number,
  from: Uint32Array,
  first: number,
  sign: 1 | -1,
): void {
  to[at + SUM_FILES] = (to[at + SUM_FILES] ?? 0) + sign * (from[first + SUM_FILES] ?? 0);
  to[at + SUM_DIRECTORIES] =
    (to[at + SUM_DIRECTORIES] ?? 0) + sign * (from[first + SUM_DIRECTORIES] ?? 0);
  addWords(to, at + SUM_BYTES, from, first + SUM_BYTES, sign);
  addWords(to, at + SUM_BLOCKS, from, first + SUM_BLOCKS, sign);
}

function addWords(
  to: Uint32Array,
  at: number,
  from: Uint32Array,
  first: number,
  sign: 1 | -1,
): void {
  const low = from[first] ?? 0;
  const high = from[first + 1] ?? 0;
  if (low !== 0 || high !== 0) add64(to, at, sign * low, sign * high);
}

/** Adds to the 64 bits at `at`, mod 2^64, a number as its words, each of them of either sign. */
function add64(to: Uint32Array, at: number, low: number, high: number): void {
  const sum = (to[at] ?? 0) + low;
  to[at] = sum;
  to[at + 1] = (to[at + 1] ?? 0) + high + Math.floor(sum / WORD);
}
