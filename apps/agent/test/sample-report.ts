import type { AgentReport } from "../src/report.js";

/** What an agent without pipes says of itself. */
export const sampleReport: AgentReport = {
  app: "fustor-agent",
  version: "0.0.0",
  node: "20.19.0",
  pid: 1,
  agentId: "nas-7",
  bootId: "b",
  home: "/home/x/.fustor",
  configFile: "/home/x/.fustor/agent-config.yaml",
  startedAt: 0,
  now: 9_000,
  uptimeMs: 9_000,
  pipes: [],
};
