import type { CheckpointSlice, StoredSlice } from "@fustor/core";

const SLICE_BYTES_MAX = 2 ** 20;
const SLICE_NUMBERS = 2 ** 16;
/** A character takes up to 3 bytes. */
const SLICE_CHARACTERS = 2 ** 18;

/** The slices of a section of numbers. */
export function* sliceNumbers(
  section: string,
  numbers: Iterable<number>,
): Generator<CheckpointSlice> {
  let slice = new Float64Array(SLICE_NUMBERS);
  let filled = 0;
  for (const number of numbers) {
    slice[filled] = number;
    filled += 1;
    if (filled < SLICE_NUMBERS) continue;
    yield { section, bytes: new Uint8Array(slice.buffer) };
    slice = new Float64Array(SLICE_NUMBERS);
    filled = 0;
  }
  if (filled > 0) yield { section, bytes: new Uint8Array(slice.buffer, 0, filled * 8) };
}

/** The slices of a section of values that JSON can hold, each as a line of its own. */
export function* sliceLines(
  section: string,
  values: Iterable<unknown>,
): Generator<CheckpointSlice> {
  let text = "";
  for (const value of values) {
    text += `${JSON.stringify(value)}\n`;
    if (text.length < SLICE_CHARACTERS) continue;
    yield* sliceText(section, text);
    text = "";
  }
  yield* sliceText(section, text);
}

function* sliceText(section: string, text: string): Generator<CheckpointSlice> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += SLICE_BYTES_MAX) {
    yield { section, bytes: bytes.slice(at, at + SLICE_BYTES_MAX) };
  }
}

/** All that is in a slice. */
export async function bytesOf(slice: StoredSlice): Promise<Uint8Array> {
  const bytes = new Uint8Array(slice.length);
  await slice.read([bytes]);
  return bytes;
}

/** What was read of a checkpoint's sections, but for the pages. */
export class Sections {
  readonly #slices = new Map<string, Uint8Array[]>();

  /** Its bytes are there once the slices have ended. */
  read(slice: StoredSlice): void {
    const bytes = new Uint8Array(slice.length);
    void slice.read([bytes]);
    const slices = this.#slices.get(slice.section);
    if (slices === undefined) this.#slices.set(slice.section, [bytes]);
    else slices.push(bytes);
  }

  /** The numbers of a section. Throws a `RangeError` where a part of one is missing. */
  numbers(section: string): Float64Array {
    const slices = this.#slices.get(section) ?? [];
    const joined = new Uint8Array(slices.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const slice of slices) {
      joined.set(slice, at);
      at += slice.length;
    }
    return new Float64Array(joined.buffer);
  }

  /** The values of a section. Throws a `SyntaxError` where one is cut off. */
  *lines(section: string): Generator {
    const decoder = new TextDecoder();
    let rest = "";
    for (const slice of this.#slices.get(section) ?? []) {
      const lines = (rest + decoder.decode(slice, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line);
    }
    if (rest !== "") yield JSON.parse(rest);
  }
}
