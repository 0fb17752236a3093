import { FustorError, hasCode } from "@fustor/core";
import {
  drain,
  sayReady,
  startService,
  type ServiceContext,
  type StartOptions,
} from "@fustor/core/cli";
import { systemRandom } from "@fustor/core/host";
import { createFusion, pipesOf, type Fusion, type FusionConfig } from "@fustor/server";
import { resolve } from "node:path";
import { planFusion, type FusionPlan, type ListenOptions } from "../plan.js";
import { VERSION } from "../version.js";

/** Runs Fusion until it is asked to stop, or starts one in the background. */
export function start(options: StartOptions & ListenOptions): Promise<number> {
  const { host, port } = options;
  return startService(options, {
    app: "fusion",
    args: [
      ...(host === undefined ? [] : ["--host", host]),
      ...(port === undefined ? [] : ["--port", port]),
    ],
    plan: (places) => planFusion(places, options),
    run: runFusion,
  });
}

async function runFusion(plan: FusionPlan, service: ServiceContext): Promise<void> {
  const { places, claim, clock, logger, stop } = service;
  const { home } = places;
  const { config } = plan;
  const fusion = await createFusion({ ...plan, home, clock, random: systemRandom, logger });
  try {
    const { url } = await fusion.listen().catch((error: unknown) => {
      throw explainPort(error, config.listen);
    });
    const { tls } = config.listen;
    await claim.publish({ url, ...(tls && { certificate: resolve(tls.cert) }) });
    logger.info({ url, version: VERSION, home }, "fusion started");
    await sayReady([`Fusion answers at ${url}`, ...(await missKey(fusion, config))]);
    await stop.asked;
  } finally {
    await drain(fusion.close(), service);
  }
}

/** What to do first, where nobody has a key yet. */
async function missKey({ keys }: Fusion, config: FusionConfig): Promise<readonly string[]> {
  if ((await keys.list()).length > 0) return [];
  const scope = `ingest:${pipesOf(config)[0]?.id ?? "PIPE"}`;
  return [`There is no key yet. Make one for an agent: fustor-fusion keys create --scope ${scope}`];
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
