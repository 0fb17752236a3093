import { ConfigError, hasCode, type ConfigIssue } from "@fustor/core";
import { byPlace, readYamlFile } from "@fustor/core/host";
import { findFaults, type NamedParts } from "./config-faults.js";
import { isMapping, prepareDriver, type DriverEntry, type Surroundings } from "./prepare-driver.js";

/**
 * Adds what else can be made out to the faults that the schema of the file found, so that all are
 * seen at once: those of the drivers' options, and of the names. What is wrong with a driver itself
 * is told once the file holds.
 */
export async function addFurtherFaults(
  error: unknown,
  { configFile, folders, env }: Omit<Surroundings, "locate">,
): Promise<unknown> {
  if (!hasCode(error, "CONFIG_INVALID")) return error;
  const file = await readYamlFile(configFile).catch(() => undefined);
  if (file === undefined) return error;
  const surroundings = { configFile, folders, env, locate: file.locate };
  const issues: ConfigIssue[] = [...(error as ConfigError).issues];
  if (hasNames(file.value)) issues.push(...findFaults(file.value, file.locate));
  for (const kind of ["source", "sender"] as const) {
    for (const entry of entriesOf(file.value, `${kind}s`)) {
      await prepareDriver(kind, entry, surroundings).catch((fault: unknown) => {
        if (hasCode(fault, "CONFIG_INVALID")) issues.push(...(fault as ConfigError).issues);
      });
    }
  }
  return new ConfigError(configFile, issues.sort(byPlace));
}

/** Whether every entry has its names: without one, another may seem to name nothing. */
function hasNames(file: unknown): file is NamedParts {
  if (!isMapping(file)) return false;
  const haveAll = (list: unknown, ...keys: string[]): boolean =>
    Array.isArray(list) &&
    list.every((item) => isMapping(item) && keys.every((key) => typeof item[key] === "string"));
  const { sources, senders, pipes } = file;
  return (
    haveAll(sources, "id") &&
    haveAll(senders, "id") &&
    haveAll(pipes, "id", "source_id", "sender_id")
  );
}

/** The entries of a list that name their type; their other faults do not matter here. */
function entriesOf(file: unknown, list: "sources" | "senders"): DriverEntry[] {
  const items = isMapping(file) ? file[list] : undefined;
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown, index): DriverEntry[] => {
    if (!isMapping(item) || typeof item["type"] !== "string") return [];
    return [{ id: "", type: item["type"], config: item["config"], index }];
  });
}
