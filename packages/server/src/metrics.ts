import { join } from "node:path";
import type { Message, Stream } from "@fustor/core";
import { MetricSet, readProcess } from "@fustor/core/metrics";
import type { Domain } from "./domain.js";
import type { FusionTime } from "./fusion-time.js";
import type { ScanJobs } from "./jobs.js";
import type { Storage } from "./log/storage.js";
import { FUSION_METRICS } from "./metrics/definitions.js";
import { readSessions } from "./metrics/read-sessions.js";
import { readStorage } from "./metrics/read-storage.js";
import { readViews } from "./metrics/read-views.js";
import type { LiveView } from "./views.js";

/** What the metrics look at when they are read. */
export interface Observed {
  readonly views: ReadonlyMap<string, LiveView>;
  readonly domains: ReadonlyMap<string, Domain>;
  readonly storage: Storage;
  /** Where the state is, unless it is kept in memory only. */
  readonly home: string | undefined;
  readonly jobs: ScanJobs;
  readonly time: FusionTime;
  readonly version: string;
  readonly readiness: () => { readonly ready: boolean };
}

/** A batch that was taken. */
export interface Accepted {
  readonly pipe: string;
  readonly stream: Stream;
  readonly rows: number;
  readonly bytes: number;
  readonly messages: readonly Message[];
  /** What to add to the agent's times for Fusion's, in ms. */
  readonly clockOffsetMs: number;
  /** How long it took. */
  readonly seconds: number;
}

/** The figures of one Fusion, in a registry of its own. Whoever creates it closes it. */
export class Metrics {
  readonly #metrics = new MetricSet(FUSION_METRICS);
  readonly #time: FusionTime;
  readonly #closed = new AbortController();
  readonly #stopProcess: () => void;

  constructor(observed: Observed) {
    const { views, domains, storage, home, jobs, time, version, readiness } = observed;
    const metrics = this.#metrics;
    const now = (): number => time.now();
    this.#time = time;
    this.#stopProcess = readProcess(metrics, time);
    readSessions(metrics, domains, now);
    readViews(metrics, views, { time, signal: this.#closed.signal });
    const folder = home === undefined ? undefined : join(home, "state");
    readStorage(metrics, { storage, folder }, now);
    metrics.read("fustor_fusion_info", (tell) => {
      tell({ version, node: process.versions.node }, 1);
    });
    metrics.read("fustor_ready", (tell) => {
      tell({}, readiness().ready ? 1 : 0);
    });
    metrics.read("fustor_scan_jobs", (tell) => {
      tell({}, jobs.unfinished);
    });
    metrics.read("fustor_scan_jobs_limit", (tell) => {
      tell({}, jobs.unfinishedMax);
    });
  }

  get contentType(): string {
    return this.#metrics.contentType;
  }

  render(): Promise<string> {
    return this.#metrics.render();
  }

  accepted({ pipe, stream, rows, bytes, messages, clockOffsetMs, seconds }: Accepted): void {
    const labels = { pipe, stream };
    this.#metrics.add("fustor_ingest_batches_total", labels);
    this.#metrics.add("fustor_ingest_rows_total", labels, rows);
    this.#metrics.add("fustor_ingest_bytes_total", labels, bytes);
    this.#metrics.observe("fustor_ingest_seconds", {}, seconds);
    const seenAt = oldestLook(messages);
    if (seenAt === undefined) return;
    const lagMs = this.#time.now() - (seenAt + clockOffsetMs);
    this.#metrics.observe("fustor_event_lag_seconds", labels, Math.max(0, lagMs) / 1_000);
  }

  /** A call of an agent was answered with an error. */
  refused(code: string): void {
    this.#metrics.add("fustor_ingest_errors_total", { code });
  }

  /** Any other call was. */
  failed(code: string): void {
    this.#metrics.add("fustor_query_errors_total", { code });
  }

  /** A question was answered. */
  answered(call: string, seconds: number): void {
    this.#metrics.observe("fustor_query_seconds", { call }, seconds);
  }

  close(): void {
    this.#closed.abort();
    this.#stopProcess();
  }
}

/** When the first look of a batch began, by the agent's clock; undefined where it holds none. */
function oldestLook(messages: readonly Message[]): number | undefined {
  let oldest: number | undefined;
  for (const { kind, startedAt } of messages) {
    if (kind === "mark" || kind === "lost") continue;
    oldest = oldest === undefined ? startedAt : Math.min(oldest, startedAt);
  }
  return oldest;
}
