import type { Clock, Pipe, PipeStatus, SenderDriver, SourceDriver } from "@fustor/core";
import { createPipe, NO_COUNTS } from "@fustor/core/host";
import type { AgentContext, AgentPipeStatus } from "./agent-context.js";
import { createSource } from "./create-drivers.js";
import type { PipePlan } from "./plan.js";
import type { PreparedDriver } from "./prepare-driver.js";

/** What a pipe is made of; without its drivers it cannot be made. */
export interface AgentPipeParts {
  readonly plan: PipePlan;
  readonly source: PreparedDriver<"source"> | undefined;
  readonly sender: SenderDriver | undefined;
}

/** A pipe while it exists, with the source that is its own: two pipes on one watch it separately. */
interface Open {
  readonly pipe: Pipe;
  readonly source: SourceDriver;
  readonly stop: AbortController;
  running: Promise<void> | undefined;
}

/** One pipe of the configuration, whether it runs or not. */
export class AgentPipe {
  readonly plan: PipePlan;
  /** Equal for pipes that need not be told apart. */
  readonly signature: string;
  readonly #parts: AgentPipeParts;
  readonly #context: AgentContext;
  #open: Open | undefined;
  #isPaused = false;

  constructor(parts: AgentPipeParts, signature: string, context: AgentContext) {
    this.plan = parts.plan;
    this.signature = signature;
    this.#parts = parts;
    this.#context = context;
  }

  /** Makes the pipe, and starts the process of its source. Does nothing where it cannot be made. */
  open(): void {
    const { plan, source: prepared, sender } = this.#parts;
    const { agentId, bootId, clock, random, logger } = this.#context;
    if (!plan.enabled) return;
    if (prepared === undefined || sender === undefined) {
      const reason = plan.problem?.message;
      logger.error({ pipe: plan.id, reason }, "pipe left out");
      return;
    }
    const source = createSource(prepared, this.#context, { startNow: true });
    const fields = plan.fields === undefined ? {} : { fields: [...plan.fields] };
    const { id, bufferRowsMax } = plan;
    const pipe = createPipe({
      id,
      source,
      sender,
      agentId,
      bootId,
      clock,
      random,
      logger,
      bufferRowsMax,
      ...fields,
    });
    this.#open = { pipe, source, stop: new AbortController(), running: undefined };
  }

  /** Lets the pipe run. It is opened if it is not, and need not be. */
  begin(): void {
    if (this.#open === undefined) this.open();
    const open = this.#open;
    if (open === undefined) return;
    this.#isPaused = false;
    open.running ??= open.pipe.run(open.stop.signal);
    // Whoever ends it is told; the engine logs what goes wrong before.
    open.running.catch(() => undefined);
  }

  /** Ends the pipe, and closes its source. */
  async end(reason = new Error("asked to stop")): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    open.stop.abort(reason);
    await Promise.allSettled([open.running]);
    await Promise.allSettled([open.source.close()]);
  }

  async pause(): Promise<void> {
    if (!this.plan.enabled) return;
    this.#isPaused = true;
    await this.end();
  }

  status(): AgentPipeStatus {
    const { enabled, sourceId, sourceType, senderId, senderType, bufferRowsMax } = this.plan;
    const status = this.#open?.pipe.status() ?? absentStatus(this.plan, this.#context.clock);
    const paused = this.#isPaused ? ({ isPaused: true } as const) : {};
    const drivers = { sourceId, sourceType, senderId, senderType };
    return { ...status, enabled, ...paused, ...drivers, bufferRowsMax };
  }
}

/** What there is to say about a pipe that is not there. */
function absentStatus({ id, enabled, problem }: PipePlan, clock: Clock): PipeStatus {
  return {
    id,
    state: "stopped",
    role: undefined,
    sessionId: undefined,
    phase: "idle",
    watching: false,
    problem:
      enabled && problem !== undefined
        ? { code: problem.code, message: problem.message, at: clock.now() }
        : undefined,
    counters: NO_COUNTS,
    source: {},
  };
}
