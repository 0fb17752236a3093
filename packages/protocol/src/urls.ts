/** How a session speaks once it is open. */
export type Dialect = "v1" | "v2";

/**
 * The paths of the pipe interface as route patterns, `:id` being the session. A session opens at
 * one path in both dialects.
 */
export const ROUTES = {
  sessions: "/api/v1/pipe/session/",
  session: { v1: "/api/v1/pipe/session/:id", v2: "/api/v2/pipe/session/:id" },
  heartbeat: {
    v1: "/api/v1/pipe/session/:id/heartbeat",
    v2: "/api/v2/pipe/session/:id/heartbeat",
  },
  ingest: { v1: "/api/v1/pipe/ingest/:id/events", v2: "/api/v2/pipe/ingest/:id/events" },
  auditStart: "/api/v1/pipe/consistency/audit/start",
  auditEnd: "/api/v1/pipe/consistency/audit/end",
  sentinelTasks: "/api/v1/pipe/consistency/sentinel/tasks",
  sentinelFeedback: "/api/v1/pipe/consistency/sentinel/feedback",
} as const;

/** The paths to call; append them to an endpoint without a slash at its end. */
export const urls = {
  /** POST opens a session, GET lists the live ones. */
  session: (): string => ROUTES.sessions,
  /** DELETE ends this session. */
  sessionOf: (dialect: Dialect, id: string): string => fill(ROUTES.session[dialect], id),
  heartbeat: (dialect: Dialect, id: string): string => fill(ROUTES.heartbeat[dialect], id),
  ingest: (dialect: Dialect, id: string): string => fill(ROUTES.ingest[dialect], id),
  auditStart: (): string => ROUTES.auditStart,
  auditEnd: (): string => ROUTES.auditEnd,
  sentinelTasks: (): string => ROUTES.sentinelTasks,
  sentinelFeedback: (): string => ROUTES.sentinelFeedback,
} as const;

function fill(route: string, id: string): string {
  return route.replace(":id", () => encodeURIComponent(id));
}
