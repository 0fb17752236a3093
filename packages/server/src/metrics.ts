import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Stream } from "@fustor/core";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Domain } from "./domain.js";
import type { Storage } from "./log/storage.js";
import type { LiveView } from "./views.js";

/** What a metric can look at when it is read. */
export interface Observed {
  readonly views: ReadonlyMap<string, LiveView>;
  readonly domains: ReadonlyMap<string, Domain>;
  readonly storage: Storage;
}

/** The figures of one Fusion, in a registry of its own. Whoever creates it closes it. */
export class Metrics {
  readonly registry = new Registry();
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 });
  readonly #batches = new Counter({
    name: "fustor_ingest_batches_total",
    help: "Batches accepted.",
    labelNames: ["pipe", "stream"],
    registers: [this.registry],
  });
  readonly #rows = new Counter({
    name: "fustor_ingest_rows_total",
    help: "Rows and keys accepted.",
    labelNames: ["pipe", "stream"],
    registers: [this.registry],
  });
  readonly #errors = new Counter({
    name: "fustor_ingest_errors_total",
    help: "Calls of agents that were answered with an error, by its code.",
    labelNames: ["code"],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: "fustor_ingest_seconds",
    help: "Time to check and apply one batch, after its body was read.",
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    registers: [this.registry],
  });

  constructor(observed: Observed) {
    this.#loopDelay.enable();
    addSessions(this.registry, observed);
    addViews(this.registry, observed);
    addStorage(this.registry, observed);
    const lag = this.#loopDelay;
    new Gauge({
      name: "fustor_event_loop_lag_seconds",
      help: "How late the event loop was since the last scrape.",
      labelNames: ["quantile"],
      registers: [this.registry],
      collect() {
        for (const percent of [50, 99, 100]) {
          this.set({ quantile: String(percent / 100) }, lag.percentile(percent) / 1e9);
        }
        lag.reset();
      },
    });
  }

  accepted(pipe: string, stream: Stream, rows: number, seconds: number): void {
    this.#batches.inc({ pipe, stream });
    this.#rows.inc({ pipe, stream }, rows);
    this.#seconds.observe(seconds);
  }

  refused(code: string): void {
    this.#errors.inc({ code });
  }

  close(): void {
    this.#loopDelay.disable();
  }
}

function addSessions(registry: Registry, { domains }: Observed): void {
  new Gauge({
    name: "fustor_sessions",
    help: "Live sessions.",
    labelNames: ["pipe", "role"],
    registers: [registry],
    collect() {
      for (const { pipe, sessions, leader } of domains.values()) {
        const leaders = leader === undefined ? 0 : 1;
        this.set({ pipe: pipe.id, role: "leader" }, leaders);
        this.set({ pipe: pipe.id, role: "follower" }, sessions.length - leaders);
      }
    },
  });
}

function addStorage(registry: Registry, { storage }: Observed): void {
  const add = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  add("fustor_storage_failed", "1 once the log could not be written: nothing is taken.", () =>
    storage.log.failure === undefined ? 0 : 1,
  );
  add("fustor_storage_damaged", "1 where the last start found damaged records.", () =>
    storage.damage === undefined ? 0 : 1,
  );
  add("fustor_log_tail_bytes", "What the next start would read of the log.", () => {
    return storage.tailBytes;
  });
  add("fustor_checkpoint_bytes", "Size of the newest checkpoint.", () => storage.checkpointBytes);
}

function addViews(registry: Registry, { views }: Observed): void {
  const perView = (name: string, help: string, read: (view: LiveView) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ["view"],
      registers: [registry],
      collect() {
        for (const view of views.values()) this.set({ view: view.id }, read(view));
      },
    });
  };
  perView("fustor_view_ready", "1 once a full snapshot was applied.", ({ fs }) =>
    fs.readiness().ready ? 1 : 0,
  );
  perView("fustor_view_files", "Nodes that are no directories.", ({ fs }) => fs.stats().files);
  perView("fustor_view_directories", "Directories.", ({ fs }) => fs.stats().directories);
  perView("fustor_view_bytes", "Sum of all file sizes.", ({ fs }) => fs.stats().bytes);
  perView("fustor_view_suspects", "Files being written or too fresh to be sure of.", ({ fs }) => {
    return fs.stats().suspects;
  });
  perView("fustor_view_blind_spots", "Changes that no event told.", ({ fs }) => {
    return fs.stats().blindSpots;
  });
  perView("fustor_view_gaps", "Scopes whose truth was lost or unreadable.", ({ fs }) => {
    return fs.stats().gaps;
  });
}
