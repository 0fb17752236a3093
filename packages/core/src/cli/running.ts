import { FustorError } from "../errors.js";
import { APP_WORDS, type App } from "../host/app.js";
import { readClaim } from "../host/pid-file.js";

/** An app that runs, and where it answers. */
export interface RunningApp {
  readonly app: App;
  readonly pid: number;
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** How long a running app may take to answer. */
const ANSWER_MS = 5_000;

/** Finds the app of the home. Throws `NOT_RUNNING`, or `START_FAILED` when it does not answer yet. */
export async function findRunning(app: App, home: string): Promise<RunningApp> {
  const claim = await readClaim(home, app);
  if (claim?.alive !== true) throw notRunning(app, home);
  const { pid, url, startedAt } = claim;
  if (url === undefined) {
    throw new FustorError(
      "START_FAILED",
      `${APP_WORDS[app].subject} (pid ${String(pid)}) is still starting. Ask again in a moment.`,
    );
  }
  return { app, pid, url, startedAt };
}

export interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of other statuses it is said that the app does not answer. */
  readonly statuses?: readonly number[];
}

/** What a running app answers, in JSON. Throws `SEND_FAILED`. */
export async function ask(
  { app, pid, url }: RunningApp,
  path: string,
  { headers = {}, statuses = [200] }: Question = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const reply = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
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
