import { FustorError, type Clock } from "@fustor/core";
import { APP_WORDS, readClaim, type App } from "@fustor/core/host";
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface PartOptions {
  readonly app: App;
  readonly configFile: string;
  readonly home: string;
  /** Our own script; `app` is one of its commands. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

/** Fusion or the agent, running in a process of its own that ends with this one. */
export interface Part {
  readonly app: App;
  /** Resolves with its address once it answers; rejects with its words when it ends before. */
  url(signal: AbortSignal): Promise<string>;
  /** Rejects with its words when it ends before `stop` is called, and never resolves. */
  ended(): Promise<never>;
  /** Asks it to end and waits. It is killed when it takes too long. */
  stop(): Promise<void>;
}

const POLL_MS = 50;
const START_MS = 30_000;
const STOP_MS = 8_000;

/** Starts a part; its log is `$FUSTOR_HOME/logs/<app>.log`. */
export function startPart(options: PartOptions): Part {
  const { app, configFile, home, entry, env } = options;
  const logFile = join(home, "logs", `${app}.log`);
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, "a", 0o600);
  const logStart = fstatSync(log).size;
  const args = [app, "start", "--follow-parent", "--home", home, "--config", configFile];
  const child = spawn(process.execPath, [entry, ...args], {
    // A group of its own: Ctrl-C reaches this process alone, which then ends both in order.
    detached: true,
    env,
    // The channel carries nothing: the part notices by its end that this process is gone.
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  return new ChildPart(options, child, { file: logFile, start: logStart });
}

interface LogPart {
  readonly file: string;
  readonly start: number;
}

class ChildPart implements Part {
  readonly app: App;
  readonly #options: PartOptions;
  readonly #child: ChildProcess;
  readonly #exit: Promise<string>;
  readonly #log: LogPart;
  #exited = false;

  constructor(options: PartOptions, child: ChildProcess, log: LogPart) {
    this.app = options.app;
    this.#options = options;
    this.#child = child;
    this.#log = log;
    this.#exit = new Promise((resolve) => {
      child.once("error", (error) => {
        resolve(error.message);
      });
      child.once("exit", (code, signal) => {
        resolve(signal ?? `exit code ${String(code)}`);
      });
    });
    void this.#exit.then(() => (this.#exited = true));
  }

  async url(signal: AbortSignal): Promise<string> {
    const { home, clock } = this.#options;
    const until = clock.now() + START_MS;
    while (clock.now() < until) {
      if (this.#exited) return this.ended();
      const claim = await readClaim(home, this.app);
      if (claim?.pid === this.#child.pid && claim?.url !== undefined) return claim.url;
      await clock.sleep(POLL_MS, signal);
    }
    throw new FustorError(
      "START_FAILED",
      `${APP_WORDS[this.app].subject} did not answer within ${String(START_MS / 1000)} s. See ${this.#log.file}`,
    );
  }

  async ended(): Promise<never> {
    const how = await this.#exit;
    const words = await readWords(this.#log);
    throw new FustorError(
      "START_FAILED",
      words === ""
        ? `${APP_WORDS[this.app].subject} has ended (${how}). Its log may say why: ${this.#log.file}`
        : words,
    );
  }

  async stop(): Promise<void> {
    if (this.#exited) return;
    this.#child.kill("SIGTERM");
    const settled = new AbortController();
    const timeout = this.#options.clock.sleep(STOP_MS, settled.signal).then(
      () => this.#child.kill("SIGKILL"),
      () => undefined,
    );
    await this.#exit;
    settled.abort();
    await timeout;
  }
}

const WORDS_BYTES_MAX = 4_096;

/** What a part printed for people at its end; log records are JSON and stand for themselves. */
async function readWords({ file, start }: LogPart): Promise<string> {
  const log = await open(file, "r");
  try {
    const { size } = await log.stat();
    const from = Math.max(start, size - WORDS_BYTES_MAX);
    const { buffer, bytesRead } = await log.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n");
    const lastRecord = lines.findLastIndex((line) => line.startsWith("{"));
    return lines
      .slice(lastRecord + 1)
      .join("\n")
      .trim();
  } finally {
    await log.close();
  }
}
