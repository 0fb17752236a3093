import { ConfigError, hasCode, type SenderDriver, type SourceDriver } from "@fustor/core";
import { createSourceProcess } from "@fustor/core/host";
import type { AgentContext } from "./agent-context.js";
import type { AgentPlan } from "./plan.js";
import type { PreparedDriver } from "./prepare-driver.js";

type DriverContext = Pick<AgentContext, "clock" | "random" | "logger" | "home">;

/** Creates the senders of a plan. Throws a `ConfigError` with places; nothing is open then. */
export async function createSenders(
  { senders, configFile, locate }: Pick<AgentPlan, "senders" | "configFile" | "locate">,
  { clock, random, logger, home }: DriverContext,
): Promise<ReadonlyMap<string, SenderDriver>> {
  const created = new Map<string, SenderDriver>();
  for (const { id, driver, config, pointer } of senders.values()) {
    try {
      const context = { id, clock, random, logger, home };
      created.set(id, await driver.module.create(config as object, context));
    } catch (error) {
      await closeSenders(created.values());
      if (!hasCode(error, "CONFIG_INVALID")) throw error;
      const issues = (error as ConfigError).issues.map(({ path, message }) => {
        const place = locate(pointer + path);
        return { path: pointer + path, message, ...(place === undefined ? {} : { place }) };
      });
      throw new ConfigError(configFile, issues);
    }
  }
  return created;
}

export async function closeSenders(senders: Iterable<SenderDriver>): Promise<void> {
  await Promise.allSettled(Array.from(senders, (sender) => sender.close()));
}

/** Its process starts with the first call, or at once with `startNow`. */
export function createSource(
  { id, driver, config }: PreparedDriver<"source">,
  { home, clock, random, logger }: DriverContext,
  { startNow = false } = {},
): SourceDriver {
  const { entry } = driver;
  return createSourceProcess({ entry, config, id, home, logger, clock, random, startNow });
}
