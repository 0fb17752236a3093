import { FustorError } from "@fustor/core";
import {
  ask,
  colors,
  findRunning,
  formatBytes,
  formatTable,
  printStatus,
  printValue,
  type Column,
  type RunningApp,
  type TlsFiles,
} from "@fustor/core/cli";
import { findPlaces, type PlaceOptions } from "@fustor/core/host";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What `/readyz` says. */
export interface ReadyFacts {
  readonly ready: boolean;
  /** Why a view is not ready. */
  readonly reasons: readonly { readonly view: string; readonly reason: string }[];
  /** What somebody should look at all the same. */
  readonly warnings?: readonly { readonly view: string; readonly warning: string }[];
}

/** What `status --json` prints. */
export interface FusionReport extends ReadyFacts {
  readonly pid: number;
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** As `GET /api/v1/views` says; undefined without a key that may ask. */
  readonly views: readonly ViewFacts[] | undefined;
}

/** A part of what `GET /api/v1/views` says of a view. */
export interface ViewFacts {
  readonly id: string;
  readonly ready: boolean;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  readonly suspects: number;
  readonly sessions: number;
  readonly has_leader: boolean;
}

/** Asks the running Fusion how it is. Throws `NOT_RUNNING`. */
export function status(
  options: PlaceOptions &
    TlsFiles & {
      readonly key?: string;
      readonly json?: boolean;
      readonly watch?: boolean;
    },
): Promise<number> {
  const places = findPlaces("fusion", options);
  return printStatus(options, async () => {
    const running = await findRunning("fusion", places.home, options);
    const report = await readReport(
      running,
      options.key ?? places.env["FUSTOR_KEY"] ?? (await readPairKey(places.home, running.url)),
    );
    printValue(report, options, formatReport);
    return 0;
  });
}

async function readReport(running: RunningApp, key: string): Promise<FusionReport> {
  const { pid, url, startedAt } = running;
  const { body } = await ask(running, "/readyz", { statuses: [200, 503] });
  const { ready, reasons, warnings = [] } = body as ReadyFacts;
  return { pid, url, startedAt, ready, reasons, warnings, views: await readViews(running, key) };
}

/** The key of the pair that `fustor up` runs in this home; empty when this Fusion is not it. */
async function readPairKey(home: string, url: string): Promise<string> {
  try {
    const text = await readFile(join(home, "connection.json"), "utf8");
    const { endpoint, query_key } = JSON.parse(text) as { endpoint?: string; query_key?: string };
    return endpoint === url ? (query_key ?? "") : "";
  } catch {
    // No pair was ever here.
    return "";
  }
}

async function readViews(running: RunningApp, key: string): Promise<FusionReport["views"]> {
  if (key === "") return undefined;
  const headers = { "x-api-key": key };
  const question = { headers, statuses: [200, 401, 403] };
  const { status: answer, body } = await ask(running, "/api/v1/views", question);
  if (answer === 200) return (body as { views: readonly ViewFacts[] }).views;
  throw new FustorError(
    "UNAUTHORIZED",
    "Fusion does not take this key for questions. Make one: fustor-fusion keys create --scope query:VIEW",
  );
}

/** The report for people, in lines that fit into `width`. */
function formatReport(report: FusionReport, width: number): string[] {
  const { pid, url, ready, reasons, warnings = [], views } = report;
  const state = ready ? colors.green("ready") : colors.yellow("not ready");
  return [
    `Fusion at ${url}, pid ${String(pid)}: ${state}`,
    ...reasons.map(({ view, reason }) => `View ${view}: ${reason}`),
    ...warnings.map(({ view, warning }) => colors.yellow(`View ${view}: ${warning}`)),
    "",
    ...(views === undefined
      ? ["For the counts of the views give a key: --key, or FUSTOR_KEY."]
      : formatTable(COLUMNS, views, width)),
  ];
}

const number = new Intl.NumberFormat("en");

const COLUMNS: readonly Column<ViewFacts>[] = [
  { title: "VIEW", value: ({ id }) => id },
  {
    title: "STATE",
    value: ({ ready }) => (ready ? "ready" : "not ready"),
    paint: ({ ready }) => (ready ? colors.green : colors.yellow),
  },
  { title: "FILES", align: "right", value: ({ files }) => number.format(files) },
  { title: "FOLDERS", align: "right", value: ({ directories }) => number.format(directories) },
  { title: "SIZE", align: "right", value: ({ bytes }) => formatBytes(bytes) },
  { title: "SUSPECTS", align: "right", value: ({ suspects }) => number.format(suspects) },
  { title: "SESSIONS", align: "right", value: ({ sessions }) => number.format(sessions) },
  { title: "LEADER", value: ({ has_leader }) => (has_leader ? "yes" : "no") },
];
