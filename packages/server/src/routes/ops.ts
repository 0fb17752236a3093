import type { FastifyInstance } from "fastify";
import type { Context } from "../context.js";

/** What machines watch: is it alive, is it ready, how does it do. */
export function addOpsRoutes(app: FastifyInstance, context: Context): void {
  const open = { access: "public" } as const;
  const { host } = context.config.listen;

  app.get("/healthz", { config: open }, async () => ({ status: "ok" }));

  app.get("/readyz", { config: open }, async (_request, reply) => {
    const reasons = [...context.views.values()].flatMap(({ id, fs }) => {
      const readiness = fs.readiness();
      return readiness.ready ? [] : [{ view: id, reason: readiness.reason }];
    });
    const { failure } = context.storage.log;
    if (failure !== undefined) {
      reasons.push(...[...context.views.keys()].map((view) => ({ view, reason: failure })));
    }
    const { damage } = context.storage;
    const ready = reasons.length === 0;
    return reply
      .code(ready ? 200 : 503)
      .send({ ready, reasons, ...(damage === undefined ? {} : { damage }) });
  });

  // Figures need no key where only this machine can read them.
  const config = isLoopback(host) ? open : ({ access: "admin" } as const);
  app.get("/metrics", { config }, async (_request, reply) => {
    const { registry } = context.metrics;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
