import type { Speaker, Stream } from "@fustor/core";
import { V1Reader, type ClockMapping } from "@fustor/protocol";
import type { SessionFacts } from "./log/entry.js";

/** Something the leader shall list. */
export interface ScanCommand {
  readonly path: string;
  readonly recursive: boolean;
  /** Fusion time, ms. */
  readonly createdAt: number;
}

/** A request whose body is still coming, e.g. its socket. */
export interface Upload {
  readonly bytesRead: number;
}

/** A session that is alive. Owned by its domain; receivers read it and note progress. */
export interface LiveSession {
  readonly id: string;
  /** `<agent>:<pipe>`: one task has one live session. */
  readonly taskId: string;
  readonly bootId: string | undefined;
  readonly speaker: Speaker;
  /** What its source can do beyond snapshot and watch. */
  readonly capabilities: ReadonlySet<string>;
  readonly timeoutMs: number;
  readonly clientIp: string;
  /** Fusion time, ms. */
  readonly openedAt: number;
  /** Fusion time of the last accepted push or heartbeat. */
  lastSeenAt: number;
  canRealtime: boolean;
  /** Reads what it sends; undefined for a session that speaks v2. */
  readonly v1: V1Reader | undefined;
  /** The last seq taken in each stream. */
  readonly committed: Record<Stream, number>;
  /** What the last batch of each stream was answered with: its answer may have been lost. */
  readonly wanted: Record<Stream, readonly string[]>;
  /** Waiting for the next heartbeat; bounded. */
  readonly commands: ScanCommand[];
  /** What is under way, with the bytes that had come when it was last looked at. */
  readonly uploads: Map<Upload, number>;
  /** As the agent last measured it and the views were told; undefined before. */
  clock: ClockMapping | undefined;
  /** The clock offset of the last heartbeat, ms, when it was larger than the session's. */
  lateOffsetMs: number | undefined;
}

/** A session as it is when it begins. */
export function createSession(facts: SessionFacts): LiveSession {
  const { speaker, openedAt } = facts;
  const id = speaker.sessionId;
  return {
    id,
    capabilities: new Set(facts.capabilities),
    taskId: facts.taskId,
    bootId: facts.bootId,
    speaker,
    timeoutMs: facts.timeoutMs,
    clientIp: facts.clientIp,
    openedAt,
    lastSeenAt: openedAt,
    canRealtime: false,
    v1: speaker.dialect === "v1" ? new V1Reader(id) : undefined,
    committed: { realtime: 0, scan: 0 },
    wanted: { realtime: [], scan: [] },
    commands: [],
    uploads: new Map(),
    clock: undefined,
    lateOffsetMs: undefined,
  };
}

/** True when an upload of the session brought bytes since this was last asked. */
export function hasMoved({ uploads }: LiveSession): boolean {
  let moved = false;
  for (const [upload, seen] of uploads) {
    if (upload.bytesRead === seen) continue;
    uploads.set(upload, upload.bytesRead);
    moved = true;
  }
  return moved;
}
