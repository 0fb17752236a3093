import { readdir } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../../time.js";
import type { MetricDefinitions } from "./definition.js";
import type { MetricSet } from "./metric-set.js";

/** What every process tells of itself; the names are the usual ones of Prometheus. */
export const PROCESS_METRICS = {
  process_cpu_seconds_total: { type: "counter", help: "CPU time used, user and system." },
  process_start_time_seconds: { type: "gauge", help: "When it started, since the epoch." },
  process_resident_memory_bytes: { type: "gauge", help: "Memory that it occupies." },
  nodejs_heap_used_bytes: { type: "gauge", help: "JavaScript objects." },
  nodejs_buffers_bytes: {
    type: "gauge",
    help: "Memory in array buffers; in Fusion most of a view is there.",
  },
  process_open_fds: { type: "gauge", help: "Open files and sockets; on Linux only." },
  fustor_event_loop_lag_seconds: {
    type: "gauge",
    help: "How late the event loop was since the last scrape.",
    labels: ["quantile"],
  },
} as const satisfies MetricDefinitions;

/** Fills in the metrics of this process. Returns what ends it. */
export function readProcess(
  metrics: MetricSet<typeof PROCESS_METRICS>,
  clock: Pick<Clock, "now">,
): () => void {
  const startedAt = clock.now() / 1_000 - process.uptime();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.read("process_cpu_seconds_total", (tell) => {
    const { user, system } = process.cpuUsage();
    tell({}, (user + system) / 1e6);
  });
  metrics.read("process_start_time_seconds", (tell) => {
    tell({}, startedAt);
  });
  metrics.read("process_resident_memory_bytes", (tell) => {
    tell({}, process.memoryUsage.rss());
  });
  metrics.read("nodejs_heap_used_bytes", (tell) => {
    tell({}, process.memoryUsage().heapUsed);
  });
  metrics.read("nodejs_buffers_bytes", (tell) => {
    tell({}, process.memoryUsage().arrayBuffers);
  });
  metrics.read("process_open_fds", async (tell) => {
    const open = await readdir("/proc/self/fd").catch(() => undefined);
    if (open !== undefined) tell({}, open.length);
  });
  metrics.read("fustor_event_loop_lag_seconds", (tell) => {
    for (const percent of [50, 99, 100]) {
      tell({ quantile: String(percent / 100) }, delay.percentile(percent) / 1e9);
    }
    delay.reset();
  });
  return () => {
    delay.disable();
  };
}
