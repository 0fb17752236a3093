import { ROUTES, v1SentinelFeedbackSchema, type V1SentinelFeedback } from "@fustor/protocol";
import type { FastifyInstance } from "fastify";
import { domainOf, resetView, type Context } from "../context.js";
import { scopesOf } from "../http/access.js";

/** More suspects than this wait for the next call. */
const TASK_PATHS_MAX = 1_000;
const RESET = "/api/v1/pipe/consistency/reset";

/** The consistency calls of v1. They name no session: the key says which pipe is meant. */
export function addConsistencyRoutes(app: FastifyInstance, context: Context): void {
  const config = { access: "ingest" } as const;

  // An audit begins with its first row: nothing to do.
  app.post(ROUTES.auditStart, { config }, async (request) => {
    const domain = domainOf(context, scopesOf(request));
    return { status: "audit_started", drivers_handled: domain.views.length };
  });

  app.post(ROUTES.auditEnd, { config }, async (request) => {
    const domain = domainOf(context, scopesOf(request));
    const { leader } = domain;
    const end = { events: [], source_type: "audit", is_end: true } as const;
    if (leader?.v1?.isAuditing === true) {
      // The call names no session: anybody may mean another audit than the one that is open, so
      // only a batch of its own ends an audit whole.
      leader.v1.fail();
      domain.accept(leader, {
        stream: "scan",
        messages: leader.v1.read(end, context.time.now()),
      });
    }
    return { status: "audit_ended", drivers_handled: domain.views.length };
  });

  app.get(ROUTES.sentinelTasks, { config }, async (request) => {
    for (const view of domainOf(context, scopesOf(request)).views) {
      const paths: string[] = [];
      for (const { path } of view.fs.suspects()) {
        if (paths.length === TASK_PATHS_MAX) break;
        // v1 has no words for a name that is not valid UTF-8.
        if (path.isWellFormed()) paths.push(path);
      }
      if (paths.length > 0) return { type: "suspect_check", paths, view_id: view.id };
    }
    return {};
  });

  // Existing agents answer `missing` for files that exist, so this is taken note of, not believed.
  app.post<{ Body: V1SentinelFeedback }>(
    ROUTES.sentinelFeedback,
    { config, schema: { body: v1SentinelFeedbackSchema } },
    async (request) => {
      const domain = domainOf(context, scopesOf(request));
      if (request.body.type !== "suspect_update") {
        return { status: "ignored", reason: "unknown_type" };
      }
      return { status: "processed", drivers_updated: domain.views.length };
    },
  );

  app.post(RESET, { config: { access: "admin" } }, async (request) => {
    const domain = domainOf(context, scopesOf(request));
    for (const view of domain.views) resetView(context, view);
    return { status: "reset_complete", view_id: domain.views[0]?.id };
  });
}
