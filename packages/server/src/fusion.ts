import { join } from "node:path";
import {
  FustorError,
  silentLogger,
  type Clock,
  type Logger,
  type Random,
  type ViewModule,
} from "@fustor/core";
import type { FastifyInstance } from "fastify";
import { checkFusionConfig, pipesOf, type ConfigOrigin, type FusionConfig } from "./config.js";
import type { Context } from "./context.js";
import { Domain } from "./domain.js";
import { FusionTime } from "./fusion-time.js";
import { guardAccess } from "./http/access.js";
import { createApp } from "./http/app.js";
import { setErrorReplies } from "./http/error-replies.js";
import { createKeyStore, type KeyStore } from "./keys.js";
import { Metrics } from "./metrics.js";
import { addConsistencyRoutes } from "./routes/consistency.js";
import { addIngestRoutes } from "./routes/ingest.js";
import { addOpsRoutes } from "./routes/ops.js";
import { addPage } from "./routes/page.js";
import { addQueryRoutes } from "./routes/query.js";
import { addSessionRoutes } from "./routes/sessions.js";
import { addTreeRoute } from "./routes/tree.js";
import { runSweep } from "./sweep.js";
import { createViews, type LiveView } from "./views.js";

export interface FusionOptions {
  readonly config: FusionConfig;
  /** Where the config came from, for errors that point at it. */
  readonly origin?: ConfigOrigin;
  /** `$FUSTOR_HOME`; the keys are in its `keys.json`. */
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  /** Finds the view driver of a type. Throws `DRIVER_NOT_FOUND` and the like. */
  loadView(type: string): Promise<ViewModule>;
}

/** One Fusion: receiver, views and query API. */
export interface Fusion {
  /**
   * Starts to answer. `url` names the port that was bound.
   *
   * Throws `PORT_IN_USE`, or `START_FAILED` when the address cannot be bound at all.
   */
  listen(): Promise<{ readonly url: string }>;
  /** Ends open requests and the background work. May be called twice. */
  close(): Promise<void>;
  /** The web server, e.g. for `inject` in tests. */
  readonly app: FastifyInstance;
  readonly keys: KeyStore;
}

/**
 * Makes a Fusion; nothing listens yet.
 *
 * Throws `ConfigError` for a config that does not fit together, and `HOME_UNUSABLE` for a key file
 * that cannot be read.
 */
export async function createFusion(options: FusionOptions): Promise<Fusion> {
  const { config, clock, logger = silentLogger } = options;
  const origin = options.origin ?? { subject: "The configuration of Fusion" };
  checkFusionConfig(config, origin);
  const keys = createKeyStore(join(options.home, "keys.json"), { clock });
  await keys.list();

  const views = await createViews(config.views, { ...options, logger, origin });
  const time = new FusionTime(clock);
  const domains = createDomains(config, views, time, logger);
  const metrics = new Metrics({ views, domains });
  const app = createRoutes({ config, time, metrics, views, domains }, keys, logger);
  await app.ready();

  const stop = new AbortController();
  const sweep = runSweep({ clock, time, views, domains }, stop.signal);
  return {
    app,
    keys,
    listen: () => listen(app, config.listen),
    close: async () => {
      stop.abort();
      await Promise.all([app.close(), sweep]);
      metrics.close();
    },
  };
}

function createDomains(
  config: FusionConfig,
  views: ReadonlyMap<string, LiveView>,
  time: FusionTime,
  logger: Logger,
): ReadonlyMap<string, Domain> {
  return new Map(
    pipesOf(config).map((pipe) => {
      const fed = pipe.view_ids.flatMap((id) => views.get(id) ?? []);
      return [pipe.id, new Domain(pipe, fed, { time, logger })];
    }),
  );
}

function createRoutes(context: Context, keys: KeyStore, logger: Logger): FastifyInstance {
  const app = createApp({ bodyBytesMax: context.config.limits.max_batch_bytes });
  guardAccess(app, keys);
  setErrorReplies(app, {
    logger,
    count: ({ url }, code) => {
      if (/^\/api\/v\d\/pipe\//.test(url)) context.metrics.refused(code);
    },
  });
  addSessionRoutes(app, context);
  addIngestRoutes(app, context);
  addConsistencyRoutes(app, context);
  addQueryRoutes(app, context);
  addTreeRoute(app, context);
  addOpsRoutes(app, context);
  addPage(app);
  return app;
}

async function listen(
  app: FastifyInstance,
  { host, port }: FusionConfig["listen"],
): Promise<{ readonly url: string }> {
  const address = `${hostInUrl(host)}:${String(port)}`;
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw toStartError(cause, address);
  }
  const bound = app.server.address();
  if (bound === null || typeof bound === "string") throw new Error("bound to no port");
  return { url: `http://${hostInUrl(host)}:${String(bound.port)}` };
}

function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function toStartError(cause: unknown, address: string): FustorError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  if (code === "EADDRINUSE") {
    const fix = "Stop what listens there, or set another listen.port in fusion-config.yaml.";
    return new FustorError("PORT_IN_USE", `${address} is already in use. ${fix}`, { cause });
  }
  const fix = "Check listen.host and listen.port in fusion-config.yaml.";
  return new FustorError("START_FAILED", `Cannot listen on ${address} (${code}). ${fix}`, {
    cause,
  });
}
