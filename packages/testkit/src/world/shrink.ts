import { runHistory, type HistoryOptions } from "./history.js";

/** Runs that one shrinking may take. */
const RUNS_MAX = 400;

/**
 * Leaves out operations and faults, in halves and then one by one, as long as the same law fails.
 * Returns the numbers of those that could be left out.
 */
export function shrinkHistory(options: HistoryOptions): ReadonlySet<number> {
  const first = runHistory(options);
  const law = first.breaches[0]?.law;
  let without = new Set(options.without);
  let runs = 0;
  const fails = (candidate: ReadonlySet<number>): boolean => {
    runs += 1;
    return runHistory({ ...options, without: candidate }).breaches.some((b) => b.law === law);
  };
  if (law === undefined) return without;
  for (let size = first.steps >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < first.steps && runs < RUNS_MAX; from += size) {
      const candidate = new Set(without);
      for (let i = from; i < Math.min(from + size, first.steps); i += 1) candidate.add(i);
      if (candidate.size > without.size && fails(candidate)) without = candidate;
    }
  }
  return without;
}
