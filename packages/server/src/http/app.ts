import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { Problem, unfit } from "../problem.js";

/** The bare web server: bodies, limits and headers; routes are added by others. */
export function createApp({ bodyBytesMax }: { readonly bodyBytesMax: number }): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    // Nobody waits for a client that keeps its connection open.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    // A body says what it says: nothing is converted or left out.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    frameworkErrors: (_error, _request, { raw }) => {
      raw.writeHead(400, { "content-type": "application/json; charset=utf-8" });
      raw.end(JSON.stringify({ detail: "The URL is not valid." }));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => parseJson(body, request.url),
  );
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-content-type-options", "nosniff").header("cache-control", "no-store");
    if (request.headers["content-encoding"] !== undefined) {
      throw new Problem("UNSUPPORTED_TYPE", "A compressed body is not understood.", {
        hint: "Send it without Content-Encoding.",
      });
    }
  });
  return app;
}

/** An empty body is none: clients send the header on calls without one, too. */
async function parseJson(body: Buffer, url: string): Promise<unknown> {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : "not JSON";
    if (url.startsWith("/api/v2/")) {
      throw new Problem("BAD_REQUEST", `The body is not JSON: ${reason}`);
    }
    throw unfit({ type: "json_invalid", loc: ["body"], msg: "JSON decode error", input: {} });
  }
}
