import type { HeartbeatReply, Role, SessionPolicy } from "@fustor/core";
import { isWirePath, type V1SessionReply } from "@fustor/protocol";
import { asFields } from "./reply.js";

/** What a session's reply asks of the pipe. */
export function readPolicy(reply: V1SessionReply): SessionPolicy {
  const { session_timeout_seconds, audit_interval_sec } = reply as Partial<V1SessionReply>;
  return {
    timeoutMs: (session_timeout_seconds ?? 30) * 1000,
    auditIntervalMs: (audit_interval_sec ?? 0) * 1000,
  };
}

/** What a heartbeat's reply wants; `role` stands where the reply says none. */
export function readHeartbeat(body: unknown, role: Role): HeartbeatReply {
  const reply = asFields(body);
  const commands = Array.isArray(reply["commands"]) ? (reply["commands"] as unknown[]) : [];
  return {
    role: reply["role"] === "leader" || reply["role"] === "follower" ? reply["role"] : role,
    scans: commands.flatMap((command) => {
      const { type, path, recursive } = asFields(command);
      // Commands of a newer Fusion are not ours to guess at.
      return type === "scan" && isWirePath(path)
        ? [{ scope: path, recursive: recursive === true }]
        : [];
    }),
  };
}
