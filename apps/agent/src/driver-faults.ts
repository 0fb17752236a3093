import { ConfigError, hasCode, type ConfigIssue } from "@fustor/core";
import { readYamlFile } from "@fustor/core/host";
import { isMapping, prepareDriver, type DriverEntry, type Surroundings } from "./prepare-driver.js";

/**
 * Adds the faults of the drivers' options to those of the file around them, as far as the entries
 * can be made out, so that all are seen at once. What else is wrong with a driver is told once the
 * file holds.
 */
export async function addDriverFaults(
  error: unknown,
  { configFile, folders, env }: Omit<Surroundings, "locate">,
): Promise<unknown> {
  if (!hasCode(error, "CONFIG_INVALID")) return error;
  const file = await readYamlFile(configFile).catch(() => undefined);
  if (file === undefined) return error;
  const surroundings = { configFile, folders, env, locate: file.locate };
  const issues: ConfigIssue[] = [...(error as ConfigError).issues];
  for (const kind of ["source", "sender"] as const) {
    for (const entry of entriesOf(file.value, `${kind}s`)) {
      await prepareDriver(kind, entry, surroundings).catch((fault: unknown) => {
        if (hasCode(fault, "CONFIG_INVALID")) issues.push(...(fault as ConfigError).issues);
      });
    }
  }
  return new ConfigError(configFile, issues.sort(byPlace));
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

/** The order of the file. */
export function byPlace({ place: a }: ConfigIssue, { place: b }: ConfigIssue): number {
  const line = (a?.line ?? 0) - (b?.line ?? 0);
  return line === 0 ? (a?.column ?? 0) - (b?.column ?? 0) : line;
}
