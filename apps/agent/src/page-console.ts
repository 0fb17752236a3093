import { loadConsole, type DriverForm } from "@fustor/console";
import type { FastifyInstance } from "fastify";
import type { LogMemory } from "./log-memory.js";
import type { AgentPlan } from "./plan.js";

/** What the console shows beyond the report. */
export interface ConsoleSource {
  readonly log: LogMemory;
  readonly forms: readonly DriverForm[];
}

/**
 * The console: `/`, the addresses below `/console/` that the page reads by itself, the files that it
 * is made of, and `/api/log` and `/api/drivers` that it asks.
 */
export async function addConsole(
  app: FastifyInstance,
  source: ConsoleSource | undefined,
): Promise<void> {
  const { page, assets } = await loadConsole("agent");
  const pages = ["/", "/console", "/console/*"].map((url) => [url, page] as const);
  for (const [url, { body, type, cacheControl }] of [...pages, ...assets]) {
    app.get(url, (_request, reply) =>
      reply.type(type).header("cache-control", cacheControl).send(body),
    );
  }
  app.get<{ Querystring: { readonly after?: string } }>("/api/log", (request, reply) => {
    const after = Number(request.query.after ?? 0);
    const lines = source?.log.after(Number.isFinite(after) ? after : 0) ?? [];
    return reply.header("cache-control", "no-store").send({ lines });
  });
  app.get("/api/drivers", (_request, reply) =>
    reply.header("cache-control", "no-store").send({ drivers: source?.forms ?? [] }),
  );
}

/** The drivers of a configuration, each once, with the options that it takes. */
export function formsOf({ sources, senders }: AgentPlan): readonly DriverForm[] {
  const forms = new Map<string, DriverForm>();
  for (const [kind, prepared] of [
    ["source", sources],
    ["sender", senders],
  ] as const) {
    for (const { type, driver } of prepared.values()) {
      forms.set(`${kind} ${type}`, { kind, type, schema: driver.module.configSchema });
    }
  }
  return [...forms.values()];
}
