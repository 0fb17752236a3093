import type { Logger } from "../logger.js";
import { APP_WORDS, type App } from "../host/app.js";
import { reportFailure, reportReady, startDaemon } from "../host/daemon.js";
import { exitCodeOf } from "../host/exit-codes.js";
import { prepareHome } from "../host/home.js";
import { createLogger, readLogLevel } from "../host/logger.js";
import { claimHome, type Claim } from "../host/pid-file.js";
import { findPlaces, type PlaceOptions, type Places } from "../host/places.js";
import { createSystemClock, type SystemClock } from "../host/system-clock.js";
import { print } from "./print.js";
import { listenForStop, type StopSignal } from "./stop-signal.js";

/** The options that `start` has in all apps. */
export interface StartOptions extends PlaceOptions {
  readonly daemon?: boolean;
  /** End when the process that started this one is gone. */
  readonly followParent?: boolean;
}

/** An app that runs until it is asked to stop. */
export interface Service<Plan> {
  readonly app: App;
  /** What the command line says beyond the places, for the start in the background. */
  readonly args?: readonly string[];
  /** Reads and checks the configuration. Nothing has been made or claimed yet. */
  readonly plan: (places: Places) => Promise<Plan>;
  /** Runs until `context.stop`; afterwards everything that it opened is closed. */
  readonly run: (plan: Plan, context: ServiceContext) => Promise<void>;
}

/** What a service gets that holds its home. */
export interface ServiceContext {
  readonly places: Places;
  readonly claim: Claim;
  readonly clock: SystemClock;
  readonly logger: Logger;
  readonly stop: StopSignal;
  /** Says what a SIGHUP does; before, and where nobody says so, it does nothing. */
  readonly onReload: (reload: () => void) => void;
}

const READY_MS = 30_000;
const DRAIN_MS = 4_500;

/** Runs a service until it is asked to stop, or starts one in the background. */
export async function startService<Plan>(
  options: StartOptions,
  service: Service<Plan>,
): Promise<number> {
  const places = findPlaces(service.app, options);
  if (options.daemon === true) {
    await startInBackground(places, service);
    return 0;
  }
  const stop = listenForStop({ followParent: options.followParent === true });
  try {
    await runInHome(places, service, stop);
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

/** Tells whoever started the service, on the terminal or in the background, that it is up. */
export async function sayReady(lines: readonly string[]): Promise<void> {
  print(lines);
  await reportReady(lines);
}

/** Waits for what is under way to end, but not for a file system or a peer that does not answer. */
export async function drain(
  ended: Promise<unknown>,
  { clock, logger }: Pick<ServiceContext, "clock" | "logger">,
): Promise<void> {
  const inTime = await Promise.race([
    ended.then(() => true),
    clock.sleep(DRAIN_MS).then(() => false),
  ]);
  if (!inTime) logger.warn({ ms: DRAIN_MS }, "stopped without waiting for what hangs");
}

async function startInBackground<Plan>(places: Places, service: Service<Plan>): Promise<void> {
  const { home, configFile, configNamed, logFile, launcher, env } = places;
  const { app, args = [] } = service;
  const config = configNamed ? ["--config", configFile] : [];
  const { pid, lines } = await startDaemon({
    entry: launcher.entry,
    args: [...launcher.args, "start", "--home", home, ...config, ...args],
    env,
    logFile,
    app,
    home,
    readyMs: READY_MS,
  });
  const { subject } = APP_WORDS[app];
  print([`${subject} runs in the background (pid ${String(pid)}).`, ...lines, `Log: ${logFile}`]);
}

async function runInHome<Plan>(
  places: Places,
  { app, plan, run }: Service<Plan>,
  stop: StopSignal,
): Promise<void> {
  const { home, env } = places;
  const clock = createSystemClock();
  const level = readLogLevel(env);
  const planned = await plan(places);
  await prepareHome(home);
  const claim = await claimHome(home, app, clock);
  const logger = createLogger({ level });
  let reload = () => {
    logger.warn({}, "reload is not supported; restart to apply a changed configuration");
  };
  const onReload = (given: () => void) => {
    reload = given;
  };
  const onHangUp = () => {
    reload();
  };
  process.on("SIGHUP", onHangUp);
  try {
    await run(planned, { places, claim, clock, logger, stop, onReload });
    logger.info({}, `${app} stopped`);
  } finally {
    process.off("SIGHUP", onHangUp);
    await claim.release();
  }
}
