import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { FustorError } from "../errors.js";
import type { App } from "./app.js";
import { EXIT } from "./exit-codes.js";
import { homeUnusable, prepareHome } from "./home.js";
import { createSystemClock } from "./system-clock.js";

export interface DaemonOptions {
  /** The script to run, as the user's command names it (`process.argv[1]`). */
  readonly entry: string;
  /** Holds absolute paths only: the daemon lives in `home`, wherever it was started. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Gets what the daemon prints. */
  readonly logFile: string;
  readonly app: App;
  readonly home: string;
  /** How long it may take to get ready. */
  readonly readyMs: number;
}

export interface StartedDaemon {
  readonly pid: number;
  /** What it has to say to whoever started it. */
  readonly lines: readonly string[];
}

/** A daemon said why it did not start; `exitCode` is the one that it asks for. */
export class DaemonError extends FustorError {
  override readonly name = "DaemonError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super("START_FAILED", message);
    this.exitCode = exitCode;
  }
}

/**
 * Starts a process that outlives this one. Resolves once it says that it is ready.
 *
 * Throws a `DaemonError` with its own words when it gives up, with the end of its log when it dies
 * silently, and when it is not ready in time; it is stopped then. Afterwards nothing of it runs.
 */
export async function startDaemon(options: DaemonOptions): Promise<StartedDaemon> {
  const log = await openLog(options);
  const logStart = (await log.stat()).size;
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [...inheritedFlags(), options.entry, ...options.args], {
      cwd: options.home,
      detached: true,
      env: { ...options.env, [MARK]: "1" },
      stdio: ["ignore", log.fd, log.fd, "ipc"],
    });
  } finally {
    await log.close();
  }
  const report = await waitForReport(child, options.readyMs);
  const name = `fustor-${options.app}`;
  switch (report.kind) {
    case "ready":
      if (child.connected) child.disconnect();
      child.unref();
      return { pid: child.pid ?? 0, lines: report.lines };
    case "failed":
      await stopChild(child);
      throw new DaemonError(report.message, report.exitCode);
    case "died": {
      const words = await readEnd(options.logFile, logStart);
      throw new DaemonError(
        `${name} ended while it started (${report.how}). ${words}`,
        EXIT.failure,
      );
    }
    case "silent":
      await stopChild(child);
      throw new DaemonError(
        `${name} was not ready within ${String(Math.round(options.readyMs / 1000))} s and was ` +
          `stopped. Its log says why: ${options.logFile}`,
        EXIT.failure,
      );
  }
}

type Report =
  | { readonly kind: "ready"; readonly lines: readonly string[] }
  | { readonly kind: "failed"; readonly message: string; readonly exitCode: number }
  | { readonly kind: "died"; readonly how: string }
  | { readonly kind: "silent" };

/** Tells a daemon from a process that happens to have a channel to its parent. */
const MARK = "FUSTOR_DAEMON";

/**
 * Called in the daemon: tells whoever started it that it is ready, and what else there is to say.
 * Does nothing in a process that is no daemon.
 */
export function reportReady(lines: readonly string[]): Promise<void> {
  return send({ kind: "ready", lines });
}

/** Called in the daemon: tells whoever started it why it gives up. The caller then exits. */
export function reportFailure(message: string, exitCode: number): Promise<void> {
  return send({ kind: "failed", message, exitCode });
}

function send(report: Report): Promise<void> {
  const isDaemon = process.env[MARK] === "1";
  // Processes that the daemon starts are not daemons.
  Reflect.deleteProperty(process.env, MARK);
  if (!isDaemon || process.send === undefined || !process.connected) return Promise.resolve();
  return new Promise((resolve) => {
    // An error means that the starter has gone: nobody is left to be told.
    process.send?.(report, undefined, undefined, () => {
      if (process.connected) process.disconnect();
      resolve();
    });
  });
}

async function waitForReport(child: ChildProcess, readyMs: number): Promise<Report> {
  const settled = new AbortController();
  const report = new Promise<Report>((resolve) => {
    child.once("error", (error) => {
      resolve({ kind: "died", how: error.message });
    });
    // Not `exit`, which may come before the last message has been read.
    child.once("close", (code, signal) => {
      resolve({ kind: "died", how: signal ?? `exit code ${String(code)}` });
    });
    child.once("message", (message) => {
      resolve(message as Report);
    });
  });
  const silent: Report = { kind: "silent" };
  const silence = createSystemClock()
    .sleep(readyMs, settled.signal)
    .catch(() => undefined)
    .then(() => silent);
  try {
    return await Promise.race([report, silence]);
  } finally {
    settled.abort();
  }
}

const STOP_MS_MAX = 5_000;

async function stopChild(child: ChildProcess): Promise<void> {
  const ended = new AbortController();
  child.once("exit", () => {
    ended.abort();
  });
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await createSystemClock()
      .sleep(STOP_MS_MAX, ended.signal)
      .catch(() => undefined);
  }
}

/** The flags of this Node that the daemon needs as well; a debugger has a port of its own. */
function inheritedFlags(): string[] {
  return process.execArgv.filter((flag) => !flag.startsWith("--inspect"));
}

async function openLog({ home, logFile }: DaemonOptions): Promise<FileHandle> {
  await prepareHome(home);
  try {
    await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
    return await open(logFile, "a", 0o600);
  } catch (error) {
    throw homeUnusable(home, error);
  }
}

const LAST_LINES_MAX = 10;
const LAST_BYTES_MAX = 8_192;

/** What the daemon wrote into its log before it died. */
async function readEnd(logFile: string, start: number): Promise<string> {
  const log = await open(logFile, "r");
  try {
    const { size } = await log.stat();
    const from = Math.max(start, size - LAST_BYTES_MAX);
    const { buffer, bytesRead } = await log.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n");
    const last = lines.slice(-LAST_LINES_MAX).map((line) => `  ${line}`);
    if (last.join("").trim() === "") return `It wrote nothing into ${logFile}.`;
    return [`The end of ${logFile}:`, ...last].join("\n");
  } finally {
    await log.close();
  }
}
