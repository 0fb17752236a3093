import type { SenderDriver, Session, SourceDescription, SourceDriver } from "../drivers.js";
import { FustorError, hasCode } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Pipe, PipeStatus } from "../pipe.js";
import type { Clock, Random } from "../time.js";
import { abortable, interruptible } from "./abortable.js";
import { createBackoff, type Backoff } from "./backoff.js";
import { Bell } from "./bell.js";
import { RealtimeBuffer } from "./buffer.js";
import { retryAfterMsOf } from "./error-facts.js";
import { Monitor } from "./monitor.js";
import { createProjection, type Project } from "./projection.js";
import { ROOT, ScopeSet } from "./scopes.js";
import { lost, SessionRun, statusOf } from "./session-run.js";
import { withAbort } from "./with-abort.js";

export interface PipeOptions {
  readonly id: string;
  /** Whoever made it closes it, after the pipe has ended. */
  readonly source: SourceDriver;
  /** An open sender, which its maker closes, or how to make one, which the pipe then closes. */
  readonly sender: SenderDriver | (() => Promise<SenderDriver>);
  readonly agentId: string;
  /** New at every start of the agent. */
  readonly bootId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Realtime rows that may wait for the receiver. Default 100,000. */
  readonly bufferRowsMax?: number;
  /** Rows of one batch; a larger message travels alone. Default 5,000. */
  readonly batchRowsMax?: number;
  /** Only these fields travel, and the keys. Default: all. */
  readonly fields?: readonly string[];
}

const FORGOTTEN_MAX = 1_000;
const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 15_000;
/** A watch that stood so long did not fail at once: its next restart waits little again. */
const STABLE_MS = 30_000;
/** How long the end of the pipe waits for a source that does not hear the signal. */
const LEAVE_MS = 2_000;

/** The built-in engine behind `Pipe`: message first, and it never gives up. See ARCHITECTURE.md. */
export function createPipe(options: PipeOptions): Pipe {
  return new PipeEngine(options);
}
