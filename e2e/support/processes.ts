import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The built command-line programs, called as from a project that has them installed: this one, whose
 * `node_modules` the drivers are then found in.
 */
export const CLI = {
  agent: `${root}e2e/node_modules/@fustor/agent/dist/cli.js`,
  fusion: `${root}e2e/node_modules/@fustor/fusion/dist/cli.js`,
  fustor: `${root}e2e/node_modules/fustor/dist/cli.js`,
} as const;

export interface RunOptions {
  readonly cwd?: string;
  /** Added to an environment that holds nothing of the caller's Fustor. */
  readonly env?: Readonly<Record<string, string>>;
  /** After this the program is killed and the call fails. Default: a minute. */
  readonly withinMs?: number;
}

/** What a program that has ended said. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; a non-zero exit code is an outcome, not an error. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const running = start(command, args, options);
  const { withinMs = 60_000 } = options;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      running.child.kill("SIGKILL");
      reject(
        new Error(
          `${running.title} did not end within ${String(withinMs)} ms:\n${running.output()}`,
        ),
      );
    }, withinMs);
  });
  try {
    return await Promise.race([running.ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program that must succeed, and returns what it printed. */
export async function runOk(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  throw new Error(
    `${[command, ...args].join(" ")} ended with ${String(code)}:\n${stdout}${stderr}`,
  );
}

/** Runs one of our programs, e.g. `cli("agent", ["status", "--json"], ...)`. */
export function cli(
  name: keyof typeof CLI,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return run(process.execPath, [CLI[name], ...args], options);
}

/** A program that runs beside the test. */
export interface Running {
  readonly title: string;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Outcome>;
  isRunning(): boolean;
  /** Everything it has said so far, both streams in order of arrival. */
  output(): string;
  /** Sends SIGTERM and waits for the end. After `withinMs` (10 s) it is killed, and that throws. */
  stop(withinMs?: number): Promise<Outcome>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<Outcome>;
}

/** Starts a program beside the test. Whoever starts it stops it. */
export function start(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions = {},
): Running {
  const title = [command.split("/").at(-1), ...args.map((arg) => arg.replace(root, ""))].join(" ");
  const child = spawn(command, args, {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let both = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    both += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    both += text;
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      // Not "close": children of the program that outlive it hold its streams open.
      setImmediate(() => {
        resolve({ code, signal, stdout, stderr });
      });
    });
  });
  ended.catch(() => undefined); // reported to whoever waits
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    title,
    child,
    get pid() {
      if (child.pid === undefined) throw new Error(`${title} could not be started`);
      return child.pid;
    },
    ended,
    isRunning,
    output: () => both,
    async stop(withinMs = 10_000) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
      const outcome = await ended;
      clearTimeout(timer);
      if (outcome.signal === "SIGKILL") {
        throw new Error(`${title} did not end within ${String(withinMs)} ms of SIGTERM:\n${both}`);
      }
      return outcome;
    },
    kill() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** What the caller's environment says to npm, e.g. which registry to use. */
export function npmEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => /^npm_config_/i.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? ""]));
}

/** The environment without what would steer a Fustor or a package manager of the caller. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(FUSTOR_|npm_|NPM_CONFIG_|VITEST|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$)/.test(name),
  );
  return { ...Object.fromEntries(entries), NO_COLOR: "1" };
}
