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
import { isForest, type ConfigOrigin, type PipeConfig, type ViewConfig } from "./config.js";
import { ChangeFeed, type Feed } from "./feed/change-feed.js";
import { Forest } from "./forest/forest.js";
import type { Part } from "./part/part.js";
import { PartFeed } from "./part/part-feed.js";
import { PartView } from "./part/part-view.js";

/** A view that runs, or one root of a forest. */
export interface LiveView {
  readonly id: string;
  readonly type: string;
  readonly fs: FsView;
  /** The same, by what every view promises: its optional methods may be missing. */
  readonly driver: ViewDriver;
  /** What happens to it, for whoever follows. */
  readonly feed: Feed;
  /** Of a forest: its roots, by the id of the pipe that feeds each. */
  readonly roots: ReadonlyMap<string, LiveView> | undefined;
  /** What of it its reader may read, where that is not all. */
  readonly part?: Part;
  apply(record: ViewRecord): void;
}

/** A view as it is configured, with all that happens to it. */
export interface WholeView extends LiveView {
  readonly feed: ChangeFeed;
}

/** The view as it is for who may read a part of it. */
export function showPart(view: LiveView, part: Part): LiveView {
  return {
    ...view,
    fs: new PartView(view.fs, part),
    feed: new PartFeed(view.feed, part),
    part,
  };
}

/** The views that records are folded into, by id: roots in place of their forests. */
export function leavesOf(views: Iterable<LiveView>): ReadonlyMap<string, LiveView> {
  const leaves = [...views].flatMap((view) => [...(view.roots?.values() ?? [view])]);
  return new Map(leaves.map((leaf) => [leaf.id, leaf]));
}

export interface ViewsContext {
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly origin: ConfigOrigin;
  readonly pipes: readonly PipeConfig[];
  /** Finds the view driver of a type. */
  loadView(type: string): Promise<ViewModule>;
}

/** Makes every configured view. Throws `ConfigError` naming the view that cannot be made. */
export async function createViews(
  configs: readonly ViewConfig[],
  context: ViewsContext,
): Promise<ReadonlyMap<string, WholeView>> {
  const views = new Map<string, WholeView>();
  for (const [index, config] of configs.entries()) {
    views.set(config.id, await createView(config, `/views/${String(index)}`, context));
  }
  return views;
}

async function createView(
  config: ViewConfig,
  pointer: string,
  context: ViewsContext,
): Promise<WholeView> {
  const { id, type } = config;
  if (!isForest(config)) {
    const fs = await createDriver(config, id, pointer, context);
    return liveView({ id, type, fs, feed: new ChangeFeed(fs) });
  }
  const roots: { readonly name: string; readonly fs: FsView }[] = [];
  for (const { id: name, view_ids } of context.pipes) {
    if (!view_ids.includes(id)) continue;
    roots.push({ name, fs: await createDriver(config, `${id}/${name}`, pointer, context) });
  }
  const forest = new Forest(roots);
  const feed = new ChangeFeed(forest);
  const live = roots.map(({ name, fs }) => {
    return [name, liveView({ id: `${id}/${name}`, type, fs, feed })] as const;
  });
  return liveView({ id, type, fs: forest, feed, roots: new Map(live) });
}

function liveView({
  fs,
  feed,
  roots,
  ...named
}: Pick<LiveView, "id" | "type" | "fs"> &
  Partial<Pick<LiveView, "roots">> & { readonly feed: ChangeFeed }): WholeView {
  return {
    ...named,
    fs,
    driver: fs,
    feed,
    roots,
    apply: (record) => {
      feed.apply(record, () => {
        fs.apply(record);
      });
    },
  };
}

async function createDriver(
  { type, config }: ViewConfig,
  id: string,
  pointer: string,
  { home, clock, random, logger, origin, ...context }: ViewsContext,
): Promise<FsView> {
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
  return driver as FsView;
}
