import {
  decodeOpening,
  ROUTES,
  v1HeartbeatRequestSchema,
  v1SessionRequestSchema,
  v2HeartbeatRequestSchema,
  type Opening,
  type V1HeartbeatReply,
  type V1ScanCommand,
  type V1SessionReply,
  type V1SessionRequest,
  type V2Command,
  type V2HeartbeatReply,
  type V2HeartbeatRequest,
  type V2SessionReply,
} from "@fustor/protocol";
import type { FastifyInstance } from "fastify";
import { auditIntervalSec } from "../config.js";
import { domainOf, findSession, isLive, type Context } from "../context.js";
import { TaskIsLiveError, type Domain } from "../domain.js";
import { scopesOf } from "../http/access.js";
import { isV2, Problem } from "../problem.js";
import { RootRefusedError } from "../root-guard.js";
import type { ScanCommand } from "../session.js";
import { toSessionsJson } from "./session-json.js";

const ENCODINGS = ["batch", "json"] as const;
/** What an agent says of itself is kept for good: 32 landmarks and its patterns are far from it. */
const OPENING_BYTES_MAX = 1024 * 1024;

type ById = { Params: { id: string } };
/** Only `can_realtime` must be there. */
type HeartbeatBody = Pick<V2HeartbeatRequest, "can_realtime"> & Partial<V2HeartbeatRequest>;

/** Opening, heartbeat, end and list of sessions, in both dialects. */
export function addSessionRoutes(app: FastifyInstance, context: Context): void {
  const config = { access: "ingest" } as const;

  app.post<{ Body: V1SessionRequest }>(
    ROUTES.sessions,
    { config, bodyLimit: OPENING_BYTES_MAX, schema: { body: v1SessionRequestSchema } },
    async (request) => {
      const opening = decodeOpening(request.body);
      const domain = domainOf(context, scopesOf(request), opening.pipeId);
      return open(context, domain, opening, request.ip);
    },
  );

  app.get(ROUTES.sessions, { config }, async (request) => {
    const domain = domainOf(context, scopesOf(request));
    const sessions = toSessionsJson(domain);
    return {
      view_id: domain.views[0]?.id,
      active_sessions: sessions,
      count: sessions.length,
    };
  });

  app.post<ById & { Body: { can_realtime?: boolean } | undefined }>(
    ROUTES.heartbeat.v1,
    { config, schema: { body: v1HeartbeatRequestSchema } },
    async (request): Promise<V1HeartbeatReply> => {
      const found = findSession(context, request.params.id, scopesOf(request));
      // Word for word what the existing agents were told.
      if (found === undefined) throw new Problem("SESSION_GONE", "Session obsoleted");
      const { domain, session } = found;
      domain.touch(session);
      session.canRealtime = request.body?.can_realtime ?? session.canRealtime;
      return {
        status: "ok",
        role: domain.roleOf(session),
        message: null,
        can_realtime: null,
        commands: [
          ...domain.takeCommands(session).map(toCommand),
          ...context.jobs.handOut(domain, session).filter((command) => command.type === "scan"),
        ],
      };
    },
  );

  app.post<ById & { Body: HeartbeatBody }>(
    ROUTES.heartbeat.v2,
    { config, schema: { body: v2HeartbeatRequestSchema } },
    async (request): Promise<V2HeartbeatReply> => {
      const { domain, session } = requireSession(context, request.params.id, scopesOf(request));
      if (!domain.hearClock(session, request.body.clock)) throw gone(session.id);
      domain.touch(session);
      session.canRealtime = request.body.can_realtime;
      const { probes, listings, nextMs } = domain.takeDoubts(session);
      const scans = listings.map((path) => ({
        path,
        recursive: false,
        createdAt: context.time.now(),
      }));
      for (const { id, error } of request.body.failed_scans ?? []) {
        context.jobs.fail(session, id, error);
      }
      const commands: V2Command[] = [
        ...[...domain.takeCommands(session), ...scans].map(toCommand),
        ...context.jobs.handOut(domain, session),
      ];
      if (probes.length > 0) commands.push({ type: "probe", paths: probes });
      return {
        status: "ok",
        role: domain.roleOf(session),
        epoch: domain.epoch,
        server_time: context.time.now(),
        known_root: domain.knows(session),
        ...(nextMs === undefined ? {} : { next_heartbeat_sec: nextMs / 1000 }),
        commands,
      };
    },
  );

  for (const url of [ROUTES.session.v1, ROUTES.session.v2]) {
    app.delete<ById>(url, { config }, async (request) => {
      const { id } = request.params;
      const scopes = scopesOf(request);
      const found = findSession(context, id, scopes);
      // v1 never said that a session is another's.
      if (found === undefined && isV2(request.url)) refuseStranger(context, id, scopes);
      found?.domain.end(found.session, "ended by agent");
      return { status: "terminated", session_id: id };
    });
  }
}

/** Answers 419 when there is no such session, 403 when it is another pipe's. */
export function requireSession(
  context: Context,
  id: string,
  scopes: Parameters<typeof findSession>[2],
): NonNullable<ReturnType<typeof findSession>> {
  const found = findSession(context, id, scopes);
  if (found !== undefined) return found;
  refuseStranger(context, id, scopes);
  throw gone(id);
}

function gone(id: string): Problem {
  const hint = "It ended or timed out: open a new one.";
  return new Problem("SESSION_GONE", `There is no session ${id}.`, { hint });
}

/** Answers 403 when there is such a session, but the key is not its pipe's. */
function refuseStranger(
  context: Context,
  id: string,
  scopes: Parameters<typeof findSession>[2],
): void {
  if (!isLive(context, id)) return;
  throw new Problem("FORBIDDEN", `The session ${id} is not of a pipe of the key ${scopes.keyId}.`, {
    hint: "Use the key that opened it.",
  });
}

function open(
  context: Context,
  domain: Domain,
  opening: Opening,
  clientIp: string,
): V1SessionReply | V2SessionReply {
  const { config, time } = context;
  requireSchema(domain, opening);
  requireRoom(context, domain, opening);
  const session = openOrRefuse(domain, opening, clientIp);
  const { sentinel_interval_sec } = domain.pipe;
  const reply: V1SessionReply = {
    session_id: session.id,
    role: domain.roleOf(session),
    session_timeout_seconds: session.timeoutMs / 1000,
    audit_interval_sec: auditIntervalSec(domain.pipe),
    sentinel_interval_sec,
    message: "Session created successfully",
  };
  if (session.speaker.dialect === "v1") return reply;
  const { max_batch_bytes, max_batch_rows } = config.limits;
  return {
    ...reply,
    protocol: "v2",
    epoch: domain.epoch,
    committed: { ...session.committed },
    limits: { max_batch_bytes, max_batch_rows, encodings: ENCODINGS },
    features: domain.comparesDigests(session) ? ["moves", "digests"] : ["moves"],
    known_root: domain.knows(session),
    ...(domain.pipe.max_staleness_sec === undefined
      ? {}
      : { max_staleness_sec: domain.pipe.max_staleness_sec }),
    server_time: time.now(),
  };
}

function requireSchema({ pipe, views }: Domain, { source }: Opening): void {
  const view = views.find(({ fs }) => fs.schema !== source.schema);
  if (view === undefined) return;
  throw new Problem(
    "BAD_REQUEST",
    `The source has the schema "${source.schema}", but the pipe ${pipe.id} feeds the view ${view.id} of schema "${view.fs.schema}".`,
    { status: 422, hint: "Use the key of a pipe whose views have the schema of the source." },
  );
}

/** Answers 429 to an agent too many. One that returns takes the place of its old session. */
function requireRoom({ config, domains }: Context, domain: Domain, { taskId }: Opening): void {
  const most = config.limits.max_sessions;
  const open = [...domains.values()].reduce((sum, { sessions }) => sum + sessions.length, 0);
  if (open < most || domain.sessions.some((session) => session.taskId === taskId)) return;
  throw new Problem("OVERLOADED", `There are ${String(most)} sessions already.`, {
    hint: "Raise limits.max_sessions, or wait until one ends.",
    headers: { "retry-after": "30" },
  });
}

function openOrRefuse(
  domain: Domain,
  opening: Opening,
  clientIp: string,
): ReturnType<Domain["open"]> {
  try {
    return domain.open(opening, clientIp);
  } catch (error) {
    if (error instanceof RootRefusedError) {
      throw new Problem("ROOT_MISMATCH", error.message, { hint: error.hint });
    }
    if (!(error instanceof TaskIsLiveError)) throw error;
    const detail = "New session cannot be created due to current active sessions";
    throw new Problem("BAD_REQUEST", error.message, { status: 409, detail });
  }
}

function toCommand({ path, recursive, createdAt }: ScanCommand): V1ScanCommand {
  return { type: "scan", path, recursive, created_at: createdAt / 1000 };
}
