import { countRows, type Message } from "@fustor/core";
import {
  BATCH_TYPE,
  openBinaryBatch,
  openJsonBatch,
  ROUTES,
  seqGapBody,
  v1IngestRequestSchema,
  v2IngestRequestSchema,
  type BatchEnvelope,
  type IngestBatch,
  type V1IngestReply,
  type V1IngestRequest,
  type V2IngestReply,
  type V2IngestRequest,
} from "@fustor/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { findSession, type Context, type Located } from "../context.js";
import { scopesOf } from "../http/access.js";
import { parseJson } from "../http/app.js";
import type { BatchBody } from "../log/batch-body.js";
import { Problem } from "../problem.js";
import { requireSession } from "./sessions.js";

type ById = { Params: { id: string } };

/** One batch a stream is under way at a time. */
const CREDITS = 1;

/** Where agents bring their batches, in both dialects. */
export function addIngestRoutes(app: FastifyInstance, context: Context): void {
  const config = { access: "ingest" } as const;
  const bodyLimit = context.config.limits.max_batch_bytes;
  // A body may take longer to come than a session lives without a sign of life.
  const noteArrival = async (request: FastifyRequest<ById>, { raw }: FastifyReply) => {
    const found = findSession(context, request.params.id, scopesOf(request));
    if (found === undefined) return;
    const { socket } = request.raw;
    found.domain.watch(found.session, socket);
    raw.once("close", () => found.session.uploads.delete(socket));
  };

  // In a scope of its own: no other call takes a binary body, or needs its bytes once it is read.
  void app.register(async (scope) => {
    const bodies = new WeakMap<FastifyRequest, BatchBody>();
    scope.addContentTypeParser(
      BATCH_TYPE,
      { parseAs: "buffer" },
      async (request: FastifyRequest, bytes: Buffer) => {
        bodies.set(request, { form: "binary", bytes });
        return openBinaryBatch(bytes);
      },
    );
    scope.removeContentTypeParser("application/json");
    scope.addContentTypeParser(
      "application/json",
      { parseAs: "buffer" },
      async (request: FastifyRequest, bytes: Buffer) => {
        bodies.set(request, { form: "json", bytes });
        return parseJson(bytes, request.url);
      },
    );
    const body = { content: { "application/json": { schema: v2IngestRequestSchema } } };
    scope.post<ById & { Body: V2IngestRequest | BatchEnvelope | undefined }>(
      ROUTES.ingest.v2,
      { config, bodyLimit, schema: { body }, preParsing: noteArrival },
      async (request): Promise<V2IngestReply> => {
        const found = requireSession(context, request.params.id, scopesOf(request));
        requireDialect(found, "v2");
        const body = bodies.get(request);
        const { committed, wanted } = timed(context, found, () =>
          takeV2(context, found, { envelope: toEnvelope(request.body), body }),
        );
        return { committed, wanted, credits: CREDITS };
      },
    );
  });

  app.post<ById & { Body: V1IngestRequest }>(
    ROUTES.ingest.v1,
    {
      config,
      bodyLimit,
      schema: { body: v1IngestRequestSchema },
      preParsing: noteArrival,
      // Whatever went wrong, and whoever asked: a batch of this session may be missing.
      onError: async ({ params }) => {
        for (const domain of context.domains.values()) domain.session(params.id)?.v1?.fail();
      },
    },
    async (request): Promise<V1IngestReply> => {
      const { id } = request.params;
      const found = findSession(context, id, scopesOf(request));
      if (found === undefined) {
        const status = 404;
        throw new Problem("SESSION_GONE", `Session ${id} not found or expired`, { status });
      }
      requireDialect(found, "v1");
      const bytes = Number(request.headers["content-length"] ?? 0);
      timed(context, found, () => takeV1(context, found, { body: request.body, bytes }));
      return { status: "ok", count: request.body.events.length };
    },
  );
}

/** A body, opened and as it came. */
interface Brought {
  readonly envelope: BatchEnvelope;
  readonly body: BatchBody | undefined;
}

interface Taken {
  readonly stream: IngestBatch["stream"];
  /** Empty for what was taken before. */
  readonly messages: readonly Message[];
  readonly rows: number;
  readonly bytes: number;
  readonly committed: number;
  readonly wanted: readonly string[];
}

/** The parser of a binary body has opened it already. */
function toEnvelope(body: V2IngestRequest | BatchEnvelope | undefined): BatchEnvelope {
  if (body === undefined) throw new Problem("BAD_REQUEST", "The batch has no body.");
  return "messages" in body ? openJsonBatch(body) : body;
}

/** Takes each seq once and in order; what was taken before is acknowledged again. */
function takeV2(
  { config, jobs }: Context,
  { domain, session }: Located,
  { envelope, body }: Brought,
): Taken {
  const { stream, seq } = envelope;
  domain.touch(session);
  const committed = session.committed[stream];
  const { wanted } = session;
  const bytes = body?.bytes.length ?? 0;
  if (seq <= committed) {
    return { stream, messages: [], rows: 0, bytes, committed, wanted: wanted[stream] };
  }
  if (seq > committed + 1) {
    const { error, expected } = seqGapBody(committed + 1, seq);
    const options = { extra: { expected }, ...(error.hint === undefined ? {} : error) };
    throw new Problem(error.code, error.message, options);
  }
  const { max_batch_rows: rowsMax } = config.limits;
  const batch = envelope.decode({ schema: session.speaker.source.schema, rowsMax });
  domain.accept(session, body === undefined ? batch : { ...batch, body });
  jobs.hear(session, batch.messages);
  const { messages, rows } = batch;
  return { stream, messages, rows, bytes, committed: seq, wanted: wanted[stream] };
}

function takeV1(
  { time, jobs }: Context,
  { domain, session }: Located,
  { body, bytes }: { readonly body: V1IngestRequest; readonly bytes: number },
): Taken {
  domain.touch(session);
  const messages = session.v1?.read(body, time.now()) ?? [];
  const stream = body.source_type === "message" ? "realtime" : "scan";
  domain.accept(session, { stream, messages });
  if (body.events.length === 0) jobs.hearEmptyBatch(session);
  const rows = messages.reduce((sum, message) => sum + countRows(message), 0);
  return { stream, messages, rows, bytes, committed: 0, wanted: [] };
}

/** Runs `take` and counts what it took. */
function timed({ metrics, time }: Context, { domain, session }: Located, take: () => Taken): Taken {
  const startedAt = time.now();
  const taken = take();
  const seconds = (time.now() - startedAt) / 1000;
  const clockOffsetMs = session.clock?.offsetMs ?? session.speaker.clockOffsetMs;
  metrics.accepted({ ...taken, pipe: domain.pipe.id, clockOffsetMs, seconds });
  return taken;
}

function requireDialect({ session }: Located, dialect: "v1" | "v2"): void {
  const spoken = session.speaker.dialect;
  if (spoken === dialect) return;
  throw new Problem("BAD_REQUEST", `The session ${session.id} speaks ${spoken}, not ${dialect}.`, {
    hint: `Send its batches to /api/${spoken}/pipe/ingest/.`,
  });
}
