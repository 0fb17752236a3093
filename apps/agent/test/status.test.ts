import { describe, expect, it } from "vitest";
import type { AgentPipeStatus } from "../src/agent.js";
import { formatReport } from "../src/commands/status.js";
import { describePipe } from "../src/words.js";

const running: AgentPipeStatus = {
  id: "files",
  enabled: true,
  bufferRowsMax: 100_000,
  sourceId: "s",
  sourceType: "fs",
  senderId: "t",
  senderType: "fusion",
  state: "running",
  role: "leader",
  sessionId: "1",
  phase: "snapshot",
  watching: true,
  problem: undefined,
  counters: {
    sessionsOpened: 1,
    snapshotsCompleted: 0,
    auditsCompleted: 0,
    rowsSent: 1_234_567,
    batchesSent: 1,
    batchesRefused: 0,
    retries: 0,
    lostReported: 0,
    sourceRestarts: 0,
    overflows: 0,
    sendMs: 12,
    buffered: 89,
  },
  source: {},
};

const message = "The folder /gone does not exist.";
const retrying: AgentPipeStatus = {
  ...running,
  id: "gone",
  state: "retrying",
  role: undefined,
  problem: { code: "SOURCE_UNAVAILABLE", message, at: 0 },
};

function format(pipes: readonly AgentPipeStatus[], width = 100): string[] {
  return formatReport(
    {
      app: "fustor-agent",
      version: "0.1.0",
      node: "20.19.0",
      pid: 42,
      agentId: "nas-7",
      bootId: "b",
      home: "/h",
      configFile: "/h/agent-config.yaml",
      startedAt: 0,
      now: 61_000,
      uptimeMs: 61_000,
      pipes,
    },
    width,
  );
}

describe("the status of an agent", () => {
  it("says who it is and what each pipe does", () => {
    const text = format([running]).join("\n");
    expect(text).toMatch(/nas-7.*0\.1\.0, pid 42, up 1 min/);
    expect(text).toMatch(/files +running +leader +snapshot +yes +1,234,567 +89/);
  });

  it("gives the reason of a pipe that is retrying", () => {
    expect(format([running, retrying]).at(-1)).toContain(message);
  });

  it("fits into a narrow terminal", () => {
    const long = { ...running, id: "x".repeat(200) };
    for (const line of format([long], 60)) expect(line.length).toBeLessThanOrEqual(60);
  });

  it("tells a pipe that was switched off from one that failed", () => {
    const off = { ...running, id: "off", enabled: false, state: "stopped" as const };
    const failed = { ...retrying, id: "failed", state: "stopped" as const };
    const text = format([off, failed]).join("\n");
    expect(text).toMatch(/^off +off/m);
    expect(text).toMatch(/^failed +failed/m);
  });
});

describe("a pipe in one sentence", () => {
  it.each([
    [running, "Pipe files: running as leader"],
    [retrying, `Pipe gone: retrying. ${message}`],
    [{ ...running, enabled: false }, "Pipe files: switched off in the configuration"],
  ])("is %#", (pipe, sentence) => {
    expect(describePipe(pipe)).toBe(sentence);
  });
});
