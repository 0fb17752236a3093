import type { MessageSource, Move, Row, Stream, WalkTotals } from "@fustor/core";
import { WIRE_LIMITS } from "./limits.js";
import type { V1HeartbeatReply, V1ScanCommand, V1SessionReply, V1SessionRequest } from "./v1.js";

/**
 * v2 in its JSON form. Times are milliseconds. A name that is not valid UTF-8 is written with its
 * invalid bytes as lone surrogates U+DC80..U+DCFF (PEP 383), which JSON escapes as `\udcxx`.
 */

/** `client_info` of a session request that offers v2. */
export interface V2ClientInfo {
  /** What the agent speaks, best first. */
  readonly protocols: readonly string[];
  readonly agent_id: string;
  readonly boot_id: string;
  readonly pipe_id: string;
  readonly schema: string;
  readonly uri: string;
  /** The source's facts, its identity among them. */
  readonly root: { readonly identity: string; readonly [fact: string]: unknown };
  /** What a Fusion that shows this root knows: `landmarks` of the source's description. */
  readonly landmarks?: readonly Row[];
  readonly scope: Readonly<Record<string, unknown>>;
  readonly capabilities: readonly string[];
  /** The agent's clock when it asked. */
  readonly clock: number;
  /** The forms in which it can write a batch, best first. */
  readonly encodings?: readonly string[];
}

/** The forms of a batch: `BATCH_TYPE`, and `application/json`, which everybody takes. */
export type Encoding = "batch" | "json";

/** What a receiver may know beyond the first v2. */
export type Feature = "moves" | "digests";

export interface V2SessionRequest extends V1SessionRequest {
  readonly client_info: V2ClientInfo & Readonly<Record<string, unknown>>;
}

export interface V2SessionReply extends V1SessionReply {
  readonly protocol: "v2";
  readonly epoch: number;
  /** The last seq taken in each stream: 0 in a new session. */
  readonly committed: Readonly<Record<Stream, number>>;
  readonly limits: {
    readonly max_batch_bytes: number;
    readonly max_batch_rows: number;
    /** The forms in which a batch is taken; silence means JSON. */
    readonly encodings?: readonly Encoding[];
  };
  /** What may be said to it; silence means nothing of it. */
  readonly features?: readonly Feature[];
  /** It has the rows of this root: a snapshot by digest will find most of them equal. */
  readonly known_root?: boolean;
  /** No file may go unlooked at for longer than this, as far as audits can hold it. */
  readonly max_staleness_sec?: number;
  /** Fusion's clock when it answered, ms. */
  readonly server_time: number;
}

export interface V2HeartbeatRequest {
  readonly can_realtime: boolean;
  readonly status: Readonly<Record<string, unknown>>;
  /** The agent's clock when it asked, ms; from those only whose batches do not tell how it stands. */
  readonly clock?: number;
  /** Jobs that could not be done, each told once. */
  readonly failed_scans?: readonly V2FailedScan[];
}

/** Why a job with this id could not be done, for people. */
export interface V2FailedScan {
  readonly id: string;
  readonly error: string;
}

/** A listing that somebody asked for. With an id it is a job: the marks around it carry that id. */
export interface V2ScanCommand extends V1ScanCommand {
  readonly id?: string;
}

/** The job with this id is not wanted any more. */
export interface V2CancelCommand {
  readonly type: "cancel";
  readonly id: string;
}

/** Names in doubt, for the leader to look at: for sources with the capability `probe`. */
export interface V2ProbeCommand {
  readonly type: "probe";
  readonly paths: readonly string[];
}

/** What is asked of an agent, which passes over the types that it does not know. */
export type V2Command = V2ScanCommand | V2ProbeCommand | V2CancelCommand;

export interface V2HeartbeatReply extends Omit<V1HeartbeatReply, "commands"> {
  readonly commands: readonly V2Command[];
  readonly epoch: number;
  /** As in the reply that opened the session, and newer. */
  readonly known_root?: boolean;
  /** There is more to ask: come back this soon, if that is sooner than usual. */
  readonly next_heartbeat_sec?: number;
  /** Fusion's clock when it answered, ms. */
  readonly server_time: number;
}

export interface V2Table {
  readonly fields: readonly string[];
  readonly rows: readonly Row[];
}

interface V2Observation {
  readonly message_source: MessageSource;
  readonly started_at: number;
  readonly ended_at: number;
}

/** The six messages of `@fustor/core`, keys in snake_case. */
export type V2Message = V2Observation &
  (
    | {
        readonly kind: "change";
        readonly upserts: V2Table;
        readonly deletes: readonly string[];
        readonly settled?: readonly string[];
        readonly moves?: readonly Move[];
      }
    | {
        readonly kind: "listing";
        readonly scope: string;
        readonly entries: V2Table;
        readonly self?: Row;
        readonly complete: boolean;
        readonly part: number;
        readonly last: boolean;
      }
    | {
        readonly kind: "digest";
        readonly scope: string;
        readonly digest: string;
        readonly count: number;
        readonly self: V2Table;
      }
    | { readonly kind: "unreadable"; readonly scope: string; readonly errno: string }
    | { readonly kind: "lost"; readonly scope: string; readonly reason: string }
    | {
        readonly kind: "mark";
        readonly walk: "snapshot" | "audit" | "scan";
        readonly edge: "begin" | "end";
        readonly id: string;
        readonly scope: string;
        readonly totals?: WalkTotals;
      }
  );

/** How the agent's clock stands to Fusion's: holds for all times of the batch. */
export interface V2Clock {
  /** Add to the agent's time to get Fusion's, ms. */
  readonly offset_ms: number;
  /** By how much that may be wrong, either way, ms. */
  readonly error_ms: number;
}

export interface V2IngestRequest {
  readonly epoch: number;
  readonly stream: Stream;
  /** Counts from 1 in each stream of a session. */
  readonly seq: number;
  readonly clock?: V2Clock;
  readonly messages: readonly V2Message[];
}

export interface V2IngestReply {
  /** The last seq taken in this stream. */
  readonly committed: number;
  /** Scopes whose rows Fusion asks for. */
  readonly wanted: readonly string[];
  /** How many further batches of this stream it would take now. */
  readonly credits: number;
}

export interface V2SessionEnd {
  readonly status: "terminated";
  readonly session_id: string;
}

/** Body of `POST /api/v2/pipe/session/{id}/heartbeat`. */
export const v2HeartbeatRequestSchema = {
  type: "object",
  required: ["can_realtime"],
  properties: {
    can_realtime: { type: "boolean" },
    status: { type: "object", additionalProperties: true, maxProperties: 100 },
    clock: { type: "number" },
    failed_scans: {
      type: "array",
      maxItems: 1_000,
      items: {
        type: "object",
        required: ["id", "error"],
        properties: {
          id: { type: "string", maxLength: WIRE_LIMITS.idLength },
          error: { type: "string", maxLength: 10_000 },
        },
      },
    },
  },
} as const;

/**
 * Body of `POST /api/v2/pipe/ingest/{id}/events`. Only the envelope: `openJsonBatch` checks the
 * messages in one pass, which a schema would do many times slower.
 */
export const v2IngestRequestSchema = {
  type: "object",
  required: ["epoch", "stream", "seq", "messages"],
  properties: {
    epoch: { type: "integer", minimum: 0 },
    stream: { type: "string", enum: ["realtime", "scan"] },
    seq: { type: "integer", minimum: 1 },
    clock: {
      type: "object",
      required: ["offset_ms", "error_ms"],
      properties: { offset_ms: { type: "number" }, error_ms: { type: "number", minimum: 0 } },
    },
    messages: { type: "array", maxItems: WIRE_LIMITS.messages },
  },
} as const;
