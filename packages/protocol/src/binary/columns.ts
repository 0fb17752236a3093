import type { Value } from "@fustor/core";
import { bytesFor, setBit } from "./bits.js";
import type { ByteWriter } from "./byte-writer.js";
import { writeDoubles, writeWords } from "./fixed-numbers.js";
import { writeSteps, writeUnsigned } from "./integers.js";
import { writeTexts } from "./texts.js";

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

const WORD = 2 ** 32;

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

/** What a value that follows from another one most often is. */
export function expectation(
  model: number,
  form: typeof FORM.like | typeof FORM.likeBlocks,
): number {
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
