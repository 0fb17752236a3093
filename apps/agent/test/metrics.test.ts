import { NO_COUNTS } from "@fustor/core/host";
import fastify from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AgentPipeStatus } from "../src/agent.js";
import { addMetricsRoute, AGENT_METRICS } from "../src/metrics.js";
import { sampleReport } from "./sample-report.js";

const leading: AgentPipeStatus = {
  id: "p",
  enabled: true,
  bufferRowsMax: 100_000,
  sourceId: "s",
  sourceType: "fs",
  senderId: "f",
  senderType: "fusion",
  state: "retrying",
  role: "leader",
  sessionId: "x",
  phase: "audit",
  watching: true,
  problem: { code: "SEND_FAILED", message: "Fusion is away.", at: 4_000 },
  counters: { ...NO_COUNTS, rowsSent: 12, buffered: 7 },
  source: {
    backend: "inotify",
    watches: 40,
    watchesMax: 65_536,
    unwatched: 1,
    unreadable: 2,
    dirtyNames: 3,
    overflows: 4,
    dirtyDirectories: 5,
    heals: 6,
    rssMb: 64,
    restarts: 0,
  },
};

async function scrape(...pipes: readonly AgentPipeStatus[]): Promise<string> {
  const app = fastify();
  onTestFinished(() => app.close());
  addMetricsRoute(app, () => ({ ...sampleReport, pipes }));
  return (await app.inject({ url: "/metrics" })).body;
}

describe("the metrics of an agent", () => {
  it("are those of the contract, all of them and no other", async () => {
    const text = await scrape(leading);
    const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const exported = new Set(samples.map((line) => /^\w+/.exec(line)?.[0]));
    const isElsewhere = (name: string) =>
      name === "process_open_fds" && process.platform !== "linux";
    const promised = Object.keys(AGENT_METRICS).filter((name) => !isElsewhere(name));
    expect([...exported].sort()).toEqual(promised.sort());
  });

  it("carry their unit in their name", () => {
    for (const [name, { type, help }] of Object.entries(AGENT_METRICS)) {
      expect(name).toMatch(/^(fustor|process|nodejs)_[a-z_]+$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name).not.toMatch(/_(ms|millis|kb|mb|minutes)\b/);
      if (/memory/i.test(help)) expect(name).toMatch(/_bytes$/);
      expect(help).toMatch(/\.$/);
    }
  });

  it("say what a pipe does, and what it lacks", async () => {
    const text = await scrape(leading);
    for (const line of [
      'fustor_agent_info{agent="nas-7",version="0.0.0",node="20.19.0"} 1',
      'fustor_pipe_state{pipe="p",state="retrying"} 1',
      'fustor_pipe_problem{pipe="p",code="SEND_FAILED"} 1',
      'fustor_pipe_rows_total{pipe="p"} 12',
      'fustor_pipe_buffered_rows{pipe="p"} 7',
      'fustor_pipe_buffered_rows_limit{pipe="p"} 100000',
      'fustor_source_watches{pipe="p"} 40',
      'fustor_source_watches_limit{pipe="p"} 65536',
      'fustor_source_resident_memory_bytes{pipe="p"} 67108864',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it("leave out pipes that are switched off, and figures that a driver has not", async () => {
    const text = await scrape({ ...leading, enabled: false }, { ...leading, id: "q", source: {} });
    expect(text).not.toContain('pipe="p"');
    expect(text).toContain('fustor_pipe_state{pipe="q",state="retrying"} 1\n');
    expect(text).not.toMatch(/^fustor_source_watches\{/m);
  });
});
