import type { MetricSet } from "@fustor/core/metrics";
import type { FsView } from "@fustor/schema-fs";
import type { FusionTime } from "../fusion-time.js";
import type { LiveView } from "../views.js";
import type { FusionMetrics } from "./definitions.js";
import { Freshness, FRESHNESS_BOUNDS_SEC } from "./freshness.js";

type Read = (view: LiveView, fs: FsView) => number | undefined;

/** Fills in the metrics of every view. `signal` ends what counts in the background. */
export function readViews(
  metrics: MetricSet<FusionMetrics>,
  views: ReadonlyMap<string, LiveView>,
  { time, signal }: { readonly time: FusionTime; readonly signal: AbortSignal },
): void {
  const age = (at: number | undefined): number | undefined =>
    at === undefined ? undefined : Math.max(0, time.now() - at) / 1_000;
  const perView: Partial<Record<keyof FusionMetrics, Read>> = {
    fustor_view_ready: (_, fs) => (fs.readiness().ready ? 1 : 0),
    fustor_view_files: (_, fs) => fs.stats().files,
    fustor_view_directories: (_, fs) => fs.stats().directories,
    fustor_view_bytes: (_, fs) => fs.stats().bytes,
    fustor_view_suspects: (_, fs) => fs.stats().suspects,
    fustor_view_blind_spots: (_, fs) => fs.stats().blindSpots,
    fustor_view_gaps: (_, fs) => fs.stats().gaps,
    fustor_view_held: (_, fs) => fs.stats().held,
    fustor_view_unlisted_directories: (_, fs) => fs.stats().unlisted,
    fustor_view_tombstones: (_, fs) => fs.stats().tombstones,
    fustor_view_revision: (_, fs) => fs.revision,
    fustor_view_staleness_seconds: (_, fs) => age(fs.stats().lastEvidenceAt),
    fustor_view_audit_age_seconds: (_, fs) => age(fs.stats().lastAuditAt),
    fustor_view_audits_total: (_, fs) => fs.stats().auditsCompleted,
    fustor_feed_readers: ({ feed }) => feed.readers,
    fustor_feed_readers_limit: ({ feed }) => feed.readersMax,
    fustor_feed_remembered_events: ({ feed }) => feed.remembered,
  };
  for (const [name, read] of Object.entries(perView)) {
    metrics.read(name as keyof FusionMetrics, (tell) => {
      for (const view of views.values()) {
        const value = read(view, view.fs);
        if (value !== undefined) tell({ view: view.id }, value);
      }
    });
  }

  const counted = new Map(
    [...views.values()].map(({ id, fs }) => [id, new Freshness(fs, time, signal)]),
  );
  metrics.read("fustor_view_fresh_directories", async (tell) => {
    for (const [view, freshness] of counted) {
      const counts = await freshness.read();
      counts?.forEach((count, index) => {
        tell({ view, within: String(FRESHNESS_BOUNDS_SEC[index]) }, count);
      });
    }
  });
}
