import { FustorError } from "@fustor/core";
import { colors, formatTable, type Column } from "@fustor/core/cli";
import { readClaim } from "@fustor/core/host";
import type { AgentPipeStatus } from "../agent.js";
import { findPlaces, type PlaceOptions } from "../places.js";
import type { AgentReport } from "../report.js";
import { notRunning } from "./stop.js";

const ANSWER_MS = 5_000;
const WIDTH_DEFAULT = 100;

/** Asks the running agent how it is. Throws `NOT_RUNNING`. */
export async function status(options: PlaceOptions & { readonly json?: boolean }): Promise<number> {
  const { home } = findPlaces(options);
  const report = await readReport(home);
  const lines =
    options.json === true
      ? [JSON.stringify(report, undefined, 2)]
      : formatReport(report, process.stdout.isTTY ? process.stdout.columns : WIDTH_DEFAULT);
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

async function readReport(home: string): Promise<AgentReport> {
  const claim = await readClaim(home, "agent");
  if (claim?.alive !== true) throw notRunning(home);
  const who = `The agent (pid ${String(claim.pid)})`;
  if (claim.url === undefined) {
    throw new FustorError("START_FAILED", `${who} is still starting. Ask again in a moment.`);
  }
  try {
    const reply = await fetch(`${claim.url}/api/status`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!reply.ok) throw new Error(`HTTP ${String(reply.status)}`);
    return (await reply.json()) as AgentReport;
  } catch (cause) {
    throw new FustorError(
      "SEND_FAILED",
      `${who} does not answer at ${claim.url}. Restart it: fustor-agent stop, then start -D`,
      { cause },
    );
  }
}

/** The report for people, in lines that fit into `width`. */
export function formatReport(report: AgentReport, width: number): string[] {
  const { agentId, version, pid, uptimeMs, pipes, home } = report;
  const problems = pipes.flatMap(({ id, problem }) =>
    problem === undefined ? [] : [`${colors.red(id)}: ${problem.message}`],
  );
  return [
    `Agent ${colors.bold(agentId)} ${version}, pid ${String(pid)}, up ${formatDuration(uptimeMs)}`,
    colors.dim(`Home ${home}`),
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

function stateOf({ enabled, state, problem }: AgentPipeStatus): string {
  if (!enabled) return "off";
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
