import type { Hasher } from "@fustor/schema-fs";
import { corrupt } from "./faults.js";
import { IdTable } from "./id-table.js";

/** The index is cut in so many tables, each of which grows by itself: none stops the loop for long. */
const TABLES = 128;

/** One name's record, in words: what the names keep, and an index is made from. */
export const RECORD_WORDS = 4;
export const PLACE = 0; // of a free record: the next free one
export const LO = 1;
export const HI = 2;
export const USES = 3;

/** Names of a checkpoint that stand in no table yet. */
interface Unsorted {
  /** Number and low lane in turns, table by table. */
  readonly names: Int32Array;
  /** Where each table's begin, and the last one's end. */
  readonly starts: Uint32Array;
  /** Tables that were asked for. */
  readonly done: Set<number>;
}

/** Finds names by their hashes: the high lane tells the table, the low lane the slot in it. */
export class NameIndex {
  readonly #tables = Array.from({ length: TABLES }, () => new IdTable());
  /** Memory of names that were not yet looked at. */
  #records: readonly Uint32Array[] = [];
  #unsorted: Unsorted | undefined;
  /** Means nothing: what is read and goes nowhere would not be read at all. */
  #fetched = 0;

  get bytes(): number {
    const waiting = this.#unsorted?.names.byteLength ?? 0;
    return this.#tables.reduce((sum, { bytes }) => sum + bytes, waiting);
  }

  /** The table of the names with this high lane. */
  table(hi: number): IdTable {
    const at = hi & (TABLES - 1);
    const table = this.#tables[at] ?? corrupt("a table of names is missing");
    if (this.#records.length > 0) this.#sort();
    if (this.#unsorted !== undefined) this.#fill(table, at, this.#unsorted);
    return table;
  }

  /** Reads where the searches for the names of so many hashers begin, right after one another. */
  fetch(hashers: readonly Hasher[], count: number): void {
    for (let i = 0; i < count; i += 1) {
      const hasher = hashers[i];
      if (hasher === undefined) return;
      const table = this.table(hasher.hi);
      this.#fetched ^= table.at(table.first(hasher.lo));
    }
  }

  /**
   * Takes the names of all records into an index that is empty. `segments` hold whole records, by
   * number. They are sorted when a table is first asked for, and each table is filled when it is:
   * after a restart the first answer need not wait for what it does not need.
   */
  rebuild(segments: readonly Uint32Array[]): void {
    this.#records = [...segments];
  }

  /** Some 15 ns for each name. */
  #sort(): void {
    const segments = this.#records;
    this.#records = [];
    const starts = countByTable(segments);
    const names = new Int32Array((starts[TABLES] ?? 0) * 2);
    const next = starts.slice();
    let number = 0;
    for (const records of segments) {
      for (let record = 0; record < records.length; record += RECORD_WORDS, number += 1) {
        if (records[record + USES] === 0) continue;
        const table = (records[record + HI] ?? 0) & (TABLES - 1);
        const at = next[table] ?? 0;
        next[table] = at + 1;
        names[at * 2] = number;
        names[at * 2 + 1] = records[record + LO] ?? 0;
      }
    }
    this.#unsorted = { names, starts, done: new Set() };
  }

  #fill(table: IdTable, at: number, { names, starts, done }: Unsorted): void {
    if (done.has(at)) return;
    done.add(at);
    const [from = 0, to = 0] = starts.subarray(at, at + 2);
    table.reserve(to - from);
    for (let i = from; i < to; i += 1) table.insert(names[i * 2] ?? 0, names[i * 2 + 1] ?? 0);
    if (done.size === TABLES) this.#unsorted = undefined;
  }
}

/** Where the names of each table begin when they stand table by table, and the last one's end. */
function countByTable(segments: readonly Uint32Array[]): Uint32Array {
  const starts = new Uint32Array(TABLES + 1);
  for (const records of segments) {
    for (let record = 0; record < records.length; record += RECORD_WORDS) {
      if (records[record + USES] === 0) continue;
      const after = ((records[record + HI] ?? 0) & (TABLES - 1)) + 1;
      starts[after] = (starts[after] ?? 0) + 1;
    }
  }
  for (let i = 1; i <= TABLES; i += 1) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
  return starts;
}
