import {
  drain,
  sayReady,
  startService,
  type ServiceContext,
  type StartOptions,
} from "@fustor/core/cli";
import { prepareSourceProcess, systemRandom } from "@fustor/core/host";
import { createAgent, type Agent } from "../agent.js";
import { readAgentId } from "../identity.js";
import { LogMemory } from "../log-memory.js";
import { chooseListen, openPage, type Page } from "../page.js";
import { formsOf } from "../page-console.js";
import { planAgent, requireUsablePipe, type AgentPlan } from "../plan.js";
import { createControl } from "../control.js";
import { createReporter } from "../report.js";
import { describePipe } from "../words.js";

/** How long to wait for the pipes' first success or failure before saying how they are. */
const SETTLE_MS = 5_000;
const SETTLE_POLL_MS = 50;

/** Runs the agent until it is asked to stop, or starts one in the background. */
export function start(options: StartOptions): Promise<number> {
  return startService(options, {
    app: "agent",
    plan: async (places) => {
      prepareSourceProcess();
      const plan = await planAgent(places);
      requireUsablePipe(plan);
      return { plan, listen: chooseListen(plan.config, places.env) };
    },
    run: runAgent,
  });
}

async function runAgent(
  { plan, listen }: { readonly plan: AgentPlan; readonly listen: AgentPlan["config"]["listen"] },
  service: ServiceContext,
): Promise<void> {
  const { places, claim, clock, stop, onReload } = service;
  const log = new LogMemory(clock);
  const logger = log.listen(service.logger);
  const { home, configFile } = places;
  const agentId = await readAgentId(home, plan.config.agent_id);
  const { bootId } = claim;
  const context = { agentId, bootId, home, clock, random: systemRandom, logger };
  // The processes of its sources start while the page is loaded.
  const agent = await createAgent(plan, context);
  const report = createReporter(agent, context, configFile);
  const control = createControl(agent, places, logger);
  onReload(() => {
    // It is logged there; nobody waits for it here.
    control.reload().catch(() => undefined);
  });
  let isIdle = true;
  let page: Page | undefined;
  try {
    page = await openPage({
      ...listen,
      report,
      control,
      console: { log, forms: formsOf(plan) },
    });
    const { url } = page;
    await claim.publish({ url });
    logger.info({ agentId, bootId, url, configFile }, "agent started");
    isIdle = false; // it closes itself from here on
    const running = agent.run(stop.signal);
    const announced = announce(agent, `Agent ${agentId}, page ${url}`, service);
    await Promise.race([running, stop.asked]);
    await drain(Promise.all([running, announced]), service);
  } finally {
    if (isIdle) await agent.close();
    await page?.close();
  }
}

/** Says how the pipes are once each has met its first success or failure. */
async function announce(
  agent: Agent,
  title: string,
  { clock, stop }: Pick<ServiceContext, "clock" | "stop">,
): Promise<void> {
  const until = clock.now() + SETTLE_MS;
  const isSettling = () => agent.pipes().some(({ state }) => state === "starting");
  while (isSettling() && clock.now() < until && !stop.signal.aborted) {
    await clock.sleep(SETTLE_POLL_MS);
  }
  if (stop.signal.aborted) return;
  await sayReady([title, ...agent.pipes().map(describePipe)]);
}
