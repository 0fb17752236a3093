import type { Value } from "@fustor/core";
import { DecodeError } from "../errors.js";
import { bytesFor, countBits, hasBit } from "./bits.js";
import type { ByteReader } from "./byte-reader.js";
import { expectation, FORM } from "./columns.js";
import { readDoubles, readWords } from "./fixed-numbers.js";
import { readSteps, readUnsigned } from "./integers.js";
import { readTexts, type Texts } from "./texts.js";

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

function readJson(input: ByteReader, count: number): Value[] {
  const values = parse(input);
  if (!Array.isArray(values) || values.length !== count || !values.every(isValue)) {
    throw new DecodeError("A column is no list of values, one a row");
  }
  return values;
}

function readValue(input: ByteReader): Value {
  const value = readDigits(input) ?? parse(input);
  if (!isValue(value)) throw new DecodeError("A column holds what is no value");
  return value;
}

/** So many digits are a safe integer. */
const DIGITS_MAX = 15;
const DIGIT_0 = 0x30;

/**
 * Most values of small batches are such: a call of `JSON.parse` costs ten times as much. Undefined,
 * with nothing read, for any other.
 */
function readDigits(input: ByteReader): number | undefined {
  const { bytes, at } = input;
  const count = bytes[at] ?? 0;
  const first = at + 1;
  if (count === 0 || count > DIGITS_MAX || count >= bytes.length - at) return undefined;
  if (bytes[first] === DIGIT_0 && count > 1) return undefined; // which is no JSON
  let value = 0;
  for (let i = first; i < first + count; i += 1) {
    const digit = (bytes[i] ?? 0) - DIGIT_0;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  input.at = first + count;
  input.spendText(count);
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
