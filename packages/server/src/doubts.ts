import type { DoubtsDue } from "@fustor/core";
import type { LiveView } from "./views.js";

/** What a leader is asked to look at. */
export interface HandedOut extends DoubtsDue {
  /** How soon it shall come for more, in ms; undefined while its heartbeats are soon enough. */
  readonly nextMs: number | undefined;
}

export const NO_DOUBTS: HandedOut = { probes: [], listings: [], nextMs: undefined };

const NOTHING: DoubtsDue = { probes: [], listings: [] };

/** Names that one heartbeat hands out, and directories, which cost more. */
const PROBES_MAX = 1_000;
const LISTINGS_MAX = 100;
/** Where more than that is in doubt, the leader comes back when it may have looked. */
const MORE_MS = 1_000;

interface Rhythm {
  /** Fusion time, ms. */
  readonly at: number;
  /** No doubt shall wait for longer than this when it is due. */
  readonly sentinelMs: number;
  /** The pause between two heartbeats. */
  readonly beatMs: number;
}

/** The most urgent of what the views doubt. */
export function handOut(views: readonly LiveView[], { at, sentinelMs, beatMs }: Rhythm): HandedOut {
  const due = dueAt(views, at);
  const probes = due.probes.slice(0, PROBES_MAX);
  const listings = due.listings.slice(0, LISTINGS_MAX);
  const isMore = probes.length < due.probes.length || listings.length < due.listings.length;
  if (isMore) return { probes, listings, nextMs: MORE_MS };
  const isSoonEnough = sentinelMs >= beatMs || isEmpty(dueAt(views, at + beatMs));
  return { probes, listings, nextMs: isSoonEnough ? undefined : sentinelMs };
}

function dueAt(views: readonly LiveView[], at: number): DoubtsDue {
  const due = views.flatMap(({ driver, fs }) => {
    // One more than is handed out tells that there is more.
    const { probes, listings } = driver.doubtsDue?.(at, PROBES_MAX + 1) ?? NOTHING;
    // The first snapshot lists everything anyway.
    return fs.readiness().ready ? { probes, listings } : { probes, listings: [] };
  });
  return {
    probes: [...new Set(due.flatMap(({ probes }) => probes))],
    listings: [...new Set(due.flatMap(({ listings }) => listings))],
  };
}

function isEmpty({ probes, listings }: DoubtsDue): boolean {
  return probes.length + listings.length === 0;
}
