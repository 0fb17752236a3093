import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { atEndOfTest, type AtEnd } from "./at-end.js";
import { eventually } from "./eventually.js";
import { CLI, cli, start, type Outcome, type Running } from "./processes.js";

export type Backend = "inotify" | "parcel";
export const BACKENDS: readonly Backend[] = ["inotify", "parcel"];

export interface AgentOptions {
  /** Its `FUSTOR_HOME`; made when it is not there. */
  readonly home: string;
  /** The folder to watch. */
  readonly dir: string;
  readonly endpoint: string;
  readonly key: string;
  /** Default: the one that the agent chooses. */
  readonly backend?: Backend;
  readonly driverParams?: Readonly<Record<string, unknown>>;
  /** A command that runs the agent and watches it, e.g. `["strace", "-f", "-D"]`. */
  readonly tracer?: readonly string[];
  /** Default: it ends with the test. */
  readonly atEnd?: AtEnd;
}

/** One pipe in the answer of `status --json`. */
export interface PipeReport {
  readonly id: string;
  readonly state: string;
  readonly role?: string | null;
  /** The source's own figures. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly problem?: { readonly code: string; readonly message: string } | null;
}

/** An agent in a process of its own, with one pipe from a folder to a Fusion. */
export class Agent {
  readonly home: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #command: readonly [string, ...string[]];
  #running: Running | undefined;

  private constructor(
    home: string,
    { backend, tracer = [] }: Pick<AgentOptions, "backend" | "tracer">,
  ) {
    this.home = home;
    const [first, ...rest] = [...tracer, process.execPath, CLI.agent, "start"];
    this.#command = [first, ...rest];
    this.#env = {
      FUSTOR_HOME: home,
      FUSTOR_AGENT_PORT: "0",
      ...(backend === undefined ? {} : { FUSTOR_WATCH_BACKEND: backend }),
    };
  }

  /** Resolves when the process has been started; what it sees arrives when it arrives. */
  static async start(options: AgentOptions): Promise<Agent> {
    const { home, dir, endpoint, key, driverParams = {} } = options;
    const { atEnd = atEndOfTest } = options;
    await mkdir(home, { recursive: true, mode: 0o700 });
    const config = {
      sources: [
        {
          id: "files",
          type: "fs",
          config: { uri: dir, driver_params: { file_pattern: "*", ...driverParams } },
        },
      ],
      senders: [{ id: "to-fusion", type: "fusion", config: { endpoint, credential: key } }],
      pipes: [{ id: "files-to-fusion", source_id: "files", sender_id: "to-fusion", enabled: true }],
    };
    // JSON is YAML.
    await writeFile(join(home, "agent-config.yaml"), JSON.stringify(config, null, 2), {
      mode: 0o600,
    });
    const agent = new Agent(home, options);
    atEnd(() => agent.#end());
    agent.start();
    return agent;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Everything it printed since its last start. */
  output(): string {
    return this.#process.output();
  }

  isRunning(): boolean {
    return this.#process.isRunning();
  }

  /** Starts it again after `stop` or `kill`. */
  start(): void {
    const [program, ...args] = this.#command;
    this.#running = start(program, args, { env: this.#env });
  }

  stop(): Promise<Outcome> {
    return this.#process.stop();
  }

  /** SIGKILL to the agent alone: the child processes of its sources must see to themselves. */
  kill(): Promise<Outcome> {
    return this.#process.kill();
  }

  pause(): void {
    this.#process.child.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.child.kill("SIGCONT");
  }

  /** The first pipe of `status --json`; `undefined` while the agent does not answer yet. */
  async pipe(): Promise<PipeReport | undefined> {
    const { code, stdout } = await cli("agent", ["status", "--json"], { env: this.#env });
    if (code !== 0) return undefined;
    return (JSON.parse(stdout) as { pipes: readonly PipeReport[] }).pipes[0];
  }

  /** Waits until the pipe's report satisfies `wanted`, and returns it. */
  eventuallyReports(wanted: (pipe: PipeReport) => boolean, what: string): Promise<PipeReport> {
    return eventually(
      async () => {
        const pipe = await this.pipe();
        if (pipe === undefined) throw new Error(`status does not answer:\n${this.output()}`);
        if (!wanted(pipe)) throw new Error(`it is ${JSON.stringify(pipe)}`);
        return pipe;
      },
      { what: `a pipe that is ${what}` },
    );
  }

  async #end(): Promise<void> {
    await this.#running?.kill();
  }

  get #process(): Running {
    if (this.#running === undefined) throw new Error("the agent was never started");
    return this.#running;
  }
}
