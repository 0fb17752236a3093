import { join } from "node:path";
import { Agent, type Backend } from "./agent.js";
import { atEndOfTest, type AtEnd } from "./at-end.js";
import { eventuallyEqual } from "./equal.js";
import { Hopeless } from "./eventually.js";
import { makeFolder } from "./folders.js";
import { Fusion, type FusionOptions } from "./fusion.js";

export interface PairOptions extends Omit<FusionOptions, "home" | "atEnd"> {
  /** The folder to watch. Default: a new one below `parent`, removed at the end. */
  readonly dir?: string;
  /** Where the new folder is made, e.g. `/dev/shm`. */
  readonly parent?: string;
  readonly backend?: Backend;
  /** How many agents watch the folder. Default: 1. */
  readonly agents?: number;
  readonly driverParams?: Readonly<Record<string, unknown>>;
  /** Default: everything ends with the test. */
  readonly atEnd?: AtEnd;
}

/** A Fusion and its agents on one folder. */
export interface Pair {
  readonly dir: string;
  readonly fusion: Fusion;
  /** The first agent. */
  readonly agent: Agent;
  readonly agents: readonly Agent[];
  /** Waits until the view equals the folder; see `eventuallyEqual`. */
  equal(withinMs?: number): Promise<number>;
}

/** Starts a Fusion, then the agents one by one; resolves before anything has been seen. */
export async function startPair(options: PairOptions = {}): Promise<Pair> {
  const { backend, driverParams, parent, agents: count = 1, atEnd = atEndOfTest } = options;
  const home = await makeFolder("home", { atEnd });
  const dir =
    options.dir ??
    (await makeFolder("tree", { atEnd, ...(parent === undefined ? {} : { parent }) }));
  const fusion = await Fusion.start({ ...options, home: join(home, "fusion"), atEnd });
  const startAgent = (index: number): Promise<Agent> =>
    Agent.start({
      home: join(home, `agent-${String(index)}`),
      dir,
      endpoint: fusion.endpoint,
      key: fusion.key,
      atEnd,
      ...(backend === undefined ? {} : { backend }),
      ...(driverParams === undefined ? {} : { driverParams }),
    });
  const agent = await startAgent(0);
  const agents = [agent];
  for (let index = 1; index < count; index += 1) agents.push(await startAgent(index));

  const check = (): void => {
    if (!agents.some((each) => each.isRunning())) throw new Hopeless("No agent is running.");
  };
  const equal = async (withinMs?: number): Promise<number> => {
    try {
      return await eventuallyEqual(dir, fusion.view, { withinMs, check });
    } catch (error) {
      throw withOutputs(error, [fusion, ...agents]);
    }
  };
  return { dir, fusion, agent, agents, equal };
}

/** The failure with what the processes had to say, cut to what can be read. */
function withOutputs(error: unknown, processes: readonly { output(): string }[]): Error {
  const words = processes.map((each) => each.output().slice(-3_000)).join("\n---\n");
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`${message}\n\nWhat they printed:\n${words}`, { cause: error });
}
