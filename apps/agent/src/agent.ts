import {
  ConfigError,
  hasCode,
  type Clock,
  type Logger,
  type Pipe,
  type PipeStatus,
  type Random,
  type SenderDriver,
  type SourceDriver,
} from "@fustor/core";
import { createPipe, createSourceProcess, NO_COUNTS, type SystemClock } from "@fustor/core/host";
import type { AgentPlan, PipePlan } from "./plan.js";
import type { PreparedDriver } from "./prepare-driver.js";

/** One pipe as the page and `status` show it. */
export interface AgentPipeStatus extends PipeStatus {
  readonly enabled: boolean;
  readonly sourceId: string;
  readonly sourceType: string;
  readonly senderId: string;
  readonly senderType: string;
}

export interface AgentContext {
  readonly agentId: string;
  readonly bootId: string;
  readonly home: string;
  readonly clock: SystemClock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The pipes of one configuration file, with the sources and senders that they need. */
export interface Agent {
  pipes(): AgentPipeStatus[];
  /** Carries events until `signal` aborts; afterwards everything is closed. */
  run(signal: AbortSignal): Promise<void>;
  /** For an agent that does not run after all. */
  close(): Promise<void>;
}

/**
 * Builds every pipe that is enabled and has its drivers, and starts the processes of their sources.
 *
 * Throws a `ConfigError` for options that a sender finds wrong itself.
 */
export async function createAgent(plan: AgentPlan, context: AgentContext): Promise<Agent> {
  const senders = await createSenders(plan, context);
  const lanes = plan.pipes.map((pipePlan) => createLane(pipePlan, plan, senders, context));
  const close = async () => {
    await Promise.allSettled(lanes.flatMap(({ source }) => source?.close() ?? []));
    await closeAll(senders);
  };
  return {
    close,
    pipes: () => lanes.map(({ plan: pipePlan, pipe }) => toStatus(pipePlan, pipe, context.clock)),
    run: async (signal) => {
      try {
        await Promise.all(lanes.flatMap(({ pipe }) => pipe?.run(signal) ?? []));
      } finally {
        await close();
      }
    },
  };
}

/** Creates the senders of a plan. Throws a `ConfigError` with places; nothing is open then. */
export async function createSenders(
  { senders, configFile, locate }: AgentPlan,
  { clock, random, logger, home }: Pick<AgentContext, "clock" | "random" | "logger" | "home">,
): Promise<ReadonlyMap<string, SenderDriver>> {
  const created = new Map<string, SenderDriver>();
  for (const { id, driver, config, pointer } of senders.values()) {
    try {
      const context = { id, clock, random, logger, home };
      created.set(id, await driver.module.create(config as object, context));
    } catch (error) {
      await closeAll(created);
      if (!hasCode(error, "CONFIG_INVALID")) throw error;
      const issues = (error as ConfigError).issues.map(({ path, message }) => {
        const place = locate(pointer + path);
        return { path: pointer + path, message, ...(place === undefined ? {} : { place }) };
      });
      throw new ConfigError(configFile, issues);
    }
  }
  return created;
}

/** Its process starts with the first call, or at once with `startNow`. */
export function createSource(
  { id, driver, config }: PreparedDriver<"source">,
  { home, clock, random, logger }: Pick<AgentContext, "clock" | "random" | "logger" | "home">,
  { startNow = false } = {},
): SourceDriver {
  const { entry } = driver;
  return createSourceProcess({ entry, config, id, home, logger, clock, random, startNow });
}

/** A pipe and the source that is its own; two pipes on one source watch it separately. */
interface Lane {
  readonly plan: PipePlan;
  readonly pipe: Pipe | undefined;
  readonly source: SourceDriver | undefined;
}

function createLane(
  plan: PipePlan,
  { sources }: AgentPlan,
  senders: ReadonlyMap<string, SenderDriver>,
  context: AgentContext,
): Lane {
  const prepared = sources.get(plan.sourceId);
  const sender = senders.get(plan.senderId);
  if (!plan.enabled || prepared === undefined || sender === undefined) {
    if (plan.enabled) {
      const reason = plan.problem?.message;
      context.logger.error({ pipe: plan.id, reason }, "pipe left out");
    }
    return { plan, pipe: undefined, source: undefined };
  }
  const { agentId, bootId, clock, random, logger } = context;
  const source = createSource(prepared, context, { startNow: true });
  const fields = plan.fields === undefined ? {} : { fields: [...plan.fields] };
  const pipe = createPipe({
    id: plan.id,
    source,
    sender,
    agentId,
    bootId,
    clock,
    random,
    logger,
    ...fields,
  });
  return { plan, pipe, source };
}

function toStatus(plan: PipePlan, pipe: Pipe | undefined, clock: Clock): AgentPipeStatus {
  const { enabled, sourceId, sourceType, senderId, senderType } = plan;
  const status = pipe?.status() ?? absentStatus(plan, clock);
  return { ...status, enabled, sourceId, sourceType, senderId, senderType };
}

/** What there is to say about a pipe that was never built. */
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

async function closeAll(senders: ReadonlyMap<string, SenderDriver>): Promise<void> {
  await Promise.allSettled([...senders.values()].map((sender) => sender.close()));
}
