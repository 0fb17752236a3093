import type { HeartbeatReply, Role, SessionPolicy } from "@fustor/core";
import { isWirePath, type V1SessionReply, type V2SessionReply } from "@fustor/protocol";
import { asFields } from "./reply.js";

/** What a session's reply asks of the pipe. */
export function readPolicy(reply: V1SessionReply): SessionPolicy {
  const { session_timeout_seconds, audit_interval_sec } = reply as Partial<V1SessionReply>;
  return {
    timeoutMs: (session_timeout_seconds ?? 30) * 1000,
    auditIntervalMs: (audit_interval_sec ?? 0) * 1000,
  };
}

/** The same of a session that speaks v2. */
export function readPolicyV2(reply: V2SessionReply): SessionPolicy {
  const { features = [], known_root, max_staleness_sec: staleness } = reply;
  const isLimit = typeof staleness === "number" && staleness > 0;
  return {
    ...readPolicy(reply),
    digests: features.includes("digests"),
    known: known_root === true,
    ...(isLimit ? { maxStalenessMs: staleness * 1000 } : {}),
  };
}

/** What a heartbeat's reply wants; `role` stands where the reply says none. */
export function readHeartbeat(body: unknown, role: Role): HeartbeatReply {
  const reply = asFields(body);
  const { known_root: known, next_heartbeat_sec: next } = reply;
  // Commands of a newer Fusion are not ours to guess at.
  const commands = asList(reply["commands"]).map(asFields);
  const probes = commands.filter(({ type }) => type === "probe");
  return {
    role: reply["role"] === "leader" || reply["role"] === "follower" ? reply["role"] : role,
    scans: commands.flatMap(({ type, path, recursive, id }) =>
      type === "scan" && isWirePath(path)
        ? [{ scope: path, recursive: recursive === true, ...(isText(id) ? { id } : {}) }]
        : [],
    ),
    cancels: commands.flatMap(({ type, id }) => (type === "cancel" && isText(id) ? [id] : [])),
    probes: probes.flatMap(({ paths }) => asList(paths).filter(isWirePath)),
    ...(typeof known === "boolean" ? { known } : {}),
    ...(typeof next === "number" && next > 0 ? { nextMs: next * 1000 } : {}),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
