import { isFromOwnMachine } from "@fustor/core/host";
import type { FastifyInstance } from "fastify";
import type { Context } from "../context.js";
import type { Metrics } from "../metrics.js";
import { forStrangers, readinessOf } from "../readiness.js";

/** What machines watch: is it alive, is it ready, how does it do. */
export function addOpsRoutes(app: FastifyInstance, context: Context): void {
  const open = { access: "public" } as const;
  const { host } = context.config.listen;

  app.get("/healthz", { config: open }, async () => ({ status: "ok" }));

  app.get("/readyz", { config: open }, async (request, reply) => {
    const readiness = readinessOf(context);
    const shown = isFromOwnMachine(request.socket) ? readiness : forStrangers(readiness);
    return reply.code(readiness.ready ? 200 : 503).send(shown);
  });

  // Figures need no key where only this machine can read them.
  const config = isLoopback(host) ? open : ({ access: "admin" } as const);
  app.get("/metrics", { config }, async (_request, reply) => {
    const { metrics } = context;
    return reply.type(metrics.contentType).send(await metrics.render());
  });
}

/** Notes how long the questions that are added after this take. Those that wait are left out. */
export function timeQuestions(app: FastifyInstance, metrics: Pick<Metrics, "answered">): void {
  app.addHook("onResponse", async ({ routeOptions: { url = "" } }, reply) => {
    const call = /^\/api\/v\d\/views\/:view\/([\w-]+)/.exec(url)?.[1];
    if (call === undefined || call === "changes" || reply.statusCode >= 400) return;
    metrics.answered(call, reply.elapsedTime / 1_000);
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
