import { Blocks } from "./blocks.js";
import { CAPACITY, CHILDREN, LIST, rowOf, USED, type DirectorySpace } from "./directory-space.js";
import { corrupt } from "./faults.js";
import type { Words } from "./words.js";

/** Up to so many children are looked through one by one. */
const SMALL_MAX = 24;
const LEAST_CAPACITY = 4;
const WORD = 2 ** 32;
const NONE = new Uint32Array(0);

/**
 * The children of each directory: a list in the order of insertion, and, once it is longer than 24,
 * a hash table behind it that finds the place in the list by the name's number. Both stand in one
 * piece of memory, so that a directory that grows moves once.
 *
 * A list has holes (0) where children were removed; it is closed up when half of it is holes.
 */
export class Children {
  readonly #directories: DirectorySpace;
  readonly #nameOf: (id: number) => number;
  readonly #blocks = new Blocks();
  readonly #words: Words;
  /** What was looked for last and not found: who looks for a child soon inserts it. */
  #lacking = -1;
  #lackedName = 0;

  constructor(directories: DirectorySpace, nameOf: (id: number) => number) {
    this.#directories = directories;
    this.#nameOf = nameOf;
    this.#words = this.#blocks.words;
  }

  get bytes(): number {
    return this.#blocks.bytes;
  }

  get freeBytes(): number {
    return this.#blocks.freeBytes;
  }

  get buffers(): readonly SharedArrayBuffer[] {
    return this.#words.buffers;
  }

  /** The memory of the lists. */
  get blocks(): Blocks {
    return this.#blocks;
  }

  count(directory: number): number {
    return this.#directories.get(directory, CHILDREN);
  }

  /** The child with this name; 0 for none. */
  find(directory: number, name: number): number {
    if (directory === this.#lacking && name === this.#lackedName) return 0;
    const place = this.#placeOf(directory, name);
    if (place >= 0) return this.#words.get(this.#directories.get(directory, LIST) + place);
    this.#lacking = directory;
    this.#lackedName = name;
    return 0;
  }

  /** Adds a child whose name no other child has. */
  add(directory: number, id: number, name: number): void {
    const chunk = this.#directories.writable(directory);
    const row = rowOf(directory);
    const used = chunk[row + USED] ?? 0;
    const count = (chunk[row + CHILDREN] ?? 0) + 1;
    if (used === chunk[row + CAPACITY]) {
      this.#refit(directory, count + (count >>> 2));
      this.add(directory, id, name);
      return;
    }
    this.#lacking = -1;
    this.#words.set((chunk[row + LIST] ?? 0) + used, id);
    chunk[row + USED] = used + 1;
    chunk[row + CHILDREN] = count;
    if ((chunk[row + CAPACITY] ?? 0) > SMALL_MAX) this.#enter(directory, used, name);
  }

  remove(directory: number, id: number, name: number): void {
    const directories = this.#directories;
    const list = directories.get(directory, LIST);
    const place = this.#placeOf(directory, name);
    if (place < 0 || this.#words.get(list + place) !== id) {
      return corrupt(`a child is missing from the list of directory ${String(directory)}`);
    }
    this.#leave(directory, name);
    this.#words.set(list + place, 0);
    const left = this.count(directory) - 1;
    directories.set(directory, CHILDREN, left);
    if (left === 0) {
      this.clear(directory);
      return;
    }
    const used =
      directories.get(directory, USED) - (place === directories.get(directory, USED) - 1 ? 1 : 0);
    directories.set(directory, USED, used);
    if (left * 2 < used) this.#refit(directory, left);
  }

  /** Makes room for so many children in all, at once instead of step by step. */
  reserve(directory: number, count: number): void {
    if (count > this.#directories.get(directory, CAPACITY)) this.#refit(directory, count);
  }

  /** Forgets all children. */
  clear(directory: number): void {
    const capacity = this.#directories.get(directory, CAPACITY);
    if (capacity > 0) {
      this.#blocks.release(this.#directories.get(directory, LIST), sizeFor(capacity));
    }
    for (const field of [LIST, CAPACITY, USED, CHILDREN]) {
      this.#directories.set(directory, field, 0);
    }
  }

  /** The children as they are now, in the order of insertion. */
  snapshot(directory: number): Uint32Array {
    const list = this.#directories.get(directory, LIST);
    const ids = this.#words.slice(list, list + this.#directories.get(directory, USED));
    let kept = 0;
    for (const id of ids) {
      if (id === 0) continue;
      ids[kept] = id;
      kept += 1;
    }
    if (kept !== this.count(directory)) {
      return corrupt(`directory ${String(directory)} does not have as many children as it counts`);
    }
    return ids.subarray(0, kept);
  }

  /** Where in the list the child with this name stands; below 0 when there is none. */
  #placeOf(directory: number, name: number): number {
    const words = this.#words;
    const chunk = this.#directories.chunk(directory);
    const row = rowOf(directory);
    const list = chunk[row + LIST] ?? 0;
    const capacity = chunk[row + CAPACITY] ?? 0;
    if (capacity <= SMALL_MAX) {
      const used = chunk[row + USED] ?? 0;
      for (let place = 0; place < used; place += 1) {
        const id = words.get(list + place);
        if (id !== 0 && this.#nameOf(id) === name) return place;
      }
      return -1;
    }
    const slot = this.#slotOf(directory, name);
    return slot < 0 ? -1 : this.#entry(list + capacity, capacity, slot) - 1;
  }

  /** The slot of the table that leads to the child with this name; below 0 when there is none. */
  #slotOf(directory: number, name: number): number {
    const words = this.#words;
    const list = this.#directories.get(directory, LIST);
    const capacity = this.#directories.get(directory, CAPACITY);
    const slots = slotsFor(capacity);
    let slot = homeOf(name, slots);
    for (let steps = 0; steps < slots; steps += 1) {
      const entry = this.#entry(list + capacity, capacity, slot);
      if (entry === 0) return -1;
      if (this.#nameOf(words.get(list + entry - 1)) === name) return slot;
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
    return corrupt(`the table of directory ${String(directory)} has no end`);
  }

  #enter(directory: number, place: number, name: number): void {
    const capacity = this.#directories.get(directory, CAPACITY);
    const slots = slotsFor(capacity);
    const table = this.#directories.get(directory, LIST) + capacity;
    let slot = homeOf(name, slots);
    for (let steps = 0; steps < slots; steps += 1) {
      if (this.#entry(table, capacity, slot) === 0) {
        this.#setEntry(table, capacity, slot, place + 1);
        return;
      }
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
    corrupt(`the table of directory ${String(directory)} has no end`);
  }

  /** Takes a child that is still in the list out of the table. */
  #leave(directory: number, name: number): void {
    const capacity = this.#directories.get(directory, CAPACITY);
    if (capacity <= SMALL_MAX) return;
    const words = this.#words;
    const slots = slotsFor(capacity);
    const list = this.#directories.get(directory, LIST);
    const table = list + capacity;
    let hole = this.#slotOf(directory, name);
    let slot = hole;
    // What follows moves up into the hole unless it would stand before its own first slot.
    for (let steps = 0; steps < slots; steps += 1) {
      slot = slot + 1 === slots ? 0 : slot + 1;
      const entry = this.#entry(table, capacity, slot);
      if (entry === 0) break;
      const home = homeOf(this.#nameOf(words.get(list + entry - 1)), slots);
      if (distance(home, slot, slots) < distance(hole, slot, slots)) continue;
      this.#setEntry(table, capacity, hole, entry);
      hole = slot;
    }
    this.#setEntry(table, capacity, hole, 0);
  }

  /** What stands in a slot of a table: a place in the list plus 1, or 0. */
  #entry(table: number, capacity: number, slot: number): number {
    const shift = packing(capacity);
    const word = this.#words.get(table + (slot >>> shift));
    return shift === 0 ? word : (word >>> bitOf(slot, shift)) & entryMask(shift);
  }

  #setEntry(table: number, capacity: number, slot: number, entry: number): void {
    const shift = packing(capacity);
    const at = table + (slot >>> shift);
    if (shift === 0) {
      this.#words.set(at, entry);
      return;
    }
    const bit = bitOf(slot, shift);
    this.#words.set(at, (this.#words.get(at) & ~(entryMask(shift) << bit)) | (entry << bit));
  }

  /** Moves the list, without its holes, to a piece that has room for `count` and some more. */
  #refit(directory: number, count: number): void {
    const directories = this.#directories;
    const before = directories.get(directory, CAPACITY);
    const ids = before === 0 ? NONE : this.snapshot(directory);
    if (before > 0) this.#blocks.release(directories.get(directory, LIST), sizeFor(before));
    const capacity = capacityFor(count);
    const list = this.#blocks.allocate(sizeFor(capacity));
    this.#words.clear(list, list + sizeFor(capacity));
    directories.set(directory, LIST, list);
    directories.set(directory, CAPACITY, capacity);
    directories.set(directory, USED, ids.length);
    for (let place = 0; place < ids.length; place += 1) {
      const id = ids[place] ?? 0;
      this.#words.set(list + place, id);
      if (capacity > SMALL_MAX) this.#enter(directory, place, this.#nameOf(id));
    }
  }
}

/** Four sizes for each doubling: a list is filled to 8/9 on average when its length is known. */
function capacityFor(count: number): number {
  if (count <= LEAST_CAPACITY) return LEAST_CAPACITY;
  const step = 2 ** Math.max(0, Math.floor(Math.log2(count - 1)) - 2);
  return Math.ceil(count / step) * step;
}

function slotsFor(capacity: number): number {
  return capacity + (capacity >>> 1);
}

/** The words that a list and its table take. */
function sizeFor(capacity: number): number {
  if (capacity <= SMALL_MAX) return capacity;
  const shift = packing(capacity);
  return capacity + ((slotsFor(capacity) + (1 << shift) - 1) >>> shift);
}

/** The logarithm of how many entries of a table share one word: an entry counts up to the capacity. */
function packing(capacity: number): number {
  if (capacity < 0x100) return 2;
  return capacity < 0x10000 ? 1 : 0;
}

function bitOf(slot: number, shift: number): number {
  return (slot & ((1 << shift) - 1)) << (5 - shift);
}

function entryMask(shift: number): number {
  return shift === 2 ? 0xff : 0xffff;
}

function homeOf(name: number, slots: number): number {
  return Math.floor(((Math.imul(name, 0x9e3779b1) >>> 0) / WORD) * slots);
}

/** How many slots after `from` the slot `to` comes, going round. */
function distance(from: number, to: number, slots: number): number {
  return to >= from ? to - from : to - from + slots;
}
