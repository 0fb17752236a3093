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
import { AuditLog, auditFileOf } from "./audit-log.js";
import { checkFusionConfig, pipesOf, type ConfigOrigin, type FusionConfig } from "./config.js";
import type { Context } from "./context.js";
import { Domain, type DomainContext } from "./domain.js";
import { FusionState } from "./fusion-state.js";
import { FusionTime } from "./fusion-time.js";
import { guardAccess } from "./http/access.js";
import { auditCalls } from "./http/audit-calls.js";
import { createApp } from "./http/app.js";
import { answerWhenDurable } from "./http/durable-replies.js";
import { setErrorReplies } from "./http/error-replies.js";
import { Logins } from "./http/logins.js";
import { OpenCalls, runCuts } from "./http/open-calls.js";
import { addOpenApiRoute, noteRoutes } from "./http/openapi.js";
import { Servers } from "./http/servers.js";
import { followTlsFiles, readTlsFiles } from "./http/tls-files.js";
import { createKeyStore, type KeyStore } from "./keys.js";
import { checkpointAtStop, runCheckpoints } from "./log/checkpointing.js";
import type { Disk } from "./log/disk.js";
import { memoryStorage, openStorage, type Storage } from "./log/storage.js";
import { ScanJobs } from "./jobs.js";
import { Metrics } from "./metrics.js";
import { readinessOf } from "./readiness.js";
import { addChangesRoute } from "./routes/changes.js";
import { addConsistencyRoutes } from "./routes/consistency.js";
import { addKeyRoutes } from "./routes/keys.js";
import { addLoginRoutes } from "./routes/login.js";
import { addHoldRoutes } from "./routes/holds.js";
import { addRootRoutes } from "./routes/roots.js";
import { addIngestRoutes } from "./routes/ingest.js";
import { addOpsRoutes, timeQuestions } from "./routes/ops.js";
import { addPage } from "./routes/page.js";
import { addQueryRoutes } from "./routes/query.js";
import { addReadRoutes } from "./routes/reads.js";
import { addScanRoutes } from "./routes/scans.js";
import { addSessionRoutes } from "./routes/sessions.js";
import { addTreeRoute } from "./routes/tree.js";
import { Seal } from "./part/seal.js";
import { runSweep } from "./sweep.js";
import { VERSION } from "./version.js";
import { createViews, type LiveView } from "./views.js";

const MIB = 1024 * 1024;

export interface FusionOptions {
  readonly config: FusionConfig;
  /** Where the config came from, for errors that point at it. */
  readonly origin?: ConfigOrigin;
  /** `$FUSTOR_HOME`; the keys are in its `keys.json`, the state in its folder `state`. */
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  /** What the state lies on. Default: this machine's file system. */
  readonly disk?: Disk;
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
 * Throws `ConfigError` for a config that does not fit together, `HOME_UNUSABLE` for a key file that
 * cannot be read, `HOME_IN_USE` for a state that another process uses, and `START_FAILED` for one
 * that a newer Fusion wrote.
 */
export async function createFusion(options: FusionOptions): Promise<Fusion> {
  const { config, clock, logger = silentLogger } = options;
  const origin = options.origin ?? { subject: "The configuration of Fusion" };
  checkFusionConfig(config, origin);
  const keys = createKeyStore(join(options.home, "keys.json"), { clock });
  await keys.list();

  const storage =
    config.storage === "memory"
      ? memoryStorage()
      : await openStorage({
          ...options,
          folder: join(options.home, "state"),
          logger,
          segmentBytes: 2 * config.checkpoint_after_mb * MIB,
        });
  try {
    const state = await storage.recover(async () => {
      const pipes = pipesOf(config);
      const views = await createViews(config.views, { ...options, logger, origin, pipes });
      const time = new FusionTime(clock);
      const domains = createDomains(config, { views, time, logger, storage });
      const jobs = new ScanJobs({ time, domains, storage });
      return new FusionState({ views, time, domains, jobs });
    });
    state.resume(storage);
    return await serve(state, { ...options, logger, keys, storage });
  } catch (error) {
    await storage.close();
    throw error;
  }
}

interface Served extends FusionOptions {
  readonly logger: Logger;
  readonly keys: KeyStore;
  readonly storage: Storage;
}

/** Who gets in. */
interface Gate {
  readonly keys: KeyStore;
  readonly logins: Logins;
  readonly calls: OpenCalls;
}

async function serve(state: FusionState, served: Served): Promise<Fusion> {
  const { config, clock, logger, keys, storage } = served;
  const { views, leaves, domains, time, jobs } = state;
  const metrics = new Metrics({
    views,
    domains,
    storage,
    jobs,
    time,
    home: config.storage === "memory" ? undefined : served.home,
    version: VERSION,
    readiness: () => readinessOf({ views, domains, storage }),
  });
  const seal = new Seal();
  const context = { config, clock, time, metrics, storage, views, domains, jobs, seal };
  const {
    limits,
    listen: { tls },
  } = config;
  const servers = new Servers(
    {
      headerTimeoutMs: limits.header_timeout_sec * 1_000,
      requestTimeoutMs: limits.request_timeout_sec * 1_000,
      connectionsMax: limits.max_connections,
    },
    tls && (await readTlsFiles(tls)),
  );
  const app = createApp({ servers, answerTimeoutMs: limits.answer_timeout_sec * 1_000 });
  const gate = { keys, logins: new Logins(clock), calls: new OpenCalls() };
  const audit = new AuditLog(auditFileOf(served.home), { clock, logger });
  auditCalls(app, audit);
  await addRoutes(app, context, gate, logger);
  await app.ready();

  const stop = new AbortController();
  const sweep = runSweep({ clock, time, views: leaves, domains, log: storage.log }, stop.signal);
  const cuts = runCuts({ ...gate, clock }, stop.signal);
  const certificates = tls && followTlsFiles(tls, { servers, clock, logger }, stop.signal);
  const tailBytesMin = config.checkpoint_after_mb * MIB;
  const checkpointing = { storage, clock, logger, tailBytesMin };
  const checkpoints = runCheckpoints(checkpointing, stop.signal);
  return {
    app,
    keys,
    listen: () => listen(app, config.listen),
    close: async () => {
      stop.abort();
      await Promise.all([app.close(), sweep, cuts, certificates, checkpoints]);
      metrics.close();
      await audit.close();
      await checkpointAtStop(checkpointing);
      await storage.close();
    },
  };
}

function createDomains(
  config: FusionConfig,
  { views, ...context }: { readonly views: ReadonlyMap<string, LiveView> } & DomainContext,
): ReadonlyMap<string, Domain> {
  return new Map(
    pipesOf(config).map((pipe) => {
      const fed = pipe.view_ids.flatMap((id) => {
        const view = views.get(id);
        return view?.roots?.get(pipe.id) ?? view ?? [];
      });
      return [pipe.id, new Domain(pipe, fed, context)];
    }),
  );
}

async function addRoutes(
  app: FastifyInstance,
  context: Context,
  gate: Gate,
  logger: Logger,
): Promise<void> {
  const { clock, config } = context;
  guardAccess(app, {
    ...gate,
    clock,
    allowedHosts: [config.listen.host, ...config.listen.allowed_hosts],
    requestsPerSecMax: config.limits.max_requests_per_sec,
  });
  await noteRoutes(app);
  answerWhenDurable(app, context.storage);
  setErrorReplies(app, {
    logger,
    count: ({ url }, code) => {
      if (/^\/api\/v\d\/pipe\//.test(url)) context.metrics.refused(code);
      else context.metrics.failed(code);
    },
  });
  timeQuestions(app, context.metrics);
  addSessionRoutes(app, context);
  addIngestRoutes(app, context);
  addConsistencyRoutes(app, context);
  addQueryRoutes(app, context);
  addTreeRoute(app, context);
  addReadRoutes(app, context);
  addChangesRoute(app, context);
  addScanRoutes(app, context);
  addHoldRoutes(app, context);
  addRootRoutes(app, context);
  addLoginRoutes(app, gate);
  addKeyRoutes(app, gate);
  addOpsRoutes(app, context);
  addOpenApiRoute(app);
  await addPage(app);
}

async function listen(
  app: FastifyInstance,
  { host, port, tls }: FusionConfig["listen"],
): Promise<{ readonly url: string }> {
  const address = `${hostInUrl(host)}:${String(port)}`;
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw toStartError(cause, address);
  }
  const bound = app.server.address();
  if (bound === null || typeof bound === "string") throw new Error("bound to no port");
  return { url: `http${tls === undefined ? "" : "s"}://${hostInUrl(host)}:${String(bound.port)}` };
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
