import type { Row, Value } from "@fustor/core";
import { DecodeError } from "../errors.js";
import { WIRE_LIMITS } from "../limits.js";
import type { ByteReader } from "./byte-reader.js";
import { readColumn } from "./read-columns.js";
import {
  EDGES,
  FLAG,
  KINDS,
  PARTS,
  SOURCES,
  TICKS_PER_MS,
  WALKS,
  type Part,
} from "./message-parts.js";
import { readTable, rowsOf, type ReadTable } from "./tables.js";

/** Where each part stands in `PARTS`. */
const PLACES = Object.fromEntries(PARTS.map((part, place) => [part, place])) as Record<
  Part,
  number
>;

/** Messages as `V2Message` writes them, of which only the tables are known to be sound. */
export function readMessages(
  input: ByteReader,
  checkTable: (table: ReadTable) => void,
): readonly Readonly<Record<string, unknown>>[] {
  const unit = input.byte() === 1 ? TICKS_PER_MS : 1;
  const parts = new Array<PartCursor>(PARTS.length).fill(NO_PART);
  for (let part = 0; part < parts.length; part += 1) parts[part] = readPart(input);
  const tables = Array.from({ length: input.count() }, () => new TableCursor(readTable(input)));
  if (input.left > 0) throw new DecodeError("The batch goes on after its end");
  for (const { table } of tables) checkTable(table);
  const assembly = new Assembly(parts, tables, unit);
  const messages = Array.from({ length: assembly.count }, () => assembly.next());
  assembly.finish();
  return messages;
}

/** The values of one part, taken one after the other. */
class PartCursor {
  readonly #values: readonly Value[];
  #next = 0;

  constructor(values: readonly Value[]) {
    this.#values = values;
  }

  get left(): number {
    return this.#values.length - this.#next;
  }

  take(): Value {
    const value = this.#values[this.#next];
    if (value === undefined) throw new DecodeError("A message lacks a part");
    this.#next += 1;
    return value;
  }

  takeMany(count: number): Value[] {
    if (count > this.left) throw new DecodeError("A message lacks a part");
    const start = this.#next;
    this.#next += count;
    return this.#values.slice(start, this.#next);
  }
}

/** Most messages have few of the parts: one serves for all that are missing. */
const NO_PART = new PartCursor([]);

function readPart(input: ByteReader): PartCursor {
  const count = input.varint();
  if (count === 0) return NO_PART;
  if (count > WIRE_LIMITS.rows) throw new DecodeError("The messages have too many parts");
  input.spendCells(count);
  return new PartCursor(readColumn(input, count).values);
}

/** The rows of one table, taken run by run. */
class TableCursor {
  readonly table: ReadTable;
  next = 0;
  #rows: readonly Row[] | undefined;

  constructor(table: ReadTable) {
    this.table = table;
  }

  take(count: number): Row[] {
    const end = this.next + count;
    if (end > this.table.count) throw new DecodeError("A message has more rows than there are");
    this.#rows ??= rowsOf(this.table);
    const rows = this.#rows.slice(this.next, end);
    this.next = end;
    return rows;
  }
}

/** Puts messages together again. */
class Assembly {
  readonly count: number;
  /** In the order of `PARTS`. */
  readonly #parts: readonly PartCursor[];
  readonly #tables: readonly TableCursor[];
  readonly #unit: number;

  constructor(parts: readonly PartCursor[], tables: readonly TableCursor[], unit: number) {
    this.#parts = parts;
    this.#tables = tables;
    this.#unit = unit;
    this.count = this.#cursor("kind").left;
    if (this.count > WIRE_LIMITS.messages) throw new DecodeError("The batch has too many messages");
  }

  next(): Readonly<Record<string, unknown>> {
    const kind = this.#code("kind", KINDS);
    const message_source = this.#code("source", SOURCES);
    const [started, duration] = [this.#time("startedAt"), this.#time("duration")];
    const unit = this.#unit;
    const started_at = started / unit;
    const ended_at = unit === 1 ? duration : (started + duration) / unit;
    if (kind === "listing") return this.#listing(message_source, started_at, ended_at);
    if (kind === "change") return this.#change(message_source, started_at, ended_at);
    const observation = { kind, message_source, started_at, ended_at };
    return { ...observation, scope: this.#take("scope"), ...this.#rest(kind) };
  }

  /** Throws when something is left over. */
  finish(): void {
    for (const [i, part] of PARTS.entries()) {
      const { left } = this.#parts[i] ?? NO_PART;
      if (left > 0) throw new DecodeError(`The batch has ${part} of no message`);
    }
    if (this.#tables.some(({ table, next }) => next < table.count)) {
      throw new DecodeError("The batch has rows of no message");
    }
  }

  #rest(kind: Exclude<(typeof KINDS)[number], "change" | "listing">): object {
    switch (kind) {
      case "digest":
        return this.#digest();
      case "unreadable":
        return { errno: this.#take("words") };
      case "lost":
        return { reason: this.#take("words") };
      case "mark":
        return this.#mark();
    }
  }

  /** A literal, for the same reason as a listing. */
  #change(message_source: string, started_at: number, ended_at: number) {
    const flags = this.#number("flags");
    const upserts = this.#rows(this.#number("rowCount"), false);
    const keys = upserts.rows.map((row) => row[0]);
    const deletes = this.#list("deletes", "deletesCount");
    const settled = has(flags, FLAG.settled)
      ? this.#keys("settled", "settledCount", keys)
      : undefined;
    const moves = has(flags, FLAG.moves) ? this.#moves(keys) : undefined;
    const kind = "change";
    return { kind, message_source, started_at, ended_at, upserts, deletes, settled, moves };
  }

  #moves(keys: readonly unknown[]): unknown[] {
    const from = this.#list("movesFrom", "movesCount");
    return from.map((key) => [key, this.#keyAt("movesTo", keys)]);
  }

  /** A literal: there are many listings, and spreading objects costs more than the rest. */
  #listing(message_source: string, started_at: number, ended_at: number) {
    const scope = this.#take("scope");
    const flags = this.#number("flags");
    const { fields, rows, self } = this.#rows(this.#number("rowCount"), has(flags, FLAG.self));
    return {
      kind: "listing",
      message_source,
      started_at,
      ended_at,
      scope,
      entries: { fields, rows },
      self,
      complete: has(flags, FLAG.complete),
      part: this.#take("part"),
      last: has(flags, FLAG.last),
    };
  }

  #digest(): object {
    const { fields, self } = this.#rows(0, true);
    const [high, low] = [this.#number("digestHigh"), this.#number("digestLow")];
    return {
      digest: high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0"),
      count: this.#take("digestRows"),
      self: { fields, rows: [self] },
    };
  }

  #mark(): object {
    const flags = this.#number("flags");
    const totals = () => ({
      scopes: this.#take("totals"),
      rows: this.#take("totals"),
      unreadable: this.#take("totals"),
    });
    return {
      id: this.#take("words"),
      walk: this.#code("walk", WALKS),
      edge: this.#code("edge", EDGES),
      ...(has(flags, FLAG.totals) ? { totals: totals() } : {}),
    };
  }

  /** Rows and before them the scope's own one, which alone has an empty key. */
  #rows(count: number, hasSelf: boolean) {
    const cursor = this.#tables[this.#number("table")];
    if (cursor === undefined) throw new DecodeError("A message has rows of no table");
    const [self] = hasSelf ? cursor.take(1) : [];
    const rows = cursor.take(count);
    if (hasSelf && self?.[0] !== "") throw new DecodeError("A scope's own row has a key");
    for (const row of rows) if (row[0] === "") throw new DecodeError("A row has an empty key");
    return { fields: cursor.table.fields, rows, self };
  }

  #list(part: Part, countPart: Part): Value[] {
    return this.#cursor(part).takeMany(this.#number(countPart));
  }

  #keys(part: Part, countPart: Part, keys: readonly unknown[]): unknown[] {
    const places = this.#list(part, countPart);
    return places.map((place) => keyAt(place, keys));
  }

  #keyAt(part: Part, keys: readonly unknown[]): unknown {
    return keyAt(this.#take(part), keys);
  }

  #code<T extends string>(part: Part, words: readonly T[]): T {
    const word = words[this.#number(part)];
    if (word === undefined) throw new DecodeError(`A message has a ${part} that is not known`);
    return word;
  }

  #time(part: Part): number {
    const value = this.#take(part);
    if (typeof value === "number") return value;
    throw new DecodeError(`A message has a ${part} that is no time`);
  }

  #number(part: Part): number {
    const value = this.#take(part);
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    throw new DecodeError(`A message has a ${part} that is no whole number`);
  }

  #take(part: Part): Value {
    return this.#cursor(part).take();
  }

  #cursor(part: Part): PartCursor {
    return this.#parts[PLACES[part]] ?? NO_PART;
  }
}

function has(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}

function keyAt(place: Value, keys: readonly unknown[]): unknown {
  const key = typeof place === "number" ? keys[place] : undefined;
  if (key === undefined) throw new DecodeError("A key is said to stand in a row that is not there");
  return key;
}
