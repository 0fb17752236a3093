import {
  ask,
  colors,
  findRunning,
  formatTable,
  printStatus,
  printValue,
  type Column,
} from "@fustor/core/cli";
import { findPlaces, type PlaceOptions } from "@fustor/core/host";
import type { AgentPipeStatus } from "../agent.js";
import type { AgentReport } from "../report.js";

/** Asks the running agent how it is. Throws `NOT_RUNNING`. */
export function status(
  options: PlaceOptions & { readonly json?: boolean; readonly watch?: boolean },
): Promise<number> {
  const { home } = findPlaces("agent", options);
  return printStatus(options, async () => {
    const { body } = await ask(await findRunning("agent", home), "/api/status");
    printValue(body as AgentReport, options, formatReport);
    return 0;
  });
}

/** The report for people, in lines that fit into `width`. */
export function formatReport(report: AgentReport, width: number): string[] {
  const { agentId, version, pid, uptimeMs, pipes, configFile } = report;
  const problems = pipes.flatMap(({ id, problem }) =>
    problem === undefined ? [] : [`${colors.red(id)}: ${problem.message}`],
  );
  return [
    `Agent ${colors.bold(agentId)} ${version}, pid ${String(pid)}, up ${formatDuration(uptimeMs)}`,
    colors.dim(`Configuration ${configFile}`),
    "",
    ...formatTable(COLUMNS, pipes, width),
    ...(problems.length === 0 ? [] : ["", ...problems]),
  ];
}

const number = new Intl.NumberFormat("en");

const COLUMNS: readonly Column<AgentPipeStatus>[] = [
  { title: "PIPE", value: ({ id }) => id },
  { title: "STATE", value: stateOf, paint: (pipe) => paintOf(stateOf(pipe)) },
  { title: "ROLE", value: ({ role }) => role ?? "-" },
  { title: "PHASE", value: ({ phase }) => phase },
  { title: "WATCHING", value: ({ watching }) => (watching ? "yes" : "no") },
  { title: "ROWS SENT", align: "right", value: ({ counters }) => number.format(counters.rowsSent) },
  { title: "WAITING", align: "right", value: ({ counters }) => number.format(counters.buffered) },
];

function stateOf({ enabled, isPaused, state, problem }: AgentPipeStatus): string {
  if (!enabled) return "off";
  if (isPaused === true) return "paused";
  return state === "stopped" && problem !== undefined ? "failed" : state;
}

function paintOf(state: string): (text: string) => string {
  switch (state) {
    case "running":
      return colors.green;
    case "starting":
      return colors.cyan;
    case "retrying":
    case "failed":
      return colors.red;
    default:
      return colors.dim;
  }
}

function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${String(seconds)} s`;
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min`;
  return `${String(Math.floor(seconds / 3600))} h ${String(Math.floor((seconds % 3600) / 60))} min`;
}
