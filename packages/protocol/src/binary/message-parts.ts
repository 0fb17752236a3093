import type { Habit } from "./columns.js";

/** The codes of kinds, sources, walks and edges are their places in these lists. */
export const KINDS = ["change", "listing", "digest", "unreadable", "lost", "mark"] as const;
export const SOURCES = ["realtime", "snapshot", "audit", "on_demand", "sentinel"] as const;
export const WALKS = ["snapshot", "audit", "scan"] as const;
export const EDGES = ["begin", "end"] as const;

/** The bits of `flags`. */
export const FLAG = { settled: 1, moves: 2, complete: 4, last: 8, self: 16, totals: 32 } as const;

/**
 * Times of our days are multiples of 1/4096 ms, because a double has no more digits for them: in
 * this unit they are integers.
 */
export const TICKS_PER_MS = 4096;

/**
 * What messages say besides rows: every message adds to the columns that its kind needs. `...Count`
 * says how many values it added to the column of that name.
 */
export const PARTS = [
  "kind",
  "source",
  "startedAt",
  /** From `startedAt` on. */
  "duration",
  "scope",
  "flags",
  /** Of change, listing and digest: which table holds the rows, and how many are its own. */
  "table",
  "rowCount",
  "deletesCount",
  "deletes",
  /** Places in the message's rows. */
  "settledCount",
  "settled",
  "movesCount",
  "movesFrom",
  "movesTo",
  "part",
  "digestHigh",
  "digestLow",
  "digestRows",
  /** `errno`, `reason` or `id`. */
  "words",
  "walk",
  "edge",
  /** Scopes, rows and unreadable, one after the other. */
  "totals",
] as const;

export type Part = (typeof PARTS)[number];

export const PART_HABITS: Readonly<Partial<Record<Part, Habit>>> = {
  startedAt: "steps",
  settled: "steps",
  movesTo: "steps",
  digestHigh: "words",
  digestLow: "words",
};
