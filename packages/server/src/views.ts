import {
  ConfigError,
  type Clock,
  type Logger,
  type Random,
  type ViewDriver,
  type ViewModule,
  type ViewRecord,
} from "@fustor/core";
import { parseConfig } from "@fustor/core/host";
import type { FsView } from "@fustor/schema-fs";
import type { ConfigOrigin, ViewConfig } from "./config.js";

/** A view that runs. */
export interface LiveView {
  readonly id: string;
  readonly type: string;
  readonly fs: FsView;
  /** The same, by what every view promises: its optional methods may be missing. */
  readonly driver: ViewDriver;
  apply(record: ViewRecord): void;
}

export interface ViewsContext {
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly origin: ConfigOrigin;
  /** Finds the view driver of a type. */
  loadView(type: string): Promise<ViewModule>;
}

/** Makes every configured view. Throws `ConfigError` naming the view that cannot be made. */
export async function createViews(
  configs: readonly ViewConfig[],
  context: ViewsContext,
): Promise<ReadonlyMap<string, LiveView>> {
  const views = new Map<string, LiveView>();
  for (const [index, config] of configs.entries()) {
    views.set(config.id, await createView(config, `/views/${String(index)}`, context));
  }
  return views;
}

async function createView(
  { id, type, config }: ViewConfig,
  pointer: string,
  { home, clock, random, logger, origin, ...context }: ViewsContext,
): Promise<LiveView> {
  const module = await context.loadView(type);
  const parsed = parseConfig(
    origin.subject,
    module.configSchema,
    config,
    origin.locate,
    `${pointer}/config`,
  );
  const driver = await module.create(parsed, { id, clock, random, logger, home });
  if (driver.schema !== "fs") {
    const message = `has the type "${type}", whose schema is "${driver.schema}"; this Fusion answers views of schema "fs"`;
    throw new ConfigError(origin.subject, [{ path: pointer, message }]);
  }
  // The contract is structural: a driver that says "fs" can be asked as one.
  const fs = driver as FsView;
  return {
    id,
    type,
    fs,
    driver,
    apply: (record) => {
      fs.apply(record);
    },
  };
}
