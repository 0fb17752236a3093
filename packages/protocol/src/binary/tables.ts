import type { Row, Value } from "@fustor/core";
import { DecodeError } from "../errors.js";
import { WIRE_LIMITS } from "../limits.js";
import type { ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { FORM, writeColumn, writeLike, type Habit } from "./columns.js";
import { findCombinations } from "./combinations.js";
import { readColumn, type ReadColumn } from "./read-columns.js";

/** All rows of a batch that have the same fields, column by column. */
export interface ReadTable {
  readonly fields: readonly string[];
  readonly count: number;
  /** Undefined for those that are combined. */
  readonly columns: readonly (ReadColumn | undefined)[];
  readonly combined: ReadCombinations;
}

/** Fields with few values between them. */
interface ReadCombinations {
  /** The places of the fields, and for each its value in every combination. */
  readonly columns: ReadonlyMap<number, readonly Value[]>;
  /** A row for each combination in which the other fields are null. */
  readonly samples: readonly Value[][];
  /** Which one each row has. */
  readonly numbers: Uint8Array;
}

const NOTHING_COMBINED: ReadCombinations = {
  columns: new Map(),
  samples: [],
  numbers: new Uint8Array(0),
};

/** What is known of the fields of files. A field that is not named here is written as it comes. */
const HABITS: ReadonlyMap<string, Habit> = new Map<string, Habit>([
  ["mtime", "steps"],
  ["ctime", "steps"],
  ["ino", "steps"],
  ["mtime_nsec", "words"],
  ["ctime_nsec", "words"],
]);

/** Fields that most often follow from another one. */
const LIKES: ReadonlyMap<string, readonly [string, typeof FORM.like | typeof FORM.likeBlocks]> =
  new Map([
    ["ctime", ["mtime", FORM.like]],
    ["ctime_nsec", ["mtime_nsec", FORM.like]],
    ["blocks", ["size", FORM.likeBlocks]],
  ]);

/** Fields that most often have few values between them. */
const COMBINED: ReadonlySet<string> = new Set(["type", "mode", "uid", "gid", "nlink"]);

/** Writes rows that each have one value a field. */
export function writeTable(out: ByteWriter, fields: readonly string[], rows: readonly Row[]): void {
  out.varint(fields.length);
  writeColumn(out, fields);
  out.varint(rows.length);
  if (rows.length === 0) return;
  const combined = writeCombined(out, fields, rows);
  const written = new Map<string, { readonly column: number; readonly values: number[] }>();
  for (const [column, field] of fields.entries()) {
    if (combined.has(column)) continue;
    const values = valuesOf(rows, column);
    const like = LIKES.get(field);
    const reference = like === undefined ? undefined : written.get(like[0]);
    if (like !== undefined && reference !== undefined && isNumbers(values)) {
      if (writeLike(out, values, reference, like[1])) continue;
    }
    writeColumn(out, values, HABITS.get(field));
    if (isModel(field) && isNumbers(values)) written.set(field, { column, values });
  }
}

export function readTable(input: ByteReader): ReadTable {
  const fieldCount = input.count();
  if (fieldCount > WIRE_LIMITS.fields) throw new DecodeError("A table has too many fields");
  const fields = readFields(input, fieldCount);
  const count = input.varint();
  if (count === 0) return { fields, count, columns: [], combined: NOTHING_COMBINED };
  // Keys are never the same, and so take bytes of their own.
  if (fieldCount === 0 || count > input.left) throw new DecodeError("A table is cut short");
  input.spendCells(count * fieldCount);
  const combined = readCombined(input, count, fieldCount);
  const columns = new Array<ReadColumn | undefined>(fieldCount).fill(undefined);
  for (let i = 0; i < fieldCount; i += 1) {
    if (!combined.columns.has(i)) columns[i] = readColumn(input, count, columns);
  }
  return { fields, count, columns, combined };
}

/** The rows of a table, made of its columns. */
export function rowsOf({ count, columns, combined }: ReadTable): Row[] {
  const rows = new Array<Value[]>(count);
  const { samples, numbers } = combined;
  const none = new Array<Value>(columns.length).fill(null);
  for (let i = 0; i < count; i += 1) rows[i] = (samples[numbers[i] ?? 0] ?? none).slice();
  // One column after the other: loops over values of one kind are several times as fast.
  for (const [i, column] of columns.entries()) {
    if (column?.kind === "numbers") fillNumbers(rows, i, column.values);
    else if (column?.kind === "texts") fillTexts(rows, i, column.values);
    else if (column !== undefined) fillValues(rows, i, column.values);
  }
  return rows;
}

function fillNumbers(rows: readonly Value[][], column: number, values: readonly number[]): void {
  let i = 0;
  for (const row of rows) row[column] = unboxed(values[i++] ?? 0);
}

/**
 * The same number. A list that has held one large number keeps all of its numbers as doubles, and
 * gives each out as an object of its own; whoever reads rows would have to expect such objects.
 */
function unboxed(value: number): number {
  const small = value | 0;
  return small === value ? small : value;
}

function fillTexts(rows: readonly Value[][], column: number, values: readonly string[]): void {
  let i = 0;
  for (const row of rows) row[column] = values[i++] ?? null;
}

function fillValues(rows: readonly Value[][], column: number, values: readonly Value[]): void {
  let i = 0;
  for (const row of rows) row[column] = values[i++] ?? null;
}

/** So many bytes of fields are remembered: all of ours, ten times over. */
const REMEMBERED_BYTES_MAX = 1_024;

/** The fields that were read last, and their bytes: one table after the other has the same. */
let lastFields: { readonly fields: readonly string[]; readonly bytes: Buffer } = {
  fields: [],
  bytes: Buffer.alloc(0),
};

function readFields(input: ByteReader, count: number): readonly string[] {
  const { fields: known, bytes } = lastFields;
  if (known.length === count && input.skip(bytes)) {
    input.spendText(bytes.length);
    return known;
  }
  const start = input.at;
  const { values } = readColumn(input, count);
  const fields = [...values] as readonly unknown[];
  if (!fields.every((field) => typeof field === "string")) {
    throw new DecodeError("A table has a field whose name is no text");
  }
  if (input.at - start <= REMEMBERED_BYTES_MAX) {
    lastFields = { fields, bytes: Buffer.from(input.bytes.subarray(start, input.at)) };
  }
  return fields;
}

/** Writes the fields whose values come in few combinations; returns which columns these are. */
function writeCombined(
  out: ByteWriter,
  fields: readonly string[],
  rows: readonly Row[],
): ReadonlySet<number> {
  const columns = [...fields.keys()].filter((i) => i > 0 && COMBINED.has(fields[i] ?? ""));
  const found = columns.length < 2 ? undefined : findCombinations(rows, columns);
  if (found === undefined) {
    out.varint(0);
    return new Set();
  }
  out.varint(columns.length);
  for (const column of columns) out.varint(column);
  out.byte(found.samples.length);
  for (const column of columns) writeColumn(out, valuesOf(found.samples, column));
  out.raw(found.numbers);
  return new Set(columns);
}

function readCombined(input: ByteReader, count: number, fieldCount: number): ReadCombinations {
  const size = input.varint();
  if (size === 0) return NOTHING_COMBINED;
  if (size > fieldCount) throw new DecodeError("A table combines more fields than it has");
  const places = Array.from({ length: size }, () => input.varint());
  // The key is never among them.
  if (new Set(places).size < size || places.some((place) => place < 1 || place >= fieldCount)) {
    throw new DecodeError("A table combines fields that it does not have");
  }
  const sampleCount = input.byte();
  const columns = new Map<number, readonly Value[]>();
  for (const place of places) columns.set(place, readColumn(input, sampleCount).values);
  const samples: Value[][] = [];
  for (let i = 0; i < sampleCount; i += 1) {
    const sample = new Array<Value>(fieldCount).fill(null);
    for (const [place, values] of columns) {
      const value = values[i] ?? null;
      sample[place] = typeof value === "number" ? unboxed(value) : value;
    }
    samples.push(sample);
  }
  const numbers = input.take(count);
  for (let row = 0; row < count; row += 1) {
    if ((numbers[row] ?? 0) < sampleCount) continue;
    throw new DecodeError("A row has a combination that is not there");
  }
  return { columns, samples, numbers };
}

function valuesOf(rows: readonly Row[], column: number): Value[] {
  const values = new Array<Value>(rows.length);
  for (let i = 0; i < rows.length; i += 1) values[i] = rows[i]?.[column] ?? null;
  return values;
}

function isNumbers(values: readonly Value[]): values is number[] {
  return values.every(Number.isSafeInteger);
}

function isModel(field: string): boolean {
  for (const [model] of LIKES.values()) if (model === field) return true;
  return false;
}
