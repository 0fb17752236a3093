import { ConfigError, type SenderDriver } from "@fustor/core";
import type { AgentContext } from "./agent-context.js";
import { closeSenders, createSenders } from "./create-drivers.js";
import { AgentPipe } from "./agent-pipe.js";
import type { AgentPlan, PipePlan } from "./plan.js";
import type { PreparedDriver } from "./prepare-driver.js";

/** What a reload did, by the ids of the pipes. */
export interface Reloaded {
  readonly started: readonly string[];
  readonly stopped: readonly string[];
  readonly restarted: readonly string[];
  readonly kept: readonly string[];
}

/** What an agent consists of. */
export interface Parts {
  readonly plan: AgentPlan;
  readonly pipes: AgentPipe[];
  readonly senders: ReadonlyMap<string, SenderDriver>;
}

/**
 * Goes from one plan to another. All that can fail comes first; then pipes that are no more or have
 * changed are ended, and those that are new or have changed are begun by `begin`.
 */
export async function reloadPipes(
  old: Parts,
  plan: AgentPlan,
  context: AgentContext,
  begin: (pipe: AgentPipe) => void,
): Promise<Parts & { readonly report: Reloaded }> {
  requireSamePlace(old.plan, plan);
  const changedSenders = new Map(
    [...plan.senders].filter(([id, sender]) => {
      const before = old.plan.senders.get(id);
      return before === undefined || describe(before) !== describe(sender);
    }),
  );
  const made = await createSenders({ ...plan, senders: changedSenders }, context);
  const keptSenders = [...old.senders].filter(([id]) => plan.senders.has(id) && !made.has(id));
  const senders = new Map([...keptSenders, ...made]);

  const before = new Map(old.pipes.map((pipe) => [pipe.plan.id, pipe]));
  const report = { started: [], stopped: [], restarted: [], kept: [] } as Record<
    keyof Reloaded,
    string[]
  >;
  const pipes = plan.pipes.map((pipe) => {
    const { id, sourceId, senderId } = pipe;
    const known = before.get(id);
    const signature = signatureOf(plan, pipe);
    if (known?.signature === signature) {
      report.kept.push(id);
      return known;
    }
    report[known === undefined ? "started" : "restarted"].push(id);
    const parts = { plan: pipe, source: plan.sources.get(sourceId), sender: senders.get(senderId) };
    return new AgentPipe(parts, signature, context);
  });
  const ended = old.pipes.filter((pipe) => !pipes.includes(pipe));
  report.stopped.push(
    ...ended.map((pipe) => pipe.plan.id).filter((id) => !plan.pipes.some((pipe) => pipe.id === id)),
  );
  await Promise.all(ended.map((pipe) => pipe.end(new Error("the configuration changed"))));
  await closeSenders(
    [...old.senders].flatMap(([id, each]) => (senders.get(id) === each ? [] : each)),
  );
  for (const pipe of pipes) if (!old.pipes.includes(pipe)) begin(pipe);
  return { plan, pipes, senders, report };
}

/** All that makes a pipe what it is: what is equal in this need not be started again. */
export function signatureOf({ sources, senders }: AgentPlan, pipe: PipePlan): string {
  const { id, enabled, sourceId, senderId, fields, bufferRowsMax, problem } = pipe;
  return JSON.stringify([
    id,
    enabled,
    describe(sources.get(sourceId)),
    describe(senders.get(senderId)),
    fields,
    bufferRowsMax,
    problem?.message,
  ]);
}

function describe(
  prepared: PreparedDriver<"source"> | PreparedDriver<"sender"> | undefined,
): string {
  if (prepared === undefined) return "";
  const { id, type, driver, config } = prepared;
  return JSON.stringify([id, type, driver.entry, config]);
}

/** What the agent is for others stands from its start to its end. */
function requireSamePlace(old: AgentPlan, { config, configFile, locate }: AgentPlan): void {
  const issues = (["listen", "agent_id"] as const)
    .filter((key) => JSON.stringify(old.config[key]) !== JSON.stringify(config[key]))
    .map((key) => {
      const place = locate(`/${key}`);
      const message = "has changed, which a reload cannot do: fustor-agent stop, then start -D";
      return { path: `/${key}`, message, ...(place === undefined ? {} : { place }) };
    });
  if (issues.length > 0) throw new ConfigError(configFile, issues);
}
