import { ConfigError, FustorError, hasCode, type ViewModule } from "@fustor/core";
import {
  byPlace,
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
import { addViewFaults, faultsOf } from "./view-faults.js";

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
  const folders = driverFolders({ configFile, home, binPath, selfUrl: import.meta.url, env });
  const loadView = async (type: string) =>
    (await loadDriver({ kind: "view", type, folders })).module;
  const { config, origin } = await readConfig(places).catch(async (error: unknown) => {
    throw await addViewFaults(error, configFile, loadView);
  });
  const chosenListen = chooseListen(config, listen, env);
  // With the address that is really bound: what may be spoken there depends on it.
  const issues = [
    ...faultsOf(() => {
      checkFusionConfig({ ...config, listen: chosenListen }, origin);
    }),
  ];
  const problems: FustorError[] = [];
  const views: ViewConfig[] = [];
  for (const [index, view] of config.views.entries()) {
    const pointer = `/views/${String(index)}`;
    try {
      const { configSchema } = await loadView(view.type);
      const at = `${pointer}/config`;
      const parsed = parseConfig(origin.subject, configSchema, view.config, origin.locate, at);
      views.push({ ...view, config: parsed });
    } catch (error) {
      if (hasCode(error, "CONFIG_INVALID")) issues.push(...(error as ConfigError).issues);
      else if (isDriverProblem(error)) problems.push(located(error, view.id, origin, pointer));
      else throw error;
    }
  }
  if (issues.length > 0) throw new ConfigError(origin.subject, issues.sort(byPlace));
  const [problem] = problems;
  if (problem !== undefined) {
    throw new FustorError(problem.code, problems.map(({ message }) => message).join("\n"));
  }
  const chosen = { ...config, listen: chosenListen, views };
  return { config: chosen, origin, loadView };
}

function isDriverProblem(error: unknown): error is FustorError {
  return hasCode(error, "DRIVER_NOT_FOUND") || hasCode(error, "DRIVER_INVALID");
}

/** Says where in the file the driver of a view was asked for. */
function located(
  error: FustorError,
  id: string,
  { subject, locate }: ConfigOrigin,
  pointer: string,
): FustorError {
  const where = formatPlace(subject, locate?.(`${pointer}/type`));
  return new FustorError(error.code, `${where} view "${id}": ${error.message}`, { cause: error });
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
