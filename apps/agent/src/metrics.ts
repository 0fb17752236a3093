import type { PipeCounters } from "@fustor/core";
import {
  MetricSet,
  PROCESS_METRICS,
  readProcess,
  type MetricDefinitions,
} from "@fustor/core/metrics";
import type { FastifyInstance } from "fastify";
import type { AgentPipeStatus } from "./agent.js";
import type { AgentReport } from "./report.js";

const perPipe = ["pipe"] as const;

/** Everything that `GET /metrics` of an agent exports; `docs/metrics.md` is made from it. */
export const AGENT_METRICS = {
  fustor_agent_info: {
    type: "gauge",
    help: "1; the labels say who and which versions run.",
    labels: ["agent", "version", "node"],
  },
  fustor_pipe_state: {
    type: "gauge",
    help: "1 for the state that an enabled pipe is in: starting, running, retrying or stopped.",
    labels: ["pipe", "state"],
  },
  fustor_pipe_leader: {
    type: "gauge",
    help: "1 where the session leads, and so walks; 0 where it follows.",
    labels: perPipe,
  },
  fustor_pipe_watching: { type: "gauge", help: "1 while the watch stands.", labels: perPipe },
  fustor_pipe_problem: {
    type: "gauge",
    help: "1 while something is missing, by the code of the error.",
    labels: ["pipe", "code"],
  },
  fustor_pipe_sessions_total: { type: "counter", help: "Sessions opened.", labels: perPipe },
  fustor_pipe_snapshots_total: { type: "counter", help: "Whole snapshots.", labels: perPipe },
  fustor_pipe_audits_total: { type: "counter", help: "Whole audits.", labels: perPipe },
  fustor_pipe_rows_total: {
    type: "counter",
    help: "Rows that the receiver acknowledged.",
    labels: perPipe,
  },
  fustor_pipe_batches_total: {
    type: "counter",
    help: "Batches that the receiver acknowledged.",
    labels: perPipe,
  },
  fustor_pipe_batches_refused_total: {
    type: "counter",
    help: "Batches that the receiver took for bad.",
    labels: perPipe,
  },
  fustor_pipe_retries_total: { type: "counter", help: "Batches sent again.", labels: perPipe },
  fustor_pipe_lost_total: {
    type: "counter",
    help: "Scopes reported as lost, to be looked at again.",
    labels: perPipe,
  },
  fustor_pipe_buffered_rows: {
    type: "gauge",
    help: "Rows that wait to be sent.",
    labels: perPipe,
  },
  fustor_pipe_buffered_rows_limit: {
    type: "gauge",
    help: "With more, what waits is kept as scopes to look at again.",
    labels: perPipe,
  },
  fustor_pipe_buffer_overflows_total: {
    type: "counter",
    help: "Times that more rows waited than the limit allows.",
    labels: perPipe,
  },
  fustor_source_restarts_total: {
    type: "counter",
    help: "Times that the process of a source was started again.",
    labels: perPipe,
  },
  fustor_source_resident_memory_bytes: {
    type: "gauge",
    help: "Memory that the process of a source occupies, to a MiB.",
    labels: perPipe,
  },
  fustor_source_watches: {
    type: "gauge",
    help: "Directories that are watched.",
    labels: perPipe,
  },
  fustor_source_watches_limit: {
    type: "gauge",
    help: "How many the system allows this user.",
    labels: perPipe,
  },
  fustor_source_unwatched_directories: {
    type: "gauge",
    help: "Directories that could not be watched and are looked at now and then.",
    labels: perPipe,
  },
  fustor_source_unreadable_directories: {
    type: "gauge",
    help: "Directories that could not be read.",
    labels: perPipe,
  },
  fustor_source_dirty_names: {
    type: "gauge",
    help: "Names that something happened to, and that are to be looked at.",
    labels: perPipe,
  },
  fustor_source_dirty_directories: {
    type: "gauge",
    help: "Directories that are to be listed again.",
    labels: perPipe,
  },
  fustor_source_overflows_total: {
    type: "counter",
    help: "Times that the kernel dropped events.",
    labels: perPipe,
  },
  fustor_source_heals_total: {
    type: "counter",
    help: "Directories listed again after something was lost.",
    labels: perPipe,
  },
  ...PROCESS_METRICS,
} as const satisfies MetricDefinitions;

type Name = keyof typeof AGENT_METRICS;
type Read = (pipe: AgentPipeStatus) => number | undefined;

const counter = (name: keyof PipeCounters): Read => {
  return ({ counters }) => counters[name];
};

/** Of the driver's own figures; a driver that has none tells none. */
const figure = (name: string, factor = 1): Read => {
  return ({ source }) => {
    const value = source[name];
    return typeof value === "number" ? value * factor : undefined;
  };
};

const PER_PIPE: Partial<Record<Name, Read>> = {
  fustor_pipe_leader: ({ role }) => (role === undefined ? undefined : role === "leader" ? 1 : 0),
  fustor_pipe_watching: ({ watching }) => (watching ? 1 : 0),
  fustor_pipe_sessions_total: counter("sessionsOpened"),
  fustor_pipe_snapshots_total: counter("snapshotsCompleted"),
  fustor_pipe_audits_total: counter("auditsCompleted"),
  fustor_pipe_rows_total: counter("rowsSent"),
  fustor_pipe_batches_total: counter("batchesSent"),
  fustor_pipe_batches_refused_total: counter("batchesRefused"),
  fustor_pipe_retries_total: counter("retries"),
  fustor_pipe_lost_total: counter("lostReported"),
  fustor_pipe_buffered_rows: counter("buffered"),
  fustor_pipe_buffer_overflows_total: counter("overflows"),
  fustor_source_restarts_total: counter("sourceRestarts"),
  fustor_source_resident_memory_bytes: figure("rssMb", 1024 * 1024),
  fustor_source_watches: figure("watches"),
  fustor_source_watches_limit: figure("watchesMax"),
  fustor_source_unwatched_directories: figure("unwatched"),
  fustor_source_unreadable_directories: figure("unreadable"),
  fustor_source_dirty_names: figure("dirtyNames"),
  fustor_source_dirty_directories: figure("dirtyDirectories"),
  fustor_source_overflows_total: figure("overflows"),
  fustor_source_heals_total: figure("heals"),
};

/** Serves `/metrics`: read from the agent's report whenever somebody asks. */
export function addMetricsRoute(app: FastifyInstance, report: () => AgentReport): void {
  const metrics = new MetricSet(AGENT_METRICS);
  const stopProcess = readProcess(metrics, { now: () => report().now });
  app.addHook("onClose", async () => {
    stopProcess();
  });
  readReport(metrics, report);
  app.get("/metrics", async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
}

function readReport(metrics: MetricSet<typeof AGENT_METRICS>, report: () => AgentReport): void {
  const enabled = (): readonly AgentPipeStatus[] => report().pipes.filter((pipe) => pipe.enabled);
  for (const [name, read] of Object.entries(PER_PIPE)) {
    metrics.read(name as Name, (tell) => {
      for (const pipe of enabled()) {
        const value = read(pipe);
        if (value !== undefined) tell({ pipe: pipe.id }, value);
      }
    });
  }
  metrics.read("fustor_agent_info", (tell) => {
    const { agentId, version, node } = report();
    tell({ agent: agentId, version, node }, 1);
  });
  metrics.read("fustor_pipe_state", (tell) => {
    for (const { id, state } of enabled()) tell({ pipe: id, state }, 1);
  });
  metrics.read("fustor_pipe_problem", (tell) => {
    for (const { id, problem } of enabled()) {
      if (problem !== undefined) tell({ pipe: id, code: problem.code }, 1);
    }
  });
  metrics.read("fustor_pipe_buffered_rows_limit", (tell) => {
    for (const { id, bufferRowsMax } of enabled()) tell({ pipe: id }, bufferRowsMax);
  });
}
