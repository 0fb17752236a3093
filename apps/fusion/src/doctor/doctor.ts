import {
  checkDiskSpace,
  checkDrivers,
  checkHomeRights,
  checkNodeVersion,
  checkPlatform,
  checkPort,
  checkRunning,
  readPlatform,
  type Finding,
} from "@fustor/core/cli";
import { createSystemClock, driverFolders, type Places } from "@fustor/core/host";
import type { FusionPlan } from "../plan.js";
import { checkCertificate } from "./certificate.js";
import { checkConfiguration } from "./configuration.js";
import { checkKeys } from "./keys.js";
import { checkState } from "./state.js";
import { checkViews } from "./views.js";

const MIB = 1024 * 1024;

/** Looks at everything that a Fusion needs, from the machine to its state. */
export async function examineFusion(places: Places): Promise<readonly Finding[]> {
  const { home } = places;
  const state = await checkState(home);
  // A checkpoint is written beside the one before, and the log grows until it is there.
  const space = { bytesMin: 64 * MIB, bytesWanted: 1024 * MIB + state.bytes };
  const { plan, findings } = await checkConfiguration(places);
  return [
    checkNodeVersion(process.versions.node),
    checkPlatform(readPlatform()),
    ...(await checkHomeRights(home)),
    await checkDiskSpace(home, space),
    await checkRunning(home, "fusion"),
    ...(await checkViews(home)),
    ...(await checkDrivers(driverFolders({ ...places, selfUrl: import.meta.url }))),
    ...findings,
    ...(plan === undefined ? [] : await checkPlanned(home, plan)),
    ...state.findings,
  ];
}

async function checkPlanned(home: string, { config }: FusionPlan): Promise<readonly Finding[]> {
  const { host, port, tls } = config.listen;
  const fix = "set listen.port, FUSTOR_FUSION_PORT or --port to another one (0 takes a free one)";
  return [
    await checkPort({ app: "fusion", subject: "port", home, host, port, fix }),
    ...(tls === undefined ? [] : [await checkCertificate(tls.cert, createSystemClock().now())]),
    ...(await checkKeys(home, config)),
  ];
}
