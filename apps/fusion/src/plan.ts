import type { ViewModule } from "@fustor/core";
import { driverFolders, loadDriver, parseConfig, readConfigFile } from "@fustor/core/host";
import {
  checkFusionConfig,
  defaultFusionConfig,
  fusionConfigSchema,
  type ConfigOrigin,
  type FusionConfig,
} from "@fustor/server";
import { existsSync } from "node:fs";
import { parsePort, type Places } from "./places.js";

/** What Fusion is to be, and where that was said. */
export interface FusionPlan {
  readonly config: FusionConfig;
  readonly origin: ConfigOrigin;
  loadView(type: string): Promise<ViewModule>;
}

/** What the command line says about the address. */
export interface ListenOptions {
  readonly host?: string;
  readonly port?: string;
}

/**
 * Reads the configuration file, which may be absent unless it was named, and checks it together
 * with its view drivers. An option wins over the environment, which wins over the file.
 *
 * Throws a `ConfigError` with every fault, `CONFIG_UNREADABLE`, `DRIVER_NOT_FOUND`,
 * `DRIVER_INVALID` or `USAGE`.
 */
export async function planFusion(places: Places, listen: ListenOptions = {}): Promise<FusionPlan> {
  const { configFile, home, binPath, env } = places;
  const { config, origin } = await readConfig(places);
  checkFusionConfig(config, origin);

  const folders = driverFolders({ configFile, home, binPath, selfUrl: import.meta.url, env });
  const loadView = async (type: string) =>
    (await loadDriver({ kind: "view", type, folders })).module;
  for (const [index, view] of config.views.entries()) {
    const { configSchema } = await loadView(view.type);
    const pointer = `/views/${String(index)}/config`;
    parseConfig(origin.subject, configSchema, view.config, origin.locate, pointer);
  }
  return { config: { ...config, listen: chooseListen(config, listen, env) }, origin, loadView };
}

async function readConfig({ configFile, configNamed }: Places) {
  if (!configNamed && !existsSync(configFile)) {
    return { config: defaultFusionConfig, origin: { subject: "The default configuration" } };
  }
  const { config, locate } = await readConfigFile(configFile, fusionConfigSchema);
  return { config, origin: { subject: configFile, locate } };
}

function chooseListen(
  { listen }: FusionConfig,
  { host, port }: ListenOptions,
  env: NodeJS.ProcessEnv,
): FusionConfig["listen"] {
  const fromEnvironment = env["FUSTOR_FUSION_PORT"] ?? "";
  const chosenPort =
    port !== undefined
      ? parsePort("--port", port)
      : fromEnvironment === ""
        ? listen.port
        : parsePort("FUSTOR_FUSION_PORT", fromEnvironment);
  return { ...listen, host: host ?? listen.host, port: chosenPort };
}
