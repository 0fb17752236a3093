import {
  AGE_BUCKETS,
  LATENCY_BUCKETS,
  PROCESS_METRICS,
  type MetricDefinitions,
} from "@fustor/core/metrics";

/** Everything that `GET /metrics` of a Fusion exports; `docs/metrics.md` is made from it. */
export const FUSION_METRICS = {
  fustor_fusion_info: {
    type: "gauge",
    help: "1; the labels say which versions run.",
    labels: ["version", "node"],
  },
  fustor_ready: { type: "gauge", help: "1 when `/readyz` answers 200." },

  fustor_sessions: { type: "gauge", help: "Live sessions.", labels: ["pipe", "role"] },
  fustor_session_silence_seconds: {
    type: "gauge",
    help: "How long the most silent session of a pipe has said nothing.",
    labels: ["pipe"],
  },
  fustor_session_timeout_seconds: {
    type: "gauge",
    help: "After so much silence a session of the pipe ends: the limit of the one above.",
    labels: ["pipe"],
  },

  fustor_ingest_batches_total: {
    type: "counter",
    help: "Batches accepted.",
    labels: ["pipe", "stream"],
  },
  fustor_ingest_rows_total: {
    type: "counter",
    help: "Rows and keys accepted.",
    labels: ["pipe", "stream"],
  },
  fustor_ingest_bytes_total: {
    type: "counter",
    help: "Bytes of accepted batches, unpacked; those of v1 as they came.",
    labels: ["pipe", "stream"],
  },
  fustor_ingest_errors_total: {
    type: "counter",
    help: "Calls of agents that were answered with an error, by its code.",
    labels: ["code"],
  },
  fustor_ingest_seconds: {
    type: "histogram",
    help: "Time to check and apply one batch, after its body was read.",
    buckets: LATENCY_BUCKETS,
  },
  fustor_event_lag_seconds: {
    type: "histogram",
    help:
      "From the oldest look in a batch, which is soon after the event, until it was applied; by " +
      "the agent's clock, as it was compared with ours.",
    labels: ["pipe", "stream"],
    buckets: AGE_BUCKETS,
  },
  fustor_query_seconds: {
    type: "histogram",
    help: "Time to answer a question, by its call; those that wait for changes are left out.",
    labels: ["call"],
    buckets: LATENCY_BUCKETS,
  },
  fustor_query_errors_total: {
    type: "counter",
    help: "Other calls that were answered with an error, by its code.",
    labels: ["code"],
  },

  fustor_view_ready: {
    type: "gauge",
    help: "1 once a full snapshot was applied.",
    labels: ["view"],
  },
  fustor_view_files: { type: "gauge", help: "Nodes that are no directories.", labels: ["view"] },
  fustor_view_directories: { type: "gauge", help: "Directories.", labels: ["view"] },
  fustor_view_bytes: { type: "gauge", help: "Sum of all file sizes.", labels: ["view"] },
  fustor_view_suspects: {
    type: "gauge",
    help: "Files being written or too fresh to be sure of.",
    labels: ["view"],
  },
  fustor_view_blind_spots: {
    type: "gauge",
    help: "Changes that no event told.",
    labels: ["view"],
  },
  fustor_view_gaps: {
    type: "gauge",
    help: "Scopes whose truth was lost or unreadable.",
    labels: ["view"],
  },
  fustor_view_held: {
    type: "gauge",
    help: "Names that stay shown because too many were missing at once.",
    labels: ["view"],
  },
  fustor_view_unlisted_directories: {
    type: "gauge",
    help: "Directories that were never listed whole, or have changed since.",
    labels: ["view"],
  },
  fustor_view_tombstones: {
    type: "gauge",
    help: "Removed names that are remembered for a while.",
    labels: ["view"],
  },
  fustor_view_revision: {
    type: "gauge",
    help: "Rises with every record that changed something.",
    labels: ["view"],
  },
  fustor_view_staleness_seconds: {
    type: "gauge",
    help: "Since the last evidence of an agent was applied.",
    labels: ["view"],
  },
  fustor_view_audit_age_seconds: {
    type: "gauge",
    help: "Since the last audit was complete; absent before the first.",
    labels: ["view"],
  },
  fustor_view_audits_total: { type: "counter", help: "Complete audits.", labels: ["view"] },
  fustor_view_fresh_directories: {
    type: "gauge",
    help:
      "Directories whose last whole listing is not older than `within` seconds and was not " +
      "contradicted since: a histogram of freshness, counted at most once a minute.",
    labels: ["view", "within"],
  },

  fustor_feed_readers: {
    type: "gauge",
    help: "Who waits for changes of a view.",
    labels: ["view"],
  },
  fustor_feed_readers_limit: { type: "gauge", help: "More are turned away.", labels: ["view"] },
  fustor_feed_remembered_events: {
    type: "gauge",
    help: "Changes that are kept for readers who come back.",
    labels: ["view"],
  },
  fustor_scan_jobs: { type: "gauge", help: "Asked listings that wait or run." },
  fustor_scan_jobs_limit: { type: "gauge", help: "More are turned away." },

  fustor_log_waiting_bytes: { type: "gauge", help: "Appended to the log and not durable yet." },
  fustor_log_waiting_bytes_limit: { type: "gauge", help: "With more, agents wait." },
  fustor_log_written_bytes_total: { type: "counter", help: "Appended to the log." },
  fustor_log_tail_bytes: { type: "gauge", help: "What the next start would read of the log." },
  fustor_checkpoint_bytes: { type: "gauge", help: "Size of the newest checkpoint." },
  fustor_checkpoint_age_seconds: {
    type: "gauge",
    help: "Since this process wrote the newest checkpoint, or read it at its start.",
  },
  fustor_storage_failed: {
    type: "gauge",
    help: "1 once the log could not be written: nothing is taken.",
  },
  fustor_storage_damaged: {
    type: "gauge",
    help: "1 where the last start found damaged records.",
  },
  fustor_storage_free_bytes: {
    type: "gauge",
    help: "Free on the file system of the state; absent with `storage: memory`.",
  },
  fustor_storage_size_bytes: { type: "gauge", help: "Size of that file system." },

  ...PROCESS_METRICS,
} as const satisfies MetricDefinitions;

export type FusionMetrics = typeof FUSION_METRICS;
