import { runHistory, shrinkHistory, WORLDS, type WorldName } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { digestOfRows } from "../reference/believer.js";
import { createCore } from "./believer.js";

/** Histories of each world: with the model's, more than 1,000 in every run. */
const HISTORIES: Readonly<Record<WorldName, number>> = {
  lag60: 200,
  lag3: 250,
  mixed: 180,
  all60: 60,
  local: 360,
};
/** For a machine that has much else to do. */
const TIMEOUT_MS = 600_000;
/** Every how many histories the feed's replica is compared at every revision. */
const THOROUGH_EVERY = 9;
const FIRST = Number(process.env["FUSTOR_FIRST"] ?? 1);
const TIMES = Number(process.env["FUSTOR_TIMES"] ?? 1);

describe("the core in the simulated world", () => {
  for (const world of Object.keys(WORLDS) as WorldName[]) {
    const count = HISTORIES[world] * TIMES;
    it(
      `keeps every law in ${String(count)} histories of ${world}`,
      () => {
        for (let seed = FIRST; seed < FIRST + count; seed += 1) {
          const isThorough = seed % THOROUGH_EVERY === 0;
          const createBeliever = (feed: Parameters<typeof createCore>[0]) => createCore(feed);
          const options = { world, seed, createBeliever, digestOf: digestOfRows };
          const [breach] = runHistory({ ...options, isThorough }).breaches;
          if (breach === undefined) continue;
          const needed = String(shrinkHistory(options).size);
          throw new Error(
            `${world} ${String(seed)}: ${breach.law}: ${breach.path} ${breach.detail} (${needed})`,
          );
        }
      },
      TIMEOUT_MS,
    );
  }

  it("loses nothing where it can tell few voices apart, and forgets what hosts said", () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const createBeliever = (feed: Parameters<typeof createCore>[0]) =>
        createCore(feed, { voicesMax: 24, heardMax: 2 });
      const { breaches } = runHistory({
        ...{ world: "lag3", seed, createBeliever },
        digestOf: digestOfRows,
      });
      const isLost = ({ law }: { readonly law: string }) => law === "no false delete";
      expect(breaches.filter(isLost)).toEqual([]);
    }
  });

  it("folds one log to one state, however often, and whatever ticks come between", () => {
    const createBeliever = (feed: Parameters<typeof createCore>[0]) => createCore(feed);
    const options = { world: "lag3", seed: 5, digestOf: digestOfRows } as const;
    const { records } = runHistory({ ...options, createBeliever });
    const [once, again, ticked] = [1, 2, 3].map(() => createCore(() => undefined));
    for (const record of records) {
      once?.apply(record);
      again?.apply(record);
      ticked?.apply({ kind: "tick", at: record.at });
      ticked?.apply(record);
    }
    expect(again?.hash()).toBe(once?.hash());
    expect(ticked?.hash()).toBe(once?.hash());
  });
});
