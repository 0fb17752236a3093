import {
  createLogger,
  createSystemClock,
  exitCodeOf,
  claimHome,
  prepareHome,
  readLogLevel,
  reportFailure,
  reportReady,
  startDaemon,
  systemRandom,
  type SystemClock,
} from "@fustor/core/host";
import { listenForStop, type StopSignal } from "@fustor/core/cli";
import type { Logger } from "@fustor/core";
import { createAgent, type Agent } from "../agent.js";
import { readAgentId } from "../identity.js";
import { openPage, type Page } from "../page.js";
import { planAgent, requireUsablePipe } from "../plan.js";
import { findPlaces, chooseListen, type PlaceOptions, type Places } from "../places.js";
import { describePipe } from "../words.js";
import { createReporter } from "../report.js";

export interface StartOptions extends PlaceOptions {
  readonly daemon?: boolean;
  /** End when the process that started this one is gone. */
  readonly followParent?: boolean;
}

const READY_MS = 30_000;
/** How long to wait for the pipes' first success or failure before saying how they are. */
const SETTLE_MS = 5_000;
const SETTLE_POLL_MS = 50;
/** A source that hangs in its file system must not keep the agent from ending. */
const DRAIN_MS = 4_500;

/** Runs the agent until it is asked to stop, or starts one in the background. */
export async function start(options: StartOptions): Promise<number> {
  const places = findPlaces(options);
  if (options.daemon === true) {
    await startInBackground(places);
    return 0;
  }
  const stop = listenForStop({ followParent: options.followParent === true });
  try {
    await runAgent(places, stop);
    return 0;
  } catch (error) {
    // Asked to stop before it was up: that is what happens now.
    if (stop.signal.aborted && error === stop.signal.reason) return 0;
    await reportFailure(error instanceof Error ? error.message : String(error), exitCodeOf(error));
    throw error;
  } finally {
    stop.dispose();
  }
}

async function startInBackground({ home, configFile, logFile, binPath, launcher, env }: Places) {
  await prepareHome(home);
  const { pid, lines } = await startDaemon({
    entry: binPath,
    args: [...launcher.args, "start", "--home", home, "--config", configFile],
    env,
    logFile,
    app: "agent",
    home,
    readyMs: READY_MS,
  });
  print([`The agent runs in the background (pid ${String(pid)}).`, ...lines, `Log: ${logFile}`]);
}

async function runAgent(places: Places, stop: StopSignal): Promise<void> {
  const { home, configFile, env } = places;
  const clock = createSystemClock();
  const level = readLogLevel(env);
  const plan = await planAgent(places);
  requireUsablePipe(plan);
  const listen = chooseListen(plan.config, env);

  await prepareHome(home);
  const claim = await claimHome(home, "agent", clock);
  const logger = createLogger({ level });
  const refuseReload = () => {
    logger.warn({}, "reload is not supported; restart to apply a changed configuration");
  };
  process.on("SIGHUP", refuseReload);
  let page: Page | undefined;
  try {
    const agentId = await readAgentId(home, plan.config.agent_id);
    const { bootId } = claim;
    const context = { agentId, bootId, home, clock, random: systemRandom, logger };
    const agent = await createAgent(plan, context);
    const report = createReporter(agent, context, configFile);
    page = await openPage({ ...listen, report });
    await claim.publish({ url: page.url });
    logger.info({ agentId, bootId, url: page.url, configFile }, "agent started");

    const running = agent.run(stop.signal);
    const { url } = page;
    const announced = announce(agent, { agentId, url, clock, stop: stop.signal });
    await Promise.race([running, stop.asked]);
    await drain(Promise.all([running, announced]), clock, logger);
    logger.info({}, "agent stopped");
  } finally {
    process.off("SIGHUP", refuseReload);
    await page?.close();
    await claim.release();
  }
}

/** Says how the pipes are once each has met its first success or failure. */
async function announce(
  agent: Agent,
  {
    agentId,
    url,
    clock,
    stop,
  }: {
    readonly agentId: string;
    readonly url: string;
    readonly clock: SystemClock;
    readonly stop: AbortSignal;
  },
): Promise<void> {
  const until = clock.now() + SETTLE_MS;
  const isSettling = () => agent.pipes().some(({ state }) => state === "starting");
  while (isSettling() && clock.now() < until && !stop.aborted) {
    await clock.sleep(SETTLE_POLL_MS);
  }
  if (stop.aborted) return;
  const lines = [`Agent ${agentId}, page ${url}`, ...agent.pipes().map(describePipe)];
  print(lines);
  await reportReady(lines);
}

/** Waits for the pipes to close their sessions, but not for a file system that does not answer. */
async function drain(ended: Promise<unknown>, clock: SystemClock, logger: Logger): Promise<void> {
  const inTime = await Promise.race([
    ended.then(() => true),
    clock.sleep(DRAIN_MS).then(() => false),
  ]);
  if (!inTime) logger.warn({ ms: DRAIN_MS }, "stopped without waiting for a hanging source");
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
