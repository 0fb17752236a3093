import type { Role, SourceStatus } from "./drivers.js";
import type { ErrorCode } from "./errors.js";

/** One pipe as its users see it. The engine behind it is `createPipe` of `@fustor/core/host`. */
export interface Pipe {
  readonly id: string;
  status(): PipeStatus;
  /** Resolves when the pipe has ended: after `stop`, or never. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * - `starting`: no session yet, nothing has gone wrong
 * - `running`: a session is open
 * - `retrying`: something is missing (see `problem`); the pipe tries again by itself
 * - `stopped`: ended on request
 */
export type PipeState = "starting" | "running" | "retrying" | "stopped";

export type Phase = "idle" | "snapshot" | "audit" | "scan";

export interface PipeStatus {
  readonly id: string;
  readonly state: PipeState;
  readonly role: Role | undefined;
  readonly sessionId: string | undefined;
  /** What the scan stream is doing. */
  readonly phase: Phase;
  /** The walk under way: since when, in ms, and what was sent meanwhile. Absent while it is idle. */
  readonly walk?: { readonly startedAt: number; readonly rowsSent: number };
  /** True while the watch stands. */
  readonly watching: boolean;
  /** Why it is retrying: the sentence, and when it happened. */
  readonly problem:
    | { readonly code: ErrorCode | "UNEXPECTED"; readonly message: string; readonly at: number }
    | undefined;
  readonly counters: PipeCounters;
  readonly source: SourceStatus;
}

/** All counted since the agent started. */
export interface PipeCounters {
  readonly sessionsOpened: number;
  readonly snapshotsCompleted: number;
  readonly auditsCompleted: number;
  readonly rowsSent: number;
  readonly batchesSent: number;
  readonly batchesRefused: number;
  readonly retries: number;
  readonly lostReported: number;
  readonly sourceRestarts: number;
  /** Milliseconds from the first attempt to send a batch until it was taken, all batches together. */
  readonly sendMs: number;
  /** Rows waiting in the buffer now. */
  readonly buffered: number;
  /** Times that more waited than the buffer holds, and only where it was is remembered. */
  readonly overflows: number;
}
