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
  /** Added to the sender's options. */
  readonly senderParams?: Readonly<Record<string, unknown>>;
  /** Its name in sessions. Default: it makes one. */
  readonly agentId?: string;
  /** Changes that each pipe keeps for Fusion. Default: the agent's own. */
  readonly bufferRowsMax?: number;
  /** The fields of each row that travel. Default: all. */
  readonly fields?: readonly string[];
  /** Further pipes of the same sort, each with a source and a sender of its own. */
  readonly alsoPipes?: readonly {
    readonly id: string;
    readonly dir: string;
    readonly key: string;
  }[];
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the agent and watches it, e.g. `["strace", "-f", "-D"]`. */
  readonly tracer?: readonly string[];
  /** Options of Node.js, e.g. `["--expose-gc"]`. */
  readonly nodeFlags?: readonly string[];
  /** Default: it ends with the test. */
  readonly atEnd?: AtEnd;
}

/** One pipe in the answer of `status --json`. */
export interface PipeReport {
  readonly id: string;
  readonly state: string;
  readonly role?: string | null;
  readonly counters?: Readonly<Record<string, number>>;
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
    {
      backend,
      tracer = [],
      nodeFlags = [],
      env = {},
    }: Pick<AgentOptions, "backend" | "tracer" | "nodeFlags" | "env">,
  ) {
    this.home = home;
    const [first, ...rest] = [...tracer, process.execPath, ...nodeFlags, CLI.agent, "start"];
    this.#command = [first, ...rest];
    this.#env = {
      FUSTOR_HOME: home,
      FUSTOR_AGENT_PORT: "0",
      ...env,
      ...(backend === undefined ? {} : { FUSTOR_WATCH_BACKEND: backend }),
    };
  }

  /** Resolves when the process has been started; what it sees arrives when it arrives. */
  static async start(options: AgentOptions): Promise<Agent> {
    const { home, dir, endpoint, key, driverParams = {}, agentId, fields } = options;
    const { atEnd = atEndOfTest, alsoPipes = [], senderParams = {}, bufferRowsMax } = options;
    await mkdir(home, { recursive: true, mode: 0o700 });
    const pipes = [{ id: "files", dir, key }, ...alsoPipes];
    const config = {
      ...(agentId === undefined ? {} : { agent_id: agentId }),
      sources: pipes.map(({ id, dir: uri }) => ({
        id,
        type: "fs",
        config: { uri, driver_params: { file_pattern: "*", ...driverParams } },
      })),
      senders: pipes.map(({ id, key: credential }) => ({
        id: `${id}-sender`,
        type: "fusion",
        config: { endpoint, credential, ...senderParams },
      })),
      pipes: pipes.map(({ id }) => ({
        id: `${id}-to-fusion`,
        source_id: id,
        sender_id: `${id}-sender`,
        enabled: true,
        ...(fields === undefined ? {} : { fields }),
        ...(bufferRowsMax === undefined ? {} : { buffer_rows_max: bufferRowsMax }),
      })),
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

  /** The pipes of `status --json`; none while the agent does not answer yet. */
  async pipes(): Promise<readonly PipeReport[]> {
    const { code, stdout } = await cli("agent", ["status", "--json"], { env: this.#env });
    return code === 0 ? (JSON.parse(stdout) as { pipes: readonly PipeReport[] }).pipes : [];
  }

  /** The first of them. */
  async pipe(): Promise<PipeReport | undefined> {
    return (await this.pipes())[0];
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
