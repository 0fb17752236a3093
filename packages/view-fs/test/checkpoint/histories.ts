import type { CheckpointSlice, ViewRecord } from "@fustor/core";
import { Chance, runHistory, type WorldName } from "@fustor/testkit";
import { beginCheckpoint } from "../../src/checkpoint/write.js";
import type { Limits } from "../../src/core/world.js";
import { createCore } from "../core/believer.js";
import { digestOfRows } from "../reference/believer.js";
import { applyAll, begin, pictureOf } from "./picture.js";

/** A checkpoint of a history, and what came after it. */
export interface Cut {
  readonly name: string;
  readonly slices: readonly CheckpointSlice[];
  /** What could be asked when it was begun. */
  readonly before: unknown;
  /** The records that followed, in parts, and what could be asked after each. */
  readonly tail: readonly { readonly records: readonly ViewRecord[]; readonly after: unknown }[];
}

export interface CutOptions {
  readonly world: WorldName;
  readonly seed: number;
  readonly cuts: number;
  readonly limits: Partial<Limits>;
}

/** After so many records what can be asked is compared again. */
const PART_RECORDS = 23;
/** So many parts follow a cut, but for the first, which is followed to the end. */
const PARTS = 6;

/** Takes checkpoints of one history, each of them while further records are applied. */
export function cutHistory({ world, seed, cuts, limits }: CutOptions): Cut[] {
  const createBeliever = (feed: Parameters<typeof createCore>[0]) => createCore(feed, limits);
  const { records } = runHistory({ world, seed, createBeliever, digestOf: digestOfRows });
  const chance = new Chance(seed);
  const original = begin(limits);
  const parts = partsOf(records, chance.below(PART_RECORDS));
  const starts = Array.from({ length: cuts }, () => chance.below(parts.length)).sort(
    (a, b) => a - b,
  );
  const pictures: unknown[] = [];
  const taken = new Map<number, CheckpointSlice[]>();
  let reading:
    { readonly from: Iterator<CheckpointSlice>; readonly into: CheckpointSlice[] } | undefined;
  for (const [i, part] of parts.entries()) {
    if (starts.includes(i)) {
      if (reading !== undefined) readSome(reading, Infinity);
      const from = beginCheckpoint(original.core, i).slices[Symbol.iterator]();
      reading = { from, into: [] };
      taken.set(i, reading.into);
    }
    // Only now: being asked brings the sums up to date.
    pictures.push(pictureOf(original));
    for (const record of part) {
      // About as many records as slices, so that most of it is read while it changes.
      if (reading !== undefined && chance.often(0.5)) readSome(reading, chance.below(4));
      applyAll(original, [record]);
    }
  }
  if (reading !== undefined) readSome(reading, Infinity);
  pictures.push(pictureOf(original));
  return Array.from(taken, ([start, slices], n) => ({
    name: `${world} ${String(seed)}, part ${String(start)} of ${String(parts.length)}`,
    slices,
    before: { ...(pictures[start] as object), changes: [] },
    tail: parts
      .slice(start, n === 0 ? undefined : start + PARTS)
      .map((part, k) => ({ records: part, after: pictures[start + k + 1] })),
  }));
}

function partsOf(records: readonly ViewRecord[], first: number): (readonly ViewRecord[])[] {
  const parts = [records.slice(0, first)];
  for (let at = first; at < records.length; at += PART_RECORDS) {
    parts.push(records.slice(at, at + PART_RECORDS));
  }
  return parts;
}

function readSome(
  reading: { readonly from: Iterator<CheckpointSlice>; readonly into: CheckpointSlice[] },
  count: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const next = reading.from.next();
    if (next.done === true) return;
    reading.into.push(next.value);
  }
}
