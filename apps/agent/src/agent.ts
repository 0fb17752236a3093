import { FustorError } from "@fustor/core";
import type { AgentContext, AgentPipeStatus } from "./agent-context.js";
import { closeSenders, createSenders } from "./create-drivers.js";
import { AgentPipe } from "./agent-pipe.js";
import type { AgentPlan } from "./plan.js";
import { reloadPipes, signatureOf, type Reloaded } from "./reload.js";

export type { AgentContext, AgentPipeStatus };

/** The pipes of one configuration file, with the sources and senders that they need. */
export interface Agent {
  pipes(): AgentPipeStatus[];
  /** Carries events until `signal` aborts; afterwards everything is closed. */
  run(signal: AbortSignal): Promise<void>;
  /** For an agent that does not run after all. */
  close(): Promise<void>;
  /**
   * Goes over to another plan: pipes that are the same in both run on untouched. Throws what
   * `createAgent` throws; nothing has changed then.
   */
  reload(plan: AgentPlan): Promise<Reloaded>;
  /** Ends a pipe until it is resumed. Throws `NOT_FOUND`, as do the next two. */
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Lets a pipe begin anew: as leader, it looks at everything again. */
  rescan(id: string): Promise<void>;
}

/**
 * Builds every pipe that is enabled and has its drivers, and starts the processes of their sources.
 *
 * Throws a `ConfigError` for options that a sender finds wrong itself.
 */
export async function createAgent(first: AgentPlan, context: AgentContext): Promise<Agent> {
  let plan = first;
  let senders = await createSenders(plan, context);
  let pipes = plan.pipes.map((pipe) => {
    const parts = {
      plan: pipe,
      source: plan.sources.get(pipe.sourceId),
      sender: senders.get(pipe.senderId),
    };
    return new AgentPipe(parts, signatureOf(plan, pipe), context);
  });
  for (const pipe of pipes) pipe.open();
  let isRunning = false;
  /** What changes pipes goes one after the other. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(change: () => Promise<Result>): Promise<Result> => {
    const done = turn.then(change);
    turn = done.catch(() => undefined);
    return done;
  };
  const close = () =>
    inTurn(async () => {
      isRunning = false;
      await Promise.all(pipes.map((pipe) => pipe.end()));
      await closeSenders(senders.values());
    });
  const find = (id: string): AgentPipe => {
    const pipe = pipes.find((each) => each.plan.id === id);
    if (pipe !== undefined) return pipe;
    const ids = pipes.map((each) => each.plan.id).join(", ");
    throw new FustorError("NOT_FOUND", `There is no pipe "${id}". There are ${ids}.`);
  };
  /** An agent that ends starts nothing any more. */
  const begin = (pipe: AgentPipe): void => {
    if (isRunning) pipe.begin();
  };
  return {
    close,
    pipes: () => pipes.map((pipe) => pipe.status()),
    run: async (signal) => {
      isRunning = true;
      for (const pipe of pipes) pipe.begin();
      try {
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener("abort", () => {
            resolve();
          });
        });
      } finally {
        await close();
      }
    },
    reload: (next) =>
      inTurn(async () => {
        const reloaded = await reloadPipes({ plan, pipes, senders }, next, context, begin);
        ({ plan, pipes, senders } = reloaded);
        return reloaded.report;
      }),
    pause: (id) => inTurn(() => find(id).pause()),
    resume: (id) =>
      inTurn(() => {
        begin(find(id));
        return Promise.resolve();
      }),
    rescan: (id) =>
      inTurn(async () => {
        const pipe = find(id);
        await pipe.end();
        begin(pipe);
      }),
  };
}
