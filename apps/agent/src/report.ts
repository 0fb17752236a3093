import type { Agent, AgentContext, AgentPipeStatus } from "./agent.js";
import { VERSION } from "./version.js";

/** What `/api/status` and `status --json` say about a running agent. */
export interface AgentReport {
  readonly app: "fustor-agent";
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly agentId: string;
  readonly bootId: string;
  readonly home: string;
  readonly configFile: string;
  /** Milliseconds since the epoch, as are all times here. */
  readonly startedAt: number;
  readonly now: number;
  readonly uptimeMs: number;
  readonly pipes: readonly AgentPipeStatus[];
}

/** Returns what reports on `agent` from now on. */
export function createReporter(
  agent: Agent,
  { agentId, bootId, home, clock }: AgentContext,
  configFile: string,
): () => AgentReport {
  const startedAt = Math.round(clock.now());
  return () => {
    const now = Math.round(clock.now());
    return {
      app: "fustor-agent",
      version: VERSION,
      node: process.versions.node,
      pid: process.pid,
      agentId,
      bootId,
      home,
      configFile,
      startedAt,
      now,
      uptimeMs: now - startedAt,
      pipes: agent.pipes(),
    };
  };
}
