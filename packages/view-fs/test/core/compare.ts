import type { ViewRecord } from "@fustor/core";
import { expect } from "vitest";
import { digestOf } from "../reference/believer.js";
import { ReferenceModel } from "../reference/model.js";
import { createCore } from "./believer.js";

/** What is folded where tombstones are too many depends on their order, which is no rule. */
export const TOMBSTONES_MAX = 1_000_000;

/** The core and the reference model have to say the same after every record. */
export function compareRecords(records: Iterable<ViewRecord>, where: string): void {
  const limits = { tombstonesMax: TOMBSTONES_MAX };
  const model = new ReferenceModel({ digestOf, brakeRows: 12, ...limits });
  const core = createCore(() => undefined, limits);
  let i = 0;
  for (const record of records) {
    model.apply(record);
    core.apply(record);
    const said = {
      ...saidOf(core, record),
      rows: core.rows(),
      wanted: [...core.takeWanted()].sort(),
    };
    expect(said, `${where} record ${String(i)}`).toEqual({
      ...saidOf(believerOf(model), record),
      rows: rowsOf(model),
      wanted: [...new Set(model.takeWanted())].sort(),
    });
    i += 1;
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
