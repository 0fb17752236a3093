import type { Role } from "@fustor/core";
import type { Domain } from "../domain.js";

/** A live session as v1 lists it. Times are seconds of Fusion time. */
export interface SessionJson {
  readonly session_id: string;
  readonly task_id: string;
  readonly agent_id: string;
  readonly client_ip: string;
  readonly source_uri: string;
  readonly last_activity: number;
  readonly created_at: number;
  readonly allow_concurrent_push: boolean;
  readonly session_timeout_seconds: number;
  readonly role: Role;
  readonly can_snapshot: boolean;
  readonly can_audit: boolean;
  readonly can_realtime: boolean;
  readonly can_send: boolean;
  readonly pipe_id: string;
  readonly protocol: "v1" | "v2";
}

/** All live sessions of a pipe, the oldest first. */
export function toSessionsJson(domain: Domain): readonly SessionJson[] {
  return domain.sessions.map((session) => {
    const role = domain.roleOf(session);
    const { speaker } = session;
    return {
      session_id: session.id,
      task_id: session.taskId,
      agent_id: speaker.agentId,
      client_ip: session.clientIp,
      source_uri: speaker.source.uri,
      last_activity: session.lastSeenAt / 1000,
      created_at: session.openedAt / 1000,
      allow_concurrent_push: true,
      session_timeout_seconds: session.timeoutMs / 1000,
      role,
      can_snapshot: role === "leader",
      can_audit: role === "leader",
      can_realtime: session.canRealtime,
      can_send: true,
      pipe_id: domain.pipe.id,
      protocol: speaker.dialect,
    };
  });
}
