import type { FastifyInstance } from "fastify";
import type { Context } from "../context.js";
import { Turns } from "../http/turns.js";
import { addCoverageRoute } from "./coverage.js";
import { addEntriesRoute } from "./entries.js";
import { addEntryRoutes } from "./entry.js";
import { addUsageRoute } from "./usage.js";

/** The calls that answer what is known, ready or not, and say by `meta` what that rests on. */
export function addReadRoutes(app: FastifyInstance, context: Context): void {
  const { limits } = context.config;
  const turns = new Turns(() => context.clock.now(), {
    steps: limits.max_query_nodes,
    workMs: limits.max_query_seconds * 1_000,
  });
  addEntriesRoute(app, context, turns);
  addEntryRoutes(app, context);
  addUsageRoute(app, context, turns);
  addCoverageRoute(app, context, turns);
}
