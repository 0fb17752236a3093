import { isUtf8 } from "node:buffer";
import { v2ErrorBody } from "@fustor/protocol";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { isV2, Problem, unfit } from "../problem.js";

/** The bare web server: bodies, limits and headers; routes are added by others. */
export function createApp({ bodyBytesMax }: { readonly bodyBytesMax: number }): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    // Nobody waits for a client that keeps its connection open.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    // A body says what it says: nothing is converted or left out.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    frameworkErrors: (_error, { url }, { raw }) => {
      const message = "The URL is not valid.";
      const body = isV2(url) ? v2ErrorBody("BAD_REQUEST", message) : { detail: message };
      raw.writeHead(400, { "content-type": "application/json; charset=utf-8" });
      raw.end(JSON.stringify(body));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => parseJson(body, request.url),
  );
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff").header("cache-control", "no-store");
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
  try {
    // Decoding would replace what is not valid, and one name would pass for another.
    if (!isUtf8(body)) throw new Error("it is not valid UTF-8");
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : "not JSON";
    if (isV2(url)) {
      throw new Problem("BAD_REQUEST", `The body is not JSON: ${reason}`);
    }
    throw unfit({ type: "json_invalid", loc: ["body"], msg: "JSON decode error", input: {} });
  }
}
