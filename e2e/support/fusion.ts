import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { atEndOfTest, type AtEnd } from "./at-end.js";
import { eventually, Hopeless } from "./eventually.js";
import { freePort } from "./loopback.js";
import { CLI, cli, start, type Outcome, type Running } from "./processes.js";
import type { ViewAddress } from "./view.js";

export interface FusionOptions {
  /** Its `FUSTOR_HOME`; made when it is not there. */
  readonly home: string;
  /** Short, because the tests wait for it. Default: 3. */
  readonly sessionTimeoutSec?: number;
  /** Default: 0, none, so that nothing but what is tested heals a view. */
  readonly auditIntervalSec?: number;
  /** Default: Fusion's own. */
  readonly sentinelIntervalSec?: number;
  readonly maxStalenessSec?: number;
  /** Default: Fusion's own. */
  readonly checkpointAfterMb?: number;
  /** Options of every view. */
  readonly viewConfig?: Readonly<Record<string, string | number>>;
  /** A command that runs it and watches it, e.g. `["strace", "-f", "-D"]`. */
  readonly tracer?: readonly string[];
  /** Options of Node.js, e.g. `["--expose-gc"]`. */
  readonly nodeFlags?: readonly string[];
  /** Each pipe by name, with the views that it feeds. Default: `default` feeds `default`. */
  readonly pipes?: Readonly<Record<string, readonly string[]>>;
  /** Default: it ends with the test. */
  readonly atEnd?: AtEnd;
}

/** A Fusion in a process of its own that can be ended and started again at the same place. */
export class Fusion {
  readonly endpoint: string;
  readonly key: string;
  readonly #home: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #command: readonly [string, ...string[]];
  #running: Running | undefined;

  private constructor(
    { home, tracer = [], nodeFlags = [] }: Pick<FusionOptions, "home" | "tracer" | "nodeFlags">,
    endpoint: string,
    key: string,
  ) {
    const [first, ...rest] = [...tracer, process.execPath, ...nodeFlags, CLI.fusion, "start"];
    this.#command = [first, ...rest];
    this.#home = home;
    this.#env = { FUSTOR_HOME: home };
    this.endpoint = endpoint;
    this.key = key;
  }

  /** Resolves when it answers. */
  static async start(options: FusionOptions): Promise<Fusion> {
    const { home, sessionTimeoutSec = 3, auditIntervalSec = 0, atEnd = atEndOfTest } = options;
    const { sentinelIntervalSec, maxStalenessSec, viewConfig = {} } = options;
    const { checkpointAfterMb } = options;
    const { pipes = { default: ["default"] } } = options;
    const port = await freePort();
    await mkdir(home, { recursive: true, mode: 0o700 });
    const views = [...new Set(Object.values(pipes).flat())];
    const config = {
      listen: { host: "127.0.0.1", port },
      ...(checkpointAfterMb === undefined ? {} : { checkpoint_after_mb: checkpointAfterMb }),
      views: views.map((id) => ({ id, type: "fs", config: viewConfig })),
      pipes: Object.entries(pipes).map(([id, view_ids]) => ({
        id,
        view_ids,
        session_timeout_seconds: sessionTimeoutSec,
        audit_interval_sec: auditIntervalSec,
        ...(sentinelIntervalSec === undefined
          ? {}
          : { sentinel_interval_sec: sentinelIntervalSec }),
        ...(maxStalenessSec === undefined ? {} : { max_staleness_sec: maxStalenessSec }),
      })),
    };
    // JSON is YAML.
    await writeFile(join(home, "fusion-config.yaml"), JSON.stringify(config, null, 2));
    const [pipe = "default"] = Object.keys(pipes);
    const key = await createKey(home, [`ingest:${pipe}`, ...views.map((view) => `query:${view}`)]);
    const fusion = new Fusion(options, `http://127.0.0.1:${String(port)}`, key);
    atEnd(() => fusion.#end());
    await fusion.start();
    return fusion;
  }

  get home(): string {
    return this.#home;
  }

  get view(): ViewAddress {
    return { endpoint: this.endpoint, key: this.key };
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

  /** Starts it again after `stop` or `kill`, at the same place; resolves when it answers. */
  async start(): Promise<void> {
    const [program, ...args] = this.#command;
    const running = start(program, args, { env: this.#env });
    this.#running = running;
    await eventually(
      async () => {
        if (!running.isRunning()) throw new Hopeless(`Fusion has ended:\n${running.output()}`);
        const response = await fetch(`${this.endpoint}/healthz`, {
          signal: AbortSignal.timeout(2_000),
        });
        return response.ok || undefined;
      },
      { what: `Fusion at ${this.endpoint}`, withinMs: 110_000 },
    );
  }

  stop(): Promise<Outcome> {
    return this.#process.stop();
  }

  kill(): Promise<Outcome> {
    return this.#process.kill();
  }

  pause(): void {
    this.#process.child.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.child.kill("SIGCONT");
  }

  async #end(): Promise<void> {
    await this.#running?.kill();
  }

  /** A further key, e.g. one that may only query. */
  createKey(scopes: readonly string[]): Promise<string> {
    return createKey(this.#home, scopes);
  }

  get #process(): Running {
    if (this.#running === undefined) throw new Error("Fusion was never started");
    return this.#running;
  }
}

async function createKey(home: string, scopes: readonly string[]): Promise<string> {
  const args = ["keys", "create", "--json", ...scopes.flatMap((scope) => ["--scope", scope])];
  const { code, stdout, stderr } = await cli("fusion", args, { env: { FUSTOR_HOME: home } });
  if (code !== 0) throw new Error(`keys create ended with ${String(code)}: ${stderr}`);
  return (JSON.parse(stdout) as { key: string }).key;
}
