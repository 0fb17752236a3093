import type { MetricSet } from "@fustor/core/metrics";
import type { Domain } from "../domain.js";
import type { FusionMetrics } from "./definitions.js";

/** Fills in the metrics of the sessions of every pipe. */
export function readSessions(
  metrics: MetricSet<FusionMetrics>,
  domains: ReadonlyMap<string, Domain>,
  now: () => number,
): void {
  metrics.read("fustor_sessions", (tell) => {
    for (const { pipe, sessions, leader } of domains.values()) {
      const leaders = leader === undefined ? 0 : 1;
      tell({ pipe: pipe.id, role: "leader" }, leaders);
      tell({ pipe: pipe.id, role: "follower" }, sessions.length - leaders);
    }
  });
  metrics.read("fustor_session_silence_seconds", (tell) => {
    for (const { pipe, sessions } of domains.values()) {
      if (sessions.length === 0) continue;
      const since = Math.min(...sessions.map(({ lastSeenAt }) => lastSeenAt));
      tell({ pipe: pipe.id }, Math.max(0, now() - since) / 1_000);
    }
  });
  metrics.read("fustor_session_timeout_seconds", (tell) => {
    for (const { pipe } of domains.values()) tell({ pipe: pipe.id }, pipe.session_timeout_seconds);
  });
}
