import { FustorError } from "@fustor/core";
import { colors, formatTable, type Column } from "@fustor/core/cli";
import { readClaim, type KnownClaim } from "@fustor/core/host";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findPlaces, type PlaceOptions, type Places } from "../places.js";
import { notRunning } from "./stop.js";

const ANSWER_MS = 5_000;
const WIDTH_DEFAULT = 100;

/** What `status --json` prints. */
export interface FusionReport {
  readonly pid: number;
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly ready: boolean;
  /** Why a view is not ready. */
  readonly reasons: readonly { readonly view: string; readonly reason: string }[];
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
export async function status(
  options: PlaceOptions & { readonly key?: string; readonly json?: boolean },
): Promise<number> {
  const places = findPlaces(options);
  const report = await readReport(places, options.key ?? places.env["FUSTOR_KEY"] ?? "");
  const lines =
    options.json === true
      ? [JSON.stringify(report, undefined, 2)]
      : formatReport(report, process.stdout.isTTY ? process.stdout.columns : WIDTH_DEFAULT);
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

async function readReport({ home }: Places, givenKey: string): Promise<FusionReport> {
  const claim = await readClaim(home, "fusion");
  if (claim?.alive !== true) throw notRunning(home);
  const { url, pid, startedAt } = claim;
  if (url === undefined) {
    const message = `Fusion (pid ${String(pid)}) is still starting. Ask again in a moment.`;
    throw new FustorError("START_FAILED", message);
  }
  const readiness = await ask(claim, `${url}/readyz`);
  const { ready, reasons } = (await readiness.json()) as Pick<FusionReport, "ready" | "reasons">;
  const key = givenKey === "" ? await readPairKey(home, url) : givenKey;
  return { pid, url, startedAt, ready, reasons, views: await readViews(claim, url, key) };
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

async function readViews(
  claim: KnownClaim,
  url: string,
  key: string,
): Promise<FusionReport["views"]> {
  if (key === "") return undefined;
  const reply = await ask(claim, `${url}/api/v1/views`, { "x-api-key": key });
  if (reply.status === 401 || reply.status === 403) {
    throw new FustorError(
      "UNAUTHORIZED",
      "Fusion does not take this key for questions. Make one: fustor-fusion keys create --scope query:VIEW",
    );
  }
  return ((await reply.json()) as { views: readonly ViewFacts[] }).views;
}

async function ask(
  { pid, url }: KnownClaim,
  address: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  try {
    return await fetch(address, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (cause) {
    throw new FustorError(
      "SEND_FAILED",
      `Fusion (pid ${String(pid)}) does not answer at ${String(url)}. Restart it: fustor-fusion ` +
        "stop, then start -D",
      { cause },
    );
  }
}

/** The report for people, in lines that fit into `width`. */
export function formatReport(report: FusionReport, width: number): string[] {
  const { pid, url, ready, reasons, views } = report;
  const state = ready ? colors.green("ready") : colors.yellow("not ready");
  return [
    `Fusion at ${url}, pid ${String(pid)}: ${state}`,
    ...reasons.map(({ view, reason }) => `View ${view}: ${reason}`),
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
  { title: "BYTES", align: "right", value: ({ bytes }) => number.format(bytes) },
  { title: "SUSPECTS", align: "right", value: ({ suspects }) => number.format(suspects) },
  { title: "SESSIONS", align: "right", value: ({ sessions }) => number.format(sessions) },
  { title: "LEADER", value: ({ has_leader }) => (has_leader ? "yes" : "no") },
];
