import {
  ConfigError,
  FustorError,
  hasCode,
  type ConfigIssue,
  type ObjectSchema,
  type Schema,
} from "@fustor/core";
import {
  driverFolders,
  formatPlace,
  loadDriver,
  parseConfig,
  readConfigFile,
  resolveSecrets,
  type LoadedDriver,
  type Locate,
} from "@fustor/core/host";
import { dirname } from "node:path";
import { findFaults } from "./config-faults.js";
import { agentConfigSchema, type AgentConfig } from "./config.js";
import { nameOldForm } from "./old-form.js";

/** A driver with its options, ready to be created. */
export interface PreparedDriver<Kind extends "source" | "sender"> {
  readonly id: string;
  readonly type: string;
  readonly driver: LoadedDriver<Kind>;
  /** Checked, its defaults and secrets filled in. */
  readonly config: unknown;
  /** Where its options stand in the file. */
  readonly pointer: string;
}

export interface PipePlan {
  readonly id: string;
  readonly enabled: boolean;
  readonly sourceId: string;
  readonly sourceType: string;
  readonly senderId: string;
  readonly senderType: string;
  readonly fields: readonly string[] | undefined;
  /** Why this pipe cannot be built: a driver is missing or broken. */
  readonly problem: FustorError | undefined;
}

/** All that a configuration file asks for, checked. */
export interface AgentPlan {
  readonly configFile: string;
  readonly locate: Locate;
  readonly config: AgentConfig;
  readonly sources: ReadonlyMap<string, PreparedDriver<"source">>;
  readonly senders: ReadonlyMap<string, PreparedDriver<"sender">>;
  readonly pipes: readonly PipePlan[];
}

export interface PlanOptions {
  readonly configFile: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** How the command was called, where the search for drivers begins. */
  readonly binPath: string;
}

/**
 * Reads the configuration file, finds its drivers and checks their options.
 *
 * Throws `CONFIG_UNREADABLE`, `USAGE` for a variable of the environment, or a `ConfigError` with every fault and its place. A driver that is
 * missing or broken is the problem of its pipes alone.
 */
export async function planAgent(options: PlanOptions): Promise<AgentPlan> {
  const { configFile, home, binPath, env } = options;
  const { config, locate } = await readConfigFile(configFile, agentConfigSchema).catch(
    (error: unknown) => {
      throw nameOldForm(error, configFile);
    },
  );
  const folders = driverFolders({ configFile, home, binPath, selfUrl: import.meta.url, env });
  const issues = findFaults(config, locate);
  const problems = new Map<string, FustorError>();

  const prepare = async <Kind extends "source" | "sender">(kind: Kind) => {
    const prepared = new Map<string, PreparedDriver<Kind>>();
    for (const [index, { id, type, config: driverConfig }] of config[`${kind}s`].entries()) {
      const pointer = `/${kind}s/${String(index)}/config`;
      try {
        const driver = await loadDriver({ kind, type, folders });
        const schema = driver.module.configSchema;
        const subject = { subject: configFile, locate, at: pointer, env };
        const written = withEnvironment(schema, driverConfig, env);
        const parsed = parseConfig(configFile, schema, written, locate, pointer);
        const resolved = resolveSecrets(schema, parsed, dirname(configFile), subject);
        prepared.set(id, { id, type, driver, config: resolved, pointer });
      } catch (error) {
        if (hasCode(error, "CONFIG_INVALID")) {
          issues.push(...(error as ConfigError).issues);
        } else if (isDriverProblem(error)) {
          const place = locate(`/${kind}s/${String(index)}/type`);
          problems.set(`${kind} ${id}`, located(configFile, place, `${kind} "${id}"`, error));
        } else {
          throw error;
        }
      }
    }
    return prepared;
  };

  const sources = await prepare("source");
  const senders = await prepare("sender");
  if (issues.length > 0) throw new ConfigError(configFile, issues.sort(byPlace));

  const typeOf = (list: "sources" | "senders", id: string) =>
    config[list].find((each) => each.id === id)?.type ?? "";
  const pipes = config.pipes.map(
    ({ id, enabled, source_id: sourceId, sender_id: senderId, fields }): PipePlan => ({
      id,
      enabled,
      sourceId,
      sourceType: typeOf("sources", sourceId),
      senderId,
      senderType: typeOf("senders", senderId),
      fields,
      problem: problems.get(`source ${sourceId}`) ?? problems.get(`sender ${senderId}`),
    }),
  );
  return { configFile, locate, config, sources, senders, pipes };
}

/**
 * Throws when not one pipe could run: a `ConfigError` when all are switched off, else the reason
 * why the drivers cannot be used.
 */
export function requireUsablePipe({ configFile, locate, pipes }: AgentPlan): void {
  const enabled = pipes.filter((pipe) => pipe.enabled);
  if (enabled.length === 0) {
    const place = locate("/pipes");
    const message = "holds no pipe that is enabled; set enabled: true on one";
    throw new ConfigError(configFile, [
      { path: "/pipes", message, ...(place === undefined ? {} : { place }) },
    ]);
  }
  if (enabled.some(({ problem }) => problem === undefined)) return;
  const reasons = new Set(enabled.map(({ problem }) => problem?.message ?? ""));
  const [first] = enabled;
  throw new FustorError(first?.problem?.code ?? "DRIVER_NOT_FOUND", [...reasons].join("\n"));
}

/** `FUSTOR_WATCH_BACKEND` speaks where the file is silent, for sources that have the choice. */
function withEnvironment(schema: ObjectSchema, written: unknown, env: NodeJS.ProcessEnv): unknown {
  const backend = env["FUSTOR_WATCH_BACKEND"] ?? "";
  const paramsSchema = schema.properties["driver_params"];
  const hasChoice =
    paramsSchema?.type === "object" && paramsSchema.properties["watch_backend"] !== undefined;
  if (backend === "" || !hasChoice || !isMapping(written)) return written;
  requireChoice("FUSTOR_WATCH_BACKEND", backend, paramsSchema.properties["watch_backend"]);
  const params = written["driver_params"] ?? {};
  if (!isMapping(params)) return written;
  return { ...written, driver_params: { watch_backend: backend, ...params } };
}

/** Here, because a fault of the schema would be looked for in the file. */
function requireChoice(variable: string, value: string, schema: Schema | undefined): void {
  const choices = schema?.type === "string" ? schema.enum : undefined;
  if (choices === undefined || choices.includes(value)) return;
  throw new FustorError(
    "USAGE",
    `${variable} is ${JSON.stringify(value)}; use one of ${choices.join(", ")}.`,
  );
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Says where in the file the driver was asked for. */
function located(
  configFile: string,
  place: ConfigIssue["place"],
  who: string,
  error: FustorError,
): FustorError {
  const where = formatPlace(configFile, place);
  return new FustorError(error.code, `${where} ${who}: ${error.message}`, { cause: error });
}

function isDriverProblem(error: unknown): error is FustorError {
  return hasCode(error, "DRIVER_NOT_FOUND") || hasCode(error, "DRIVER_INVALID");
}

function byPlace(a: ConfigIssue, b: ConfigIssue): number {
  const line = (a.place?.line ?? 0) - (b.place?.line ?? 0);
  return line === 0 ? (a.place?.column ?? 0) - (b.place?.column ?? 0) : line;
}
