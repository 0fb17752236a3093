import {
  ConfigError,
  type ConfigOf,
  type DescribeRequest,
  type DriverContext,
  type Message,
  type ScanRequest,
  type SourceDescription,
  type SourceDriver,
  type SourceStatus,
  type WalkRequest,
  type WalkTotals,
} from "@fustor/core";
import { digestMask, FS_ATTRIBUTES } from "@fustor/schema-fs";
import type { configSchema } from "./config.js";
import { chooseLooker } from "./choose-looker.js";
import { findLandmarks } from "./landmarks.js";
import type { Place } from "./listing.js";
import type { Looker } from "./look.js";
import { probePaths } from "./probe.js";
import { ReportedScope } from "./reported-scope.js";
import { Root } from "./root.js";
import { scanPath } from "./scan.js";
import { walk, type WalkHooks, type WalkOptions } from "./walk.js";
import { chooseBackend, type Choice } from "./watch/choose.js";
import { TreeWatcher } from "./watch/watcher.js";

type Config = ConfigOf<typeof configSchema>;
type OpenPlace = Place & { readonly scope: ReportedScope };
type WalkName = "snapshot" | "audit" | "scan";

/** Reports the folder tree at `uri`. */
export class FsSource implements SourceDriver {
  readonly #config: Config;
  readonly #context: DriverContext;
  readonly #choice: Choice;
  readonly #looker: Looker;
  /** Of the root that was described first. Another one at its path is never taken for it. */
  #identity: string | undefined;
  #place: OpenPlace | undefined;
  #watcher: TreeWatcher | undefined;
  #walks = 0;
  /** Directories that the walk under way has looked at; undefined while there is none. */
  #walked: number | undefined;
  /** Of the last walk of everything, which tells how long the next may take. */
  #lastWalk: SourceStatus = {};

  /** Throws a `ConfigError` when the watch back end that is asked for does not run here. */
  constructor(config: Config, context: DriverContext) {
    this.#config = config;
    this.#context = context;
    this.#choice = chooseBackend(config.driver_params.watch_backend);
    this.#looker = chooseLooker();
  }

  async describe(_signal: AbortSignal, request?: DescribeRequest): Promise<SourceDescription> {
    if (request?.anew === true) this.#identity = undefined;
    const place = this.#open();
    const { root, scope } = place;
    const landmarks = findLandmarks(place);
    return {
      schema: "fs",
      uri: root.uri,
      identity: root.identity,
      scope: { file_pattern: scope.filePattern, exclude: scope.exclude },
      fields: FS_ATTRIBUTES,
      facts: {
        fs_type: root.kind.name,
        identity_unique: root.kind.keepsBirth,
        network: !root.kind.local,
        attribute_cache_sec: root.attributeCacheSec,
        digest_fields: root.kind.stableFields,
        backend: this.#choice.name,
        backend_reason: this.#choice.reason,
      },
      ...(landmarks === undefined ? {} : { landmarks }),
    };
  }

  async watch(signal: AbortSignal): Promise<AsyncIterable<Message>> {
    const place = this.#open();
    await this.#watcher?.close();
    const watcher = new TreeWatcher({
      place,
      logger: this.#context.logger,
      openBackend: (events) => this.#choice.open(place.root, place.clock, events),
    });
    this.#watcher = watcher;
    try {
      await watcher.start(signal);
      place.root.check();
    } catch (error) {
      await watcher.close();
      throw error;
    }
    // A stream that nobody reads is closed all the same.
    signal.addEventListener("abort", () => void watcher.close(), { once: true });
    return watcher.messages(signal);
  }

  snapshot(signal: AbortSignal, { digests = false }: WalkRequest = {}): AsyncIterable<Message> {
    const options = { source: "snapshot", digests } as const;
    return this.#mark("snapshot", "/", options, (place, hooked) =>
      walk(place, "/", hooked, signal),
    );
  }

  audit(signal: AbortSignal, { digests = false }: WalkRequest = {}): AsyncIterable<Message> {
    const options = { source: "audit", digests } as const;
    return this.#mark("audit", "/", options, (place, hooked) => walk(place, "/", hooked, signal));
  }

  scan({ scope, recursive }: ScanRequest, signal: AbortSignal): AsyncIterable<Message> {
    const options = { source: "on_demand", recursive } as const;
    this.#watcher?.follow(scope);
    return this.#mark("scan", scope, options, (place, hooked) =>
      scanPath(place, scope, hooked, signal),
    );
  }

  async *probe(keys: readonly string[], signal: AbortSignal): AsyncGenerator<Message> {
    yield* probePaths(this.#place ?? this.#open(), keys, signal);
  }

  status(): SourceStatus {
    return {
      ...(this.#watcher?.status() ?? { backend: this.#choice.name }),
      backendReason: this.#choice.reason,
      ...(this.#walked === undefined ? {} : { walkDirectories: this.#walked }),
      ...this.#lastWalk,
    };
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
  }

  /** Looks at the root as it is now. Throws `SOURCE_UNAVAILABLE` when it is not the first one. */
  #open(): OpenPlace {
    const { uri, driver_params } = this.#config;
    const root = new Root(uri, this.#looker, driver_params.attribute_cache_sec);
    const scope = new ReportedScope(
      driver_params.file_pattern,
      driver_params.exclude,
      root.base,
      this.#context.home,
    );
    if (scope.isHome) {
      const message = "is the agent's own home, which is never reported: give another folder";
      throw new ConfigError("the file source", [{ path: "/uri", message }]);
    }
    this.#identity ??= root.identity;
    root.mustBe(this.#identity);
    const place = { looker: this.#looker, root, scope, clock: this.#context.clock };
    this.#place = place;
    return place;
  }

  /** Runs a walk between its marks. While the tree is watched the two know of each other. */
  async *#mark(
    walkName: WalkName,
    scope: string,
    { digests = false, ...options }: WalkOptions & WalkRequest,
    run: (place: Place, options: WalkOptions) => AsyncGenerator<Message, WalkTotals>,
  ): AsyncGenerator<Message> {
    const place = this.#place ?? this.#open();
    const watcher = this.#watcher;
    const { clock } = place;
    const startedAt = clock.now();
    const mask = digests ? digestMask(place.root.kind.stableFields) : undefined;
    this.#walks += 1;
    const id = `${walkName}-${String(Math.floor(startedAt))}-${String(this.#walks)}`;
    const mark = (edge: "begin" | "end", totals?: WalkTotals): Message => ({
      kind: "mark",
      source: options.source,
      startedAt,
      endedAt: clock.now(),
      walk: walkName,
      edge,
      id,
      scope,
      ...(totals === undefined ? {} : { totals }),
    });

    yield mark("begin");
    const ended = watcher?.beginWalk();
    this.#walked = 0;
    const visited: WalkHooks["visited"] = (path, visit) => {
      this.#walked = (this.#walked ?? 0) + 1;
      watcher?.hooks.visited(path, visit);
    };
    let totals: WalkTotals;
    try {
      totals = yield* run(place, { ...options, digestMask: mask, ...watcher?.hooks, visited });
    } finally {
      this.#walked = undefined;
      ended?.();
    }
    if (walkName !== "scan") {
      this.#lastWalk = {
        lastWalk: walkName,
        lastWalkMs: Math.round(clock.now() - startedAt),
        lastWalkDirectories: totals.scopes,
        lastWalkRows: totals.rows,
        lastWalkUnreadable: totals.unreadable,
      };
    }
    yield mark("end", totals);
  }
}
