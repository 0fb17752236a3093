import { domainsInto, type Context } from "../context.js";
import type { LiveView } from "../views.js";
import { toPathJson } from "./query-meta.js";

/** A view as `GET /api/v1/views` lists it. Times are seconds of Fusion time. */
export function toViewJson(view: LiveView, context: Context): object {
  const { id, type, fs } = view;
  const stats = fs.stats();
  const readiness = fs.readiness();
  const domains = domainsInto(context, view);
  const { part } = view;
  return {
    id,
    type,
    ...(part === undefined ? {} : { parts: part.paths.map(toPathJson) }),
    ready: readiness.ready,
    ...(readiness.ready ? {} : { reason: readiness.reason }),
    files: stats.files,
    directories: stats.directories,
    bytes: stats.bytes,
    suspects: stats.suspects,
    blind_spots: stats.blindSpots,
    gaps: stats.gaps,
    held: stats.held,
    revision: fs.revision,
    as_of: stats.asOf / 1000,
    staleness_seconds: ageSeconds(stats.lastEvidenceAt, context.time.now()),
    pipes: domains.map(({ pipe }) => pipe.id),
    sessions: domains.reduce((sum, { sessions }) => sum + sessions.length, 0),
    has_leader: domains.some(({ leader }) => leader !== undefined),
  };
}

/**
 * v1's figures. Its `oldest_item_path` is always null: finding it would cost a walk of the tree
 * and says nothing about freshness.
 */
export function toStatsJson({ fs }: LiveView, now: number): object {
  const stats = fs.stats();
  const staleness = ageSeconds(stats.lastEvidenceAt, now);
  return {
    item_count: stats.files + stats.directories,
    total_files: stats.files,
    total_directories: stats.directories,
    latency_ms: staleness === null ? null : staleness * 1000,
    staleness_seconds: staleness,
    oldest_item_path: null,
    has_blind_spot: stats.blindSpots > 0,
    suspect_file_count: stats.suspects,
    logical_now: stats.asOf / 1000,
    last_audit_finished_at: (stats.lastAuditAt ?? 0) / 1000,
    audit_cycle_count: stats.auditsCompleted,
    total_bytes: stats.bytes,
    gap_count: stats.gaps,
    tombstone_count: stats.tombstones,
    revision: fs.revision,
  };
}

/** How long ago the last evidence came; null before the first. */
function ageSeconds(at: number | undefined, now: number): number | null {
  return at === undefined ? null : Math.max(0, now - at) / 1000;
}
