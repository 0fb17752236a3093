import { FustorError, hasCode, type ViewModule } from "@fustor/core";
import {
  driverFolders,
  formatPlace,
  loadDriver,
  parseConfig,
  parsePort,
  readConfigFile,
  type Places,
} from "@fustor/core/host";
import {
  checkFusionConfig,
  defaultFusionConfig,
  fusionConfigSchema,
  type ConfigOrigin,
  type FusionConfig,
  type ViewConfig,
} from "@fustor/server";
import { existsSync } from "node:fs";

/** What Fusion is to be, and where that was said. */
export interface FusionPlan {
  /** Checked, all defaults filled in, also those of the views' drivers. */
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
  const views: ViewConfig[] = [];
  for (const [index, view] of config.views.entries()) {
    const pointer = `/views/${String(index)}`;
    const { configSchema } = await loadView(view.type).catch((error: unknown) => {
      throw located(error, view.id, origin, `${pointer}/type`);
    });
    const at = `${pointer}/config`;
    const parsed = parseConfig(origin.subject, configSchema, view.config, origin.locate, at);
    views.push({ ...view, config: parsed });
  }
  const chosen = { ...config, listen: chooseListen(config, listen, env), views };
  return { config: chosen, origin, loadView };
}

/** Says where in the file the driver of a view was asked for. */
function located(error: unknown, id: string, origin: ConfigOrigin, pointer: string): unknown {
  if (!hasCode(error, "DRIVER_NOT_FOUND") && !hasCode(error, "DRIVER_INVALID")) return error;
  const { code, message } = error as FustorError;
  const where = formatPlace(origin.subject, origin.locate?.(pointer));
  return new FustorError(code, `${where} view "${id}": ${message}`, { cause: error });
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
