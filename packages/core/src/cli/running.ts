import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AgentOptions } from "node:https";
import { FustorError } from "../errors.js";
import { APP_WORDS, type App } from "../host/app.js";
import { readClaim, type ClaimRecord } from "../host/pid-file.js";
import { createHttpsFetch, type Fetch } from "./https-fetch.js";
import { readTlsFiles, type TlsFiles } from "./tls-files.js";

/** An app that runs, and where it answers. */
export interface RunningApp {
  readonly app: App;
  readonly pid: number;
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** How to reach it. */
  readonly fetch: Fetch;
}

/** How long a running app may take to answer. */
const ANSWER_MS = 5_000;

/** Finds the app of the home. Throws `NOT_RUNNING`, or `START_FAILED` when it does not answer yet. */
export async function findRunning(
  app: App,
  home: string,
  files: TlsFiles = {},
): Promise<RunningApp> {
  const claim = await readClaim(home, app);
  if (claim?.alive !== true) throw notRunning(app, home);
  const { pid, url, startedAt } = claim;
  if (url === undefined) {
    throw new FustorError(
      "START_FAILED",
      `${APP_WORDS[app].subject} (pid ${String(pid)}) is still starting. Ask again in a moment.`,
    );
  }
  return { app, pid, url, startedAt, fetch: fetchFrom(claim, files) };
}

/**
 * A `fetch` for what a process of this home published. It takes the certificate that the process
 * serves for its own, whatever name and authority stand in it: the pid file is this user's alone.
 * Throws `USAGE` for files that cannot be used.
 */
export function fetchFrom(
  { certificate }: Pick<ClaimRecord, "certificate">,
  files: TlsFiles = {},
  env = process.env,
): Fetch {
  if (certificate === undefined) return fetch;
  return createHttpsFetch({ ...trustOf(certificate), ...withoutCa(readTlsFiles(files, env)) });
}

function withoutCa({ cert, key }: AgentOptions = {}): AgentOptions {
  return { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

/** Trust in the one who shows the certificate of this file. */
function trustOf(file: string): AgentOptions {
  try {
    const ca = readFileSync(file);
    const { fingerprint256 } = new X509Certificate(ca);
    return {
      ca,
      allowPartialTrustChain: true,
      checkServerIdentity: (_, shown) =>
        shown.fingerprint256 === fingerprint256
          ? undefined
          : new Error(`what answers shows another certificate than ${file}`),
    };
  } catch {
    // Replaced or gone since the start: then the authorities of the machine decide.
    return {};
  }
}

export interface Question {
  /** Default: GET. */
  readonly method?: "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** Of other statuses it is said that the app does not answer. */
  readonly statuses?: readonly number[];
}

/** What a running app answers, in JSON. Throws `SEND_FAILED`. */
export async function ask(
  { app, pid, url, fetch }: RunningApp,
  path: string,
  { method, headers = {}, statuses = [200] }: Question = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const reply = await fetch(`${url}${path}`, { method: method ?? "GET", headers, signal });
    const { status } = reply;
    if (!statuses.includes(status)) throw new Error(`HTTP ${String(status)}`);
    return { status, body: await reply.json() };
  } catch (cause) {
    throw new FustorError(
      "SEND_FAILED",
      `${APP_WORDS[app].subject} (pid ${String(pid)}) does not answer at ${url}. ` +
        `Restart it: fustor-${app} stop, then start -D`,
      { cause },
    );
  }
}

export function notRunning(app: App, home: string): FustorError {
  return new FustorError(
    "NOT_RUNNING",
    `No ${APP_WORDS[app].noun} is running in ${home}. Start one with: fustor-${app} start -D`,
  );
}
