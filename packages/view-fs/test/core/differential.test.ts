import { runHistory, WORLDS, type WorldName } from "@fustor/testkit";
import { describe, it } from "vitest";
import { digestOfRows } from "../reference/believer.js";
import { createCore } from "./believer.js";
import { compareRecords, TOMBSTONES_MAX } from "./compare.js";

/** Histories of each world: few enough for every run. */
const HISTORIES: Readonly<Record<WorldName, number>> = {
  lag60: 25,
  lag3: 30,
  mixed: 20,
  all60: 15,
  local: 30,
};
/** For a machine that has much else to do. */
const TIMEOUT_MS = 600_000;
/** For longer runs: the first seed, and how many times as many. */
const FIRST = Number(process.env["FUSTOR_FIRST"] ?? 1);
const TIMES = Number(process.env["FUSTOR_TIMES"] ?? 1);

/** Histories in which longer runs found a difference. */
const FOUND = [["local", 2_000_111]] as const;

describe("the core beside the reference model", () => {
  it.each(FOUND)("says the same after every record of %s %i", (world, seed) => {
    const createBeliever = (feed: Parameters<typeof createCore>[0]) =>
      createCore(feed, { tombstonesMax: TOMBSTONES_MAX });
    const { records } = runHistory({ world, seed, digestOf: digestOfRows, createBeliever });
    compareRecords(records, `${world} ${String(seed)}`);
  });

  for (const world of Object.keys(WORLDS) as WorldName[]) {
    const count = HISTORIES[world] * TIMES;
    it(
      `says the same after every record of ${String(count)} histories of ${world}`,
      () => {
        for (let seed = FIRST; seed < FIRST + count; seed += 1) {
          const { records } = runHistory({
            ...{ world, seed, digestOf: digestOfRows },
            createBeliever: (feed) => createCore(feed, { tombstonesMax: TOMBSTONES_MAX }),
          });
          compareRecords(records, `${world} ${String(seed)}`);
        }
      },
      TIMEOUT_MS,
    );
  }
});
