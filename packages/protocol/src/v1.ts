import type { Role } from "@fustor/core";
import { WIRE_LIMITS } from "./limits.js";

/** v1: what the existing Python agents and Fusions speak. Times are float seconds. */

export type V1EventType = "insert" | "update" | "delete";
export type V1MessageSource = "realtime" | "snapshot" | "audit";
export type V1SourceType = "message" | "snapshot" | "audit" | "scan_complete";

/** One file or directory. A `delete` event's rows hold the path alone. */
export interface V1Row {
  /** Relative to the root, `/` for the root itself. */
  readonly path: string;
  readonly file_name?: string;
  readonly size?: number | null;
  readonly modified_time?: number;
  readonly created_time?: number;
  readonly is_directory?: boolean;
  /** Realtime files only: the writer has closed it. */
  readonly is_atomic_write?: boolean;
  /** Audited files only. The existing agents write an absolute path of their host here. */
  readonly parent_path?: string;
  readonly parent_mtime?: number;
  /** Audited directories only: its children were not listed. */
  readonly audit_skipped?: boolean;
}

export interface V1Event {
  readonly event_type: V1EventType;
  readonly fields: readonly string[];
  readonly rows: readonly V1Row[];
  /** Milliseconds of the agent; neither unique nor ordered. */
  readonly index: number;
  readonly event_schema: string;
  readonly table: string;
  readonly message_source: V1MessageSource;
}

export interface V1SessionRequest {
  /** `<agent>:<pipe>` */
  readonly task_id: string;
  readonly source_type?: string | null;
  readonly session_timeout_seconds?: number | null;
  readonly client_info?: Readonly<Record<string, unknown>> | null;
}

export interface V1SessionReply {
  readonly session_id: string;
  readonly role: Role;
  readonly session_timeout_seconds: number;
  readonly audit_interval_sec: number;
  readonly sentinel_interval_sec: number;
  readonly message: string;
}

export interface V1HeartbeatRequest {
  readonly can_realtime?: boolean;
}

export interface V1ScanCommand {
  readonly type: "scan";
  readonly path: string;
  readonly recursive: boolean;
  /** Seconds of Fusion time. */
  readonly created_at: number;
}

export interface V1HeartbeatReply {
  readonly status: "ok";
  readonly role: Role;
  readonly message?: string | null;
  readonly can_realtime?: boolean | null;
  readonly commands: readonly V1ScanCommand[];
}

export interface V1IngestRequest {
  readonly session_id?: string | null;
  readonly events: readonly V1Event[];
  readonly source_type: V1SourceType;
  readonly is_end?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

export interface V1IngestReply {
  readonly status: "ok";
  readonly count: number;
}

export interface V1SentinelUpdate {
  readonly path: string;
  readonly mtime: number;
  readonly size?: number | null;
  readonly status?: "exists" | "missing";
}

export interface V1SentinelFeedback {
  readonly type: string;
  readonly updates?: readonly V1SentinelUpdate[];
}

const path = { type: "string", maxLength: WIRE_LIMITS.pathLength } as const;
const id = { type: "string", minLength: 1, maxLength: WIRE_LIMITS.idLength } as const;
const openObject = { type: "object", nullable: true, additionalProperties: true } as const;

/** Body of `POST /api/v1/pipe/session/`, in v1 and in v2. */
export const v1SessionRequestSchema = {
  type: "object",
  required: ["task_id"],
  properties: {
    task_id: { type: "string", minLength: 1, maxLength: 2 * WIRE_LIMITS.idLength + 1 },
    source_type: { ...id, nullable: true },
    session_timeout_seconds: { type: "number", minimum: 0, maximum: 86_400, nullable: true },
    client_info: openObject,
  },
} as const;

/** Body of `POST /api/v1/pipe/session/{id}/heartbeat`. */
export const v1HeartbeatRequestSchema = {
  type: "object",
  properties: { can_realtime: { type: "boolean" } },
} as const;

/** Body of `POST /api/v1/pipe/ingest/{id}/events`. The reader checks the rows. */
export const v1IngestRequestSchema = {
  type: "object",
  required: ["events", "source_type"],
  properties: {
    session_id: { ...id, nullable: true },
    source_type: { type: "string", enum: ["message", "snapshot", "audit", "scan_complete"] },
    is_end: { type: "boolean" },
    metadata: openObject,
    events: {
      type: "array",
      maxItems: WIRE_LIMITS.v1Events,
      items: {
        type: "object",
        required: ["event_type", "rows", "index"],
        properties: {
          event_type: { type: "string", enum: ["insert", "update", "delete"] },
          fields: {
            type: "array",
            maxItems: WIRE_LIMITS.fields,
            items: { type: "string", maxLength: WIRE_LIMITS.idLength },
          },
          rows: { type: "array" },
          index: { type: "number" },
          event_schema: id,
          table: id,
          message_source: { type: "string", enum: ["realtime", "snapshot", "audit"] },
        },
      },
    },
  },
} as const;

/** Body of `POST /api/v1/pipe/consistency/sentinel/feedback`. */
export const v1SentinelFeedbackSchema = {
  type: "object",
  required: ["type"],
  properties: {
    type: id,
    updates: {
      type: "array",
      maxItems: WIRE_LIMITS.v1SentinelUpdates,
      items: {
        type: "object",
        required: ["path"],
        properties: {
          path,
          mtime: { type: "number" },
          size: { type: "number", nullable: true },
          status: { type: "string", enum: ["exists", "missing"] },
        },
      },
    },
  },
} as const;
