import type { Value } from "@fustor/core";
import { DecodeError } from "../errors.js";
import { bytesFor, countBits, hasBit, setBit } from "./bits.js";
import type { ByteReader } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { readDoubles, readWords, writeDoubles, writeWords } from "./fixed-numbers.js";
import { readSteps, readUnsigned, writeSteps, writeUnsigned } from "./integers.js";
import { readTexts, writeTexts, type Texts } from "./texts.js";

/** How the values of a column are written; the number is on the wire. */
export const FORM = {
  /** A JSON list: whatever no other form can hold. */
  json: 0,
  /** One value for all rows, in JSON. */
  same: 1,
  unsigned: 2,
  steps: 3,
  /** Four bytes each, little-endian. */
  words: 4,
  doubles: 5,
  texts: 6,
  /** A bit for each row that has a value, then a column of those. */
  sparse: 7,
  /** What differs from another column of integers: a bit for each row that does, then by how much. */
  like: 8,
  /** As before, from the 512-byte blocks that as many bytes take in pages of 4096. */
  likeBlocks: 9,
} as const;

/** What makes a column of integers small, where something is known of it. */
export type Habit = "steps" | "words" | undefined;

/** A column as it was read. */
export type ReadColumn =
  | {
      readonly kind: "numbers";
      readonly values: readonly number[];
      /** What their form lets them be: a check need not look at what cannot be otherwise. */
      readonly isWhole: boolean;
      readonly least: number;
      readonly most: number;
    }
  | { readonly kind: "texts"; readonly values: readonly string[]; readonly texts: Texts }
  | {
      readonly kind: "values";
      readonly values: readonly Value[];
      /** What they all are, where that is known to be less. */
      readonly distinct?: readonly Value[];
    };

const WORD = 2 ** 32;
const SAFE = Number.MAX_SAFE_INTEGER;

/** Writes a column of any values. Every list of values has a form. */
export function writeColumn(out: ByteWriter, values: readonly Value[], habit?: Habit): void {
  const nature = natureOf(values);
  if (nature === "same") {
    out.byte(FORM.same);
    out.text(JSON.stringify(values[0] ?? null));
  } else if (nature === "texts") {
    out.byte(FORM.texts);
    if (!writeTexts(out, values as readonly string[])) rewriteAsJson(out, values);
  } else if (nature === "doubles") {
    writeNumbers(out, values as readonly number[]);
  } else if (nature === "mixed") {
    writeMixed(out, values, habit);
  } else {
    writeIntegers(out, values as readonly number[], nature, habit);
  }
}

/** Writes integers by what sets them apart from others, which most often is nothing. */
export function writeLike(
  out: ByteWriter,
  values: readonly number[],
  reference: { readonly column: number; readonly values: readonly number[] },
  form: typeof FORM.like | typeof FORM.likeBlocks,
): boolean {
  const bits = Buffer.alloc(bytesFor(values.length));
  const differences: number[] = [];
  for (let i = 0; i < values.length; i += 1) {
    const difference = (values[i] ?? 0) - expectation(reference.values[i] ?? 0, form);
    if (difference === 0) continue;
    setBit(bits, i);
    differences.push(difference);
  }
  const start = out.length;
  out.byte(form);
  out.varint(reference.column);
  out.raw(bits);
  if (writeSteps(out, differences)) return true;
  out.length = start;
  return false;
}

/** Reads a column of `count` rows. `columns` are the ones before it in its table. */
export function readColumn(
  input: ByteReader,
  count: number,
  columns: readonly (ReadColumn | undefined)[] = [],
): ReadColumn {
  const form = input.byte();
  switch (form) {
    case FORM.json:
      return { kind: "values", values: readJson(input, count) };
    case FORM.same:
      return repeat(readValue(input), count);
    case FORM.unsigned:
      return integers(readUnsigned(input, count), 0, SAFE);
    case FORM.steps:
      return integers(readSteps(input, count), -SAFE, SAFE);
    case FORM.words:
      return integers(readWords(input, count), 0, WORD - 1);
    case FORM.doubles:
      return numbers(readDoubles(input, count), false);
    case FORM.texts: {
      const texts = readTexts(input, count);
      return { kind: "texts", values: texts.texts, texts };
    }
    case FORM.sparse:
      return { kind: "values", values: readSparse(input, count) };
    case FORM.like:
    case FORM.likeBlocks:
      return readLike(input, count, form, columns);
    default:
      throw new DecodeError(`A column has the form ${String(form)}, which is not known`);
  }
}

function repeat(value: Value, count: number): ReadColumn {
  if (typeof value !== "number") {
    return { kind: "values", values: new Array<Value>(count).fill(value), distinct: [value] };
  }
  const isWhole = Number.isSafeInteger(value);
  const values = new Array<number>(count).fill(value);
  return { kind: "numbers", values, isWhole, least: value, most: value };
}

function integers(values: readonly number[], least: number, most: number): ReadColumn {
  return { kind: "numbers", values, isWhole: true, least, most };
}

function numbers(values: readonly number[], isWhole: boolean): ReadColumn {
  return { kind: "numbers", values, isWhole, least: -Infinity, most: Infinity };
}

type Nature = "same" | "texts" | "doubles" | "mixed" | "unsigned" | "signed" | "words";

/** What can be said of all values; "words" are integers of 32 bits from 0 on. */
function natureOf(values: readonly Value[]): Nature {
  const [first] = values;
  if (typeof first === "string") {
    return values.every((value) => typeof value === "string") ? "texts" : "mixed";
  }
  if (typeof first !== "number") {
    return values.every((value) => value === first) ? "same" : "mixed";
  }
  let [isSame, isWhole, least, most] = [true, true, first, first];
  for (const value of values) {
    if (typeof value !== "number") return "mixed";
    if (value === first) continue;
    isSame = false;
    if (value < least) least = value;
    else if (value > most) most = value;
    isWhole &&= Number.isSafeInteger(value);
  }
  if (isSame) return "same";
  if (!isWhole || !Number.isSafeInteger(first)) return "doubles";
  if (least < 0) return "signed";
  return most < WORD ? "words" : "unsigned";
}

function writeIntegers(
  out: ByteWriter,
  values: readonly number[],
  nature: "unsigned" | "signed" | "words",
  habit: Habit,
): void {
  if (nature === "words" && habit === "words") {
    out.byte(FORM.words);
    writeWords(out, values);
    return;
  }
  if (nature !== "signed" && habit !== "steps") {
    out.byte(FORM.unsigned);
    writeUnsigned(out, values);
    return;
  }
  const start = out.length;
  out.byte(FORM.steps);
  if (writeSteps(out, values)) return;
  out.length = start;
  writeNumbers(out, values);
}

function writeNumbers(out: ByteWriter, values: readonly number[]): void {
  if (!values.every(Number.isFinite)) {
    writeJson(out, values);
    return;
  }
  out.byte(FORM.doubles);
  writeDoubles(out, values);
}

function writeMixed(out: ByteWriter, values: readonly Value[], habit: Habit): void {
  const known = values.filter((value) => value !== null);
  if (known.length === values.length || !isAlike(known)) {
    writeJson(out, values);
    return;
  }
  const bits = Buffer.alloc(bytesFor(values.length));
  for (const [i, value] of values.entries()) if (value !== null) setBit(bits, i);
  out.byte(FORM.sparse);
  out.raw(bits);
  writeColumn(out, known, habit);
}

/** True when all values are of one type: what a sparse column holds is no sparse column again. */
function isAlike(values: readonly Value[]): boolean {
  return values.every((value) => typeof value === typeof values[0]);
}

function readSparse(input: ByteReader, count: number): Value[] {
  const bits = input.take(bytesFor(count));
  const known = countBits(bits, count);
  if (input.bytes[input.at] === FORM.sparse) throw new DecodeError("A sparse column holds another");
  const { values } = readColumn(input, known);
  const all = new Array<Value>(count).fill(null);
  let next = 0;
  for (let i = 0; i < count; i += 1) {
    if (!hasBit(bits, i)) continue;
    all[i] = values[next] ?? null;
    next += 1;
  }
  return all;
}

function readLike(
  input: ByteReader,
  count: number,
  form: typeof FORM.like | typeof FORM.likeBlocks,
  columns: readonly (ReadColumn | undefined)[],
): ReadColumn {
  const model = columns[input.varint()];
  if (model?.kind !== "numbers") throw new DecodeError("A column is like one without numbers");
  const bits = input.take(bytesFor(count));
  const differences = readSteps(input, countBits(bits, count));
  const values = model.values.slice();
  if (form === FORM.likeBlocks) {
    for (let i = 0; i < count; i += 1) values[i] = expectation(values[i] ?? 0, form);
  }
  for (let i = 0, next = 0; next < differences.length; i += 1) {
    if (!hasBit(bits, i)) continue;
    values[i] = (values[i] ?? 0) + (differences[next] ?? 0);
    next += 1;
  }
  return numbers(values, model.isWhole);
}

function expectation(model: number, form: typeof FORM.like | typeof FORM.likeBlocks): number {
  return form === FORM.like ? model : Math.ceil(model / 4096) * 8;
}

function writeJson(out: ByteWriter, values: readonly Value[]): void {
  out.byte(FORM.json);
  out.text(JSON.stringify(values));
}

function rewriteAsJson(out: ByteWriter, values: readonly Value[]): void {
  out.length -= 1;
  writeJson(out, values);
}

function readJson(input: ByteReader, count: number): Value[] {
  const values = parse(input);
  if (!Array.isArray(values) || values.length !== count || !values.every(isValue)) {
    throw new DecodeError("A column is no list of values, one a row");
  }
  return values;
}

function readValue(input: ByteReader): Value {
  const value = parse(input);
  if (!isValue(value)) throw new DecodeError("A column holds what is no value");
  return value;
}

function parse(input: ByteReader): unknown {
  const bytes = input.take(input.varint());
  input.spendText(bytes.length);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new DecodeError("A column is no JSON");
  }
}

function isValue(value: unknown): value is Value {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean"
  );
}
