import type { AgentPipeStatus } from "./agent.js";

/** One pipe in one sentence. */
export function describePipe(pipe: AgentPipeStatus): string {
  return `Pipe ${pipe.id}: ${describeState(pipe)}`;
}

function describeState({ enabled, isPaused, state, role, problem }: AgentPipeStatus): string {
  if (!enabled) return "switched off in the configuration";
  if (isPaused === true) return "paused";
  if (problem !== undefined) return `${state}. ${problem.message}`;
  return role === undefined ? state : `${state} as ${role}`;
}
