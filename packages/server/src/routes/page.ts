import { CONSOLE_POLICY, loadConsole, type ConsoleFile } from "@fustor/console";
import type { FastifyInstance, FastifyReply, RouteShorthandOptions } from "fastify";

/**
 * The console: `GET /`, every address below `/console/`, which the page reads by itself, and the
 * files that it is made of. All of it may be read by anybody; what it shows needs a login.
 */
export async function addPage(app: FastifyInstance): Promise<void> {
  const { page, assets } = await loadConsole("fusion");
  const options: RouteShorthandOptions = {
    config: { access: "public" },
    schema: { hide: true },
  };
  for (const url of ["/", "/console", "/console/*"]) {
    app.get(url, options, async (_request, reply) => send(reply, page));
  }
  for (const [url, file] of assets) {
    app.get(url, options, async (_request, reply) => send(reply, file));
  }
}

function send(reply: FastifyReply, { body, type, cacheControl }: ConsoleFile): FastifyReply {
  return reply
    .type(type)
    .header("content-security-policy", CONSOLE_POLICY)
    .header("cache-control", cacheControl)
    .header("referrer-policy", "no-referrer")
    .header("cross-origin-opener-policy", "same-origin")
    .header("cross-origin-resource-policy", "same-origin")
    .send(body);
}
