import { FustorError, type ObjectSchema, type Schema } from "@fustor/core";
import {
  loadDriver,
  parseConfig,
  preloadDriver,
  resolveSecrets,
  type LoadedDriver,
  type Locate,
} from "@fustor/core/host";
import { dirname } from "node:path";

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

/** A source or sender as the file has it. */
export interface DriverEntry {
  readonly id: string;
  readonly type: string;
  readonly config?: unknown;
  /** Its place in the list. */
  readonly index: number;
}

/** What an entry is read with. */
export interface Surroundings {
  readonly configFile: string;
  readonly locate: Locate;
  readonly folders: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds the driver of an entry and checks the options that it was given.
 *
 * Throws a `ConfigError` with every fault of the options, `DRIVER_NOT_FOUND`, `DRIVER_INVALID`, or
 * `USAGE` for a variable of the environment.
 */
export async function prepareDriver<Kind extends "source" | "sender">(
  kind: Kind,
  { id, type, config: written, index }: DriverEntry,
  { configFile, locate, folders, env }: Surroundings,
): Promise<PreparedDriver<Kind>> {
  const pointer = `/${kind}s/${String(index)}/config`;
  const driver = await loadDriver({ kind, type, folders });
  if (kind === "source") preloadDriver(driver.entry);
  const schema = driver.module.configSchema;
  const completed = withEnvironment(schema, written, env);
  const parsed = parseConfig(configFile, schema, completed, locate, pointer);
  const subject = { subject: configFile, locate, at: pointer, env };
  const config = resolveSecrets(schema, parsed, dirname(configFile), subject);
  return { id, type, driver, config, pointer };
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

/** True for what YAML calls a mapping. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
