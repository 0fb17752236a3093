import { ConfigError, FustorError, hasCode, type ConfigIssue } from "@fustor/core";
import {
  byPlace,
  driverFolders,
  formatPlace,
  readConfigFile,
  type Locate,
} from "@fustor/core/host";
import { findFaults } from "./config-faults.js";
import { agentConfigSchema, type AgentConfig } from "./config.js";
import { addFurtherFaults } from "./further-faults.js";
import { nameOldForm } from "./old-form.js";
import { prepareDriver, type PreparedDriver } from "./prepare-driver.js";

export interface PipePlan {
  readonly id: string;
  readonly enabled: boolean;
  readonly sourceId: string;
  readonly sourceType: string;
  readonly senderId: string;
  readonly senderType: string;
  readonly fields: readonly string[] | undefined;
  /** Changes that may wait for the receiver. */
  readonly bufferRowsMax: number;
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
  const folders = driverFolders({ configFile, home, binPath, selfUrl: import.meta.url, env });
  const { config, locate } = await readConfigFile(configFile, agentConfigSchema).catch(
    async (error: unknown) => {
      throw nameOldForm(await addFurtherFaults(error, { configFile, folders, env }), configFile);
    },
  );
  const issues = findFaults(config, locate);
  const problems = new Map<string, FustorError>();

  const prepare = async <Kind extends "source" | "sender">(kind: Kind) => {
    const prepared = new Map<string, PreparedDriver<Kind>>();
    for (const [index, entry] of config[`${kind}s`].entries()) {
      const { id } = entry;
      try {
        const surroundings = { configFile, locate, folders, env };
        prepared.set(id, await prepareDriver(kind, { ...entry, index }, surroundings));
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
    ({
      id,
      enabled,
      source_id: sourceId,
      sender_id: senderId,
      fields,
      buffer_rows_max: bufferRowsMax,
    }): PipePlan => ({
      id,
      enabled,
      sourceId,
      sourceType: typeOf("sources", sourceId),
      senderId,
      senderType: typeOf("senders", senderId),
      fields,
      bufferRowsMax,
      problem: joined(problems.get(`source ${sourceId}`), problems.get(`sender ${senderId}`)),
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
  const reasons = new Set(enabled.flatMap(({ problem }) => problem?.message.split("\n") ?? []));
  const [first] = enabled;
  throw new FustorError(first?.problem?.code ?? "DRIVER_NOT_FOUND", [...reasons].join("\n"));
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

/** Both, when a pipe has two: who mends one should not be told of the other only then. */
function joined(first?: FustorError, second?: FustorError): FustorError | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return new FustorError(first.code, `${first.message}\n${second.message}`, { cause: first });
}

function isDriverProblem(error: unknown): error is FustorError {
  return hasCode(error, "DRIVER_NOT_FOUND") || hasCode(error, "DRIVER_INVALID");
}
