import { FustorError, type ErrorCode } from "@fustor/core";
import { ask, findRunning, print } from "@fustor/core/cli";
import { findPlaces, type PlaceOptions } from "@fustor/core/host";
import type { Reloaded } from "../reload.js";

/** Lets the running agent read its configuration again. Throws `NOT_RUNNING`. */
export async function reload(options: PlaceOptions): Promise<number> {
  const done = (await post("/api/v1/reload", options)) as Reloaded;
  const said = (["started", "restarted", "stopped", "kept"] as const)
    .filter((what) => done[what].length > 0)
    .map((what) => `${WORDS[what]}: ${done[what].join(", ")}`);
  print(["The agent uses the configuration as it is now.", ...said]);
  return 0;
}

const WORDS = {
  started: "Started",
  restarted: "Started anew",
  stopped: "Stopped",
  kept: "Untouched",
} as const satisfies Record<keyof Reloaded, string>;

/** What `pipe start|stop|rescan` asks for. */
const PIPE_ACTIONS = {
  start: { action: "resume", done: "runs" },
  stop: { action: "pause", done: "is stopped until it is started, or the agent is" },
  rescan: { action: "rescan", done: "begins anew and looks at everything again" },
} as const;

/** Tells the running agent what to do with a pipe. Throws `NOT_RUNNING`, and `NOT_FOUND`. */
export async function controlPipe(
  verb: keyof typeof PIPE_ACTIONS,
  id: string,
  options: PlaceOptions,
): Promise<number> {
  const { action, done } = PIPE_ACTIONS[verb];
  await post(`/api/v1/pipes/${encodeURIComponent(id)}/${action}`, options);
  print([`The pipe ${id} ${done}.`]);
  return 0;
}

/** What the agent refuses is thrown in its words. */
async function post(path: string, options: PlaceOptions): Promise<unknown> {
  const { home } = findPlaces("agent", options);
  const running = await findRunning("agent", home);
  const { status, body } = await ask(running, path, { method: "POST", statuses: [200, 404, 409] });
  if (status === 200) return body;
  const { code, message } = (body as { error: { code: ErrorCode; message: string } }).error;
  throw new FustorError(code, message);
}
