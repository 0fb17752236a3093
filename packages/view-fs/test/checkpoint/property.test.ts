import { isDeepStrictEqual } from "node:util";
import type { CheckpointSlice } from "@fustor/core";
import { WORLDS, type WorldName } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { cutHistory, type Cut } from "./histories.js";
import { beginCheckpoint } from "../../src/checkpoint/write.js";
import type { Limits } from "../../src/core/world.js";
import { applyAll, pictureOf, restored } from "./picture.js";

/** Histories of each world, and checkpoints of each history: few enough for every run. */
const HISTORIES = 4;
const CUTS = 16;
const FIRST = Number(process.env["FUSTOR_FIRST"] ?? 1);
const TIMES = Number(process.env["FUSTOR_TIMES"] ?? 1);
/** Some seconds of work, where ten others want the processor. */
const PATIENCE_MS = 120_000;
/** So small that the order in which things are forgotten matters. */
const TIGHT = { voicesMax: 60, heardMax: 4, suspectsMax: 6, blindSpotsMax: 3, doubtsMax: 8 };
const WORLD_NAMES = Object.keys(WORLDS) as WorldName[];
/** What the tree cannot do without: a checkpoint that misses a page of these is refused. */
const PAGED = "files directories sums children names nameRecords kinds".split(" ");
/** What the simulated world hardly has. */
const ELSEWHERE = ["beyond", "orphans"];

describe("a checkpoint taken while records are applied", () => {
  for (const world of WORLD_NAMES) {
    const count = HISTORIES * TIMES;
    it(
      `gives the state after what follows, in ${String(count)} histories of ${world}`,
      async () => {
        for (let seed = FIRST; seed < FIRST + count; seed += 1) {
          const limits = seed % 2 === 0 ? TIGHT : {};
          for (const cut of cutHistory({ world, seed, cuts: CUTS, limits })) {
            expect(await firstDifference(cut, limits), cut.name).toBeUndefined();
          }
        }
      },
      PATIENCE_MS * TIMES,
    );
  }

  it(
    "has no section that makes no difference",
    async () => {
      const unnoticed = new Set<string>();
      const noticed = new Set([...PAGED, ...ELSEWHERE]);
      for (const world of WORLD_NAMES) {
        for (const cut of cutHistory({ world, seed: 2, cuts: CUTS, limits: TIGHT })) {
          for (const section of new Set(cut.slices.map((slice) => slice.section))) {
            if (noticed.has(section.split("/")[0] ?? "")) continue;
            const slices = cut.slices.filter((slice) => slice.section !== section);
            const isNoticed = await firstDifference({ ...cut, slices }, TIGHT).then(
              (difference) => difference !== undefined,
              () => true,
            );
            (isNoticed ? noticed : unnoticed).add(section);
          }
        }
      }
      expect([...unnoticed].filter((section) => !noticed.has(section))).toEqual([]);
      expect(noticed.size).toBeGreaterThan(30);
    },
    PATIENCE_MS,
  );
});

/** What does not fit between the view that goes on and the one that was restored. */
async function firstDifference(
  { slices, before, tail }: Cut,
  limits: Partial<Limits>,
): Promise<unknown> {
  const copy = await restored(slices, limits);
  const again = [...beginCheckpoint(copy.core, revisionOf(slices)).slices];
  if (!isDeepStrictEqual(contentOf(again), contentOf(slices))) return { later: -1 };
  let picture = pictureOf(copy);
  if (!isDeepStrictEqual(picture, before)) return { later: 0, picture, expected: before };
  for (const [i, { records, after }] of tail.entries()) {
    applyAll(copy, records);
    picture = pictureOf(copy);
    if (!isDeepStrictEqual(picture, after)) return { later: i + 1, picture, expected: after };
  }
  return undefined;
}

/** The slices by section, pages in an order that does not depend on what was written meanwhile. */
function contentOf(slices: Iterable<CheckpointSlice>): unknown {
  const content = new Map<string, string[]>();
  for (const { section, bytes } of slices) {
    const text = Buffer.from(bytes).toString("latin1");
    content.set(section, [...(content.get(section) ?? []), text]);
  }
  for (const texts of content.values()) texts.sort();
  return content;
}

function revisionOf(slices: Iterable<CheckpointSlice>): number {
  const rest = [...slices].find(({ section }) => section === "rest")?.bytes ?? [];
  return (JSON.parse(Buffer.from(rest).toString()) as { readonly revision: number }).revision;
}
