import { isUtf8 } from "node:buffer";
import { v2ErrorBody, WIRE_LIMITS } from "@fustor/protocol";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { isV2, Problem, unfit } from "../problem.js";
import type { Servers } from "./servers.js";
import { cutWhenStuck } from "./cut-when-stuck.js";

/** For all answers; a route of a page says more of what that may load. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/**
 * A body is held while it comes and parsed at one go, for as long as everybody waits: what a stranger
 * says is a key at most, and only batches are large.
 */
const BODY_BYTES_MAX = { ofStrangers: 16 * 1024, ofAgents: 8 * 1024 * 1024, ofOthers: 1024 * 1024 };

export interface AppOptions {
  readonly servers: Servers;
  /** Who takes nothing of an answer for so long is cut off. */
  readonly answerTimeoutMs: number;
}

/** The bare web server: bodies, limits and headers; routes are added by others. */
export function createApp({ servers, answerTimeoutMs }: AppOptions): FastifyInstance {
  const app = fastify({
    serverFactory: (answer) => servers.make(answer),
    // Of what is not found too: its body is read all the same.
    bodyLimit: BODY_BYTES_MAX.ofStrangers,
    // Nobody waits for a client that keeps its connection open.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    // A body says what it says: nothing is converted or left out.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    frameworkErrors: (_error, { url }, { raw }) => {
      const message = "The URL is not valid.";
      const body = isV2(url) ? v2ErrorBody("BAD_REQUEST", message) : { detail: message };
      raw.writeHead(400, { ...HEADERS, "content-type": "application/json; charset=utf-8" });
      raw.end(JSON.stringify(body));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => parseJson(body, request.url),
  );
  app.addHook("onRoute", (route) => {
    const access = route.config?.access ?? "public";
    if (access === "public") return;
    const { ofAgents, ofOthers } = BODY_BYTES_MAX;
    route.bodyLimit ??= access === "ingest" ? ofAgents : ofOthers;
  });
  app.addHook("onRequest", async (_request, reply) => {
    reply.headers(HEADERS);
    cutWhenStuck(reply.raw, answerTimeoutMs);
  });
  // Only once it is known who asks: whose batch is refused has to hear of it.
  app.addHook("preParsing", async (request) => {
    if (request.headers["content-encoding"] !== undefined) {
      throw new Problem("UNSUPPORTED_TYPE", "A compressed body is not understood.", {
        hint: "Send it without Content-Encoding.",
      });
    }
  });
  return app;
}

/** An empty body is none: clients send the header on calls without one, too. */
export async function parseJson(body: Buffer, url: string): Promise<unknown> {
  if (body.length === 0) return undefined;
  if (holdsTooMany(body)) {
    const most = String(WIRE_LIMITS.cells);
    throw new Problem("TOO_LARGE", `The body holds more than ${most} values.`);
  }
  try {
    // Decoding would replace what is not valid, and one name would pass for another.
    if (!isUtf8(body)) throw new Error("it is not valid UTF-8");
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : "not JSON";
    if (isV2(url) || /^\/api\/v1\/(?:views\/|keys)/.test(url)) {
      throw new Problem("BAD_REQUEST", `The body is not JSON: ${reason}`);
    }
    throw unfit({ type: "json_invalid", loc: ["body"], msg: "JSON decode error", input: {} });
  }
}

/**
 * Whether JSON may hold more values than any batch: empty objects take three bytes each, and a
 * thousand times as long to parse as to count. Commas within texts are counted, too.
 */
function holdsTooMany(json: Buffer): boolean {
  if (json.length <= WIRE_LIMITS.cells) return false;
  let count = 0;
  for (const byte of json) {
    if (byte === COMMA || byte === OBJECT || byte === LIST) count += 1;
  }
  return count > WIRE_LIMITS.cells;
}

const [COMMA, OBJECT, LIST] = [0x2c, 0x7b, 0x5b];
