import { FustorError } from "@fustor/core";
import { listenForStop, print } from "@fustor/core/cli";
import {
  createSystemClock,
  homeUnusable,
  parsePort,
  prepareHome,
  readClaim,
  readLogLevel,
  requireText,
  resolveHome,
} from "@fustor/core/host";
import { realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeAgentConfig, writeFusionConfig } from "./configs.js";
import { writeConnection, type Connection } from "./connection.js";
import { forgetFormerFolder } from "./folder.js";
import { prepareKeys } from "./keys.js";
import { startPart, type Part } from "./part.js";
import { followProgress } from "./progress.js";

export interface UpOptions {
  /** The folder to watch; relative to the working folder. */
  readonly dir: string;
  readonly home?: string;
  /** Our own script, which the parts are started with. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The one view and the one pipe of such a pair. */
export const VIEW = "default";

/**
 * Runs a Fusion and an agent on one folder until it is asked to stop, or one of them ends.
 *
 * Throws `USAGE` for a folder that is none, `HOME_IN_USE`, and `START_FAILED` in the words of the
 * part that did not start. Afterwards neither of them runs.
 */
export async function up(options: UpOptions): Promise<number> {
  requireText("--home", options.home);
  const dir = await requireFolder(options.dir);
  requireEnvironment(options.env);
  const home = options.home === undefined ? resolveHome(options.env) : resolve(options.home);
  await requireApart(dir, home);
  const stop = listenForStop();
  const parts: Part[] = [];
  try {
    await prepareHome(home);
    await requireFreeHome(home);
    const clock = createSystemClock();
    const env = { ...options.env, FUSTOR_HOME: home };
    const start = async (app: Part["app"], configFile: string) => {
      const part = startPart({ app, configFile, home, entry: options.entry, env, clock });
      parts.push(part);
      return part.url(stop.signal);
    };

    const keys = await prepareKeys(home, VIEW);
    const former = await forgetFormerFolder(home, dir);
    if (former !== undefined) {
      print([`Last time the folder was ${former}: the view begins anew.`]);
    }
    const endpoint = await start("fusion", await writeFusionConfig(home, VIEW));
    const agentConfig = await writeAgentConfig(home, { dir, endpoint, keyFile: keys.ingestFile });
    const agentUrl = await start("agent", agentConfig);
    const connection: Connection = {
      endpoint,
      query_key: keys.query,
      console_url: endpoint,
      agent_console_url: agentUrl,
      view: VIEW,
    };
    await writeConnection(home, connection);
    print(introduce(dir, home, connection));
    await Promise.race([
      followProgress({ connection, clock, signal: stop.signal }),
      ...parts.map((part) => part.ended()),
    ]);
    await Promise.race([stop.asked, ...parts.map((part) => part.ended())]);
  } catch (error) {
    if (!stop.signal.aborted) throw isDiskError(error) ? homeUnusable(home, error) : error;
  } finally {
    // The agent first: it closes its sessions while Fusion still answers.
    for (const part of parts.reverse()) await part.stop();
    stop.dispose();
  }
  print(["Fusion and the agent have stopped."]);
  return 0;
}

/** The keys and the logs are all that else is written here, and both are in the home. */
function isDiskError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && "path" in error;
}

/** What the parts read of the environment: a fault is told before either of them starts. */
function requireEnvironment(env: NodeJS.ProcessEnv): void {
  readLogLevel(env);
  for (const name of ["FUSTOR_FUSION_PORT", "FUSTOR_AGENT_PORT"]) {
    const text = env[name] ?? "";
    if (text !== "") parsePort(name, text);
  }
}

/** Nothing is ever written in the folder that is watched, and our own home is not watched. */
async function requireApart(dir: string, home: string): Promise<void> {
  const [watched, own] = await Promise.all([realpath(dir), realpath(home).catch(() => home)]);
  if (watched !== own && !watched.startsWith(`${own}/`)) return;
  throw new FustorError(
    "USAGE",
    `Cannot watch ${dir}: Fustor keeps its own files in ${home}. Watch another folder, or set ` +
      "FUSTOR_HOME to another one.",
  );
}

async function requireFolder(dir: string): Promise<string> {
  if (dir === "") throw new FustorError("USAGE", "Cannot watch nothing: name a folder.");
  const path = resolve(dir);
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "there is no such folder" : `it cannot be read (${String(code)})`;
    throw new FustorError("USAGE", `Cannot watch ${path}: ${reason}. Name a folder that exists.`);
  }
  throw new FustorError("USAGE", `Cannot watch ${path}: it is a file. Name the folder it is in.`);
}

async function requireFreeHome(home: string): Promise<void> {
  const [fusion, agent] = await Promise.all([readClaim(home, "fusion"), readClaim(home, "agent")]);
  const running = [
    ...(fusion?.alive === true ? [`Fusion (pid ${String(fusion.pid)}, ${fusion.url ?? ""})`] : []),
    ...(agent?.alive === true ? [`an agent (pid ${String(agent.pid)}, ${agent.url ?? ""})`] : []),
  ];
  if (running.length === 0) return;
  throw new FustorError(
    "HOME_IN_USE",
    `${running.join(" and ")} already run in ${home}. Stop what runs there, or set FUSTOR_HOME ` +
      "(and FUSTOR_FUSION_PORT, FUSTOR_AGENT_PORT) for another pair.",
  );
}

function introduce(dir: string, home: string, connection: Connection): string[] {
  return [
    `Watching ${dir}`,
    // The link logs in: what stands behind the # is sent to nobody.
    `  Fusion     ${connection.console_url}/#key=${connection.query_key}`,
    `  Agent      ${connection.agent_console_url}`,
    `  Query key  ${connection.query_key}`,
    `  Logs       ${join(home, "logs")}`,
  ];
}
