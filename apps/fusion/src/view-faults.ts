import { ConfigError, hasCode, type ConfigIssue, type ViewModule } from "@fustor/core";
import { byPlace, parseConfig, readYamlFile } from "@fustor/core/host";

type LoadView = (type: string) => Promise<ViewModule>;

/** The faults that something refuses a configuration with; what else it throws passes on. */
export function faultsOf(check: () => unknown): readonly ConfigIssue[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!hasCode(error, "CONFIG_INVALID")) throw error;
    return (error as ConfigError).issues;
  }
}

/**
 * Adds the faults of the views' options to those that the schema of the file found, as far as the
 * views can be made out, so that all are seen at once. What is wrong with a driver itself is told
 * once the file holds.
 */
export async function addViewFaults(
  error: unknown,
  configFile: string,
  loadView: LoadView,
): Promise<unknown> {
  if (!hasCode(error, "CONFIG_INVALID")) return error;
  const file = await readYamlFile(configFile).catch(() => undefined);
  if (file === undefined) return error;
  const issues = [...(error as ConfigError).issues];
  for (const [index, view] of viewsOf(file.value).entries()) {
    const { type = "fs", config } = view ?? {};
    if (typeof type !== "string") continue;
    const driver = await loadView(type).catch(() => undefined);
    if (driver === undefined) continue;
    const at = `/views/${String(index)}/config`;
    issues.push(
      ...faultsOf(() => parseConfig(configFile, driver.configSchema, config, file.locate, at)),
    );
  }
  return new ConfigError(configFile, issues.sort(byPlace));
}

/** As they are written, which may be anything. */
function viewsOf(file: unknown): readonly (Readonly<Record<string, unknown>> | null)[] {
  const { views } = (file ?? {}) as { readonly views?: unknown };
  return Array.isArray(views) ? (views as (Readonly<Record<string, unknown>> | null)[]) : [];
}
