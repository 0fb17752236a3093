import { FustorError, hasCode } from "@fustor/core";
import { listenForStop, type StopSignal } from "@fustor/core/cli";
import {
  claimHome,
  createLogger,
  createSystemClock,
  exitCodeOf,
  prepareHome,
  readLogLevel,
  reportFailure,
  reportReady,
  startDaemon,
  systemRandom,
} from "@fustor/core/host";
import { createFusion, pipesOf, type FusionConfig } from "@fustor/server";
import { findPlaces, type PlaceOptions, type Places } from "../places.js";
import { planFusion, type ListenOptions } from "../plan.js";
import { readVersion } from "../version.js";

export interface StartOptions extends PlaceOptions, ListenOptions {
  readonly daemon?: boolean;
  /** End when the process that started this one is gone. */
  readonly followParent?: boolean;
}

const READY_MS = 30_000;
const DRAIN_MS = 4_500;

/** Runs Fusion until it is asked to stop, or starts one in the background. */
export async function start(options: StartOptions): Promise<number> {
  const places = findPlaces(options);
  if (options.daemon === true) {
    await startInBackground(places, options);
    return 0;
  }
  const stop = listenForStop({ followParent: options.followParent === true });
  try {
    await runFusion(places, options, stop);
    return 0;
  } catch (error) {
    await reportFailure(error instanceof Error ? error.message : String(error), exitCodeOf(error));
    throw error;
  } finally {
    stop.dispose();
  }
}

async function startInBackground(places: Places, { host, port }: ListenOptions): Promise<void> {
  const { home, configFile, configNamed, logFile, binPath, launcher, env } = places;
  await prepareHome(home);
  const { pid, lines } = await startDaemon({
    entry: binPath,
    args: [
      ...launcher.args,
      "start",
      ...["--home", home],
      ...(configNamed ? ["--config", configFile] : []),
      ...(host === undefined ? [] : ["--host", host]),
      ...(port === undefined ? [] : ["--port", port]),
    ],
    env,
    logFile,
    app: "fusion",
    home,
    readyMs: READY_MS,
  });
  print([`Fusion runs in the background (pid ${String(pid)}).`, ...lines, `Log: ${logFile}`]);
}

async function runFusion(places: Places, listen: ListenOptions, stop: StopSignal): Promise<void> {
  const { home, env } = places;
  const clock = createSystemClock();
  const level = readLogLevel(env);
  const plan = await planFusion(places, listen);
  const { config } = plan;
  await prepareHome(home);
  const claim = await claimHome(home, "fusion", clock);
  const logger = createLogger({ level });
  const refuseReload = () => {
    logger.warn({}, "reload is not supported; restart to apply a changed configuration");
  };
  process.on("SIGHUP", refuseReload);
  try {
    const context = { home, clock, random: systemRandom, logger };
    const fusion = await createFusion({ ...plan, ...context });
    try {
      const { url } = await fusion.listen().catch((error: unknown) => {
        throw explainPort(error, config.listen);
      });
      await claim.publish({ url });
      logger.info({ url, version: readVersion(), home }, "fusion started");
      const keys = await fusion.keys.list();
      const [pipe] = pipesOf(config);
      const lines = [
        `Fusion answers at ${url}`,
        ...(keys.length > 0
          ? []
          : [
              `There is no key yet. Make one for an agent: fustor-fusion keys create --scope ingest:${pipe?.id ?? "PIPE"}`,
            ]),
      ];
      print(lines);
      await reportReady(lines);
      await stop.asked;
    } finally {
      await Promise.race([fusion.close(), clock.sleep(DRAIN_MS)]);
    }
    logger.info({}, "fusion stopped");
  } finally {
    process.off("SIGHUP", refuseReload);
    await claim.release();
  }
}

/** The library knows the file only; here the port can be chosen in two more ways. */
function explainPort(error: unknown, { host, port }: FusionConfig["listen"]): unknown {
  if (!hasCode(error, "PORT_IN_USE")) return error;
  return new FustorError(
    "PORT_IN_USE",
    `Fusion cannot use ${host}:${String(port)}: another process listens there. Choose another ` +
      "port with listen.port, FUSTOR_FUSION_PORT or --port (0 takes a free one).",
    { cause: error },
  );
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
