import type { ViewRecord } from "@fustor/core";
import { runHistory, WORLDS, type WorldName } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { digestOf, digestOfRows } from "../reference/believer.js";
import { ReferenceModel } from "../reference/model.js";
import { createCore } from "./believer.js";

/** Histories of each world: few enough for every run. */
const HISTORIES: Readonly<Record<WorldName, number>> = {
  lag60: 25,
  lag3: 30,
  all60: 15,
  local: 30,
};
/** For longer runs: the first seed, and how many times as many. */
const FIRST = Number(process.env["FUSTOR_FIRST"] ?? 1);
const TIMES = Number(process.env["FUSTOR_TIMES"] ?? 1);
/** What is folded where tombstones are too many depends on their order, which is no rule. */
const TOMBSTONES_MAX = 1_000_000;

/**
 * In about one history of 300 the two part where no rule decides: which of two hosts' words is named
 * in a doubt, or which of two absences comes first where the brake lets only one pass.
 */
describe("the core beside the reference model", () => {
  for (const world of Object.keys(WORLDS) as WorldName[]) {
    const count = HISTORIES[world] * TIMES;
    it(`says the same after every record of ${String(count)} histories of ${world}`, () => {
      for (let seed = FIRST; seed < FIRST + count; seed += 1) compareHistory(world, seed);
    });
  }
});

function compareHistory(world: WorldName, seed: number): void {
  const limits = { tombstonesMax: TOMBSTONES_MAX };
  const { records } = runHistory({
    ...{ world, seed, digestOf: digestOfRows },
    createBeliever: (feed) => createCore(feed, limits),
  });
  const model = new ReferenceModel({ digestOf, brakeRows: 12, ...limits });
  const core = createCore(() => undefined, limits);
  for (const [i, record] of records.entries()) {
    model.apply(record);
    core.apply(record);
    const said = {
      ...saidOf(core, record),
      rows: core.rows(),
      wanted: [...core.takeWanted()].sort(),
    };
    expect(said, `${world} ${String(seed)} record ${String(i)}`).toEqual({
      ...saidOf(believerOf(model), record),
      rows: rowsOf(model),
      wanted: [...new Set(model.takeWanted())].sort(),
    });
  }
}

interface Said {
  doubtsDue(at: number): { readonly probes: Iterable<string>; readonly listings: Iterable<string> };
  doubts(): Iterable<string>;
  suspects(): Iterable<string>;
  blindSpots(): Iterable<string>;
  gaps(): Iterable<{ readonly scope: string; readonly kind: string; readonly since: number }>;
  held(): Iterable<string>;
}

function saidOf(said: Said, { at }: ViewRecord) {
  const { probes, listings } = said.doubtsDue(at);
  return {
    doubts: [...said.doubts()].sort(),
    suspects: [...said.suspects()].sort(),
    blindSpots: [...said.blindSpots()].sort(),
    gaps: Array.from(said.gaps(), ({ scope, kind, since }) => [scope, kind, since]).sort(),
    held: [...said.held()].sort(),
    probes: [...probes].sort(),
    listings: [...listings].sort(),
  };
}

function believerOf({ trust }: ReferenceModel): Said {
  return {
    doubtsDue: (at) => trust.doubtsDue(at),
    doubts: () => trust.doubts(),
    suspects: () => trust.suspects(),
    blindSpots: () => trust.blindSpots().keys(),
    gaps: () => trust.gaps(),
    held: () => trust.held(),
  };
}

function rowsOf(model: ReferenceModel) {
  const rows = Array.from(model.rows(), ([path, { attributes }]) => [path, attributes] as const);
  return new Map(rows.filter(([path]) => path !== "/"));
}
