import {
  SOURCE_CAPABILITIES,
  type SenderDriver,
  type Session,
  type SourceDescription,
  type SourceDriver,
} from "../drivers.js";
import { hasCode } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Pipe, PipeStatus } from "../pipe.js";
import type { Clock, Random } from "../time.js";
import { abortable } from "./abortable.js";
import { createBackoff } from "./backoff.js";
import { RealtimeBuffer } from "./buffer.js";
import { retryAfterMsOf } from "./error-facts.js";
import { Monitor } from "./monitor.js";
import { createProjection, type Project } from "./projection.js";
import { ScopeSet } from "./scopes.js";
import { SessionRun, statusOf } from "./session-run.js";
import { describeSource, keepWatching } from "./watcher.js";
import { withAbort } from "./with-abort.js";

interface PipeBasics {
  readonly id: string;
  /** Whoever made it closes it, after the pipe has ended. */
  readonly source: SourceDriver;
  readonly agentId: string;
  /** New at every start of the agent. */
  readonly bootId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Realtime rows that may wait for the receiver. Default 100,000. */
  readonly bufferRowsMax?: number;
  /** Rows of one batch; a message that is larger by itself travels alone. Default 5,000. */
  readonly batchRowsMax?: number;
  /** Only these fields travel, and the keys. Default: all. */
  readonly fields?: readonly string[];
}

/** A sender that its maker closes, or how to make one, which the pipe then closes. */
export type PipeOptions = PipeBasics &
  ({ readonly sender: SenderDriver } | { readonly openSender: () => Promise<SenderDriver> });

/** Realtime rows of a pipe that may wait, unless it is told otherwise. */
export const BUFFER_ROWS_MAX = 100_000;
const BATCH_ROWS_MAX = 5_000;
const FORGOTTEN_SCOPES_MAX = 1_000;
const REOPEN_BASE_MS = 500;
const REOPEN_CAP_MS = 15_000;
/** How long the end of a pipe waits for a source or sender that does not end. */
const LEAVE_MS = 2_000;

/**
 * The built-in engine behind `Pipe`. It describes the source, opens a session, watches, and then,
 * as leader, takes a snapshot while changes already flow. Whatever fails is tried again for ever;
 * whatever could not be carried is reported as lost and looked at again.
 */
export function createPipe(options: PipeOptions): Pipe {
  return new PipeEngine(options);
}

class PipeEngine implements Pipe {
  readonly id: string;
  readonly #options: PipeOptions;
  readonly #monitor: Monitor;
  readonly #buffer: RealtimeBuffer;
  readonly #forgotten = new ScopeSet(FORGOTTEN_SCOPES_MAX);
  readonly #project: Project;
  #description: SourceDescription | undefined;
  #sender: SenderDriver | undefined;
  #run: SessionRun | undefined;
  /** Aborts when the session that is open speaks of a source that is no longer the same. */
  #outdated = new AbortController();

  constructor(options: PipeOptions) {
    const { id, clock, logger, bufferRowsMax = BUFFER_ROWS_MAX, fields } = options;
    this.id = id;
    this.#options = options;
    this.#monitor = new Monitor(id, clock, logger);
    this.#buffer = new RealtimeBuffer({ rowsMax: bufferRowsMax, clock });
    this.#project = createProjection(fields);
    if ("sender" in options) this.#sender = options.sender;
  }

  status(): PipeStatus {
    const { state, role, sessionId, phase, walk, watching, problem, counters } = this.#monitor;
    return {
      id: this.id,
      state,
      role,
      sessionId,
      phase,
      ...(walk === undefined ? {} : { walk }),
      watching,
      problem,
      counters: { ...counters, buffered: this.#buffer.rows, overflows: this.#buffer.overflows },
      source: statusOf(this.#options.source),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      const prepared = this.#prepareSender();
      this.#description = await describeSource(this.#parts(), signal);
      await prepared;
      await Promise.all([this.#converse(signal), this.#watch(signal)]);
    } finally {
      this.#monitor.stopped = true;
      await this.#leaveSender();
    }
  }

  /** One session after the other. */
  async #converse(stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const backoff = createBackoff({ random, baseMs: REOPEN_BASE_MS, capMs: REOPEN_CAP_MS });
    do {
      const answered = { once: false };
      try {
        const session = await this.#open(stop);
        await this.#hold(session, stop, () => {
          answered.once = true;
          backoff.reset();
        });
      } catch (error) {
        if (stop.aborted || this.#outdated.signal.aborted) continue;
        this.#logEnd(error);
        // A session that answered and is gone is opened anew at once.
        if (answered.once && hasCode(error, "SESSION_LOST")) continue;
        this.#monitor.fail("session", error);
        await clock.sleep(backoff.next(retryAfterMsOf(error)), stop).catch(() => undefined);
        // Its landmarks may have changed since.
        if (hasCode(error, "ROOT_MISMATCH")) await this.#describeAgain(stop);
      }
    } while (!stop.aborted);
  }

  /** The sender is made while the source is looked at. If that fails, `#open` tells why. */
  async #prepareSender(): Promise<void> {
    try {
      this.#sender ??= await this.#makeSender();
    } catch {
      this.#sender = undefined;
    }
  }

  async #open(stop: AbortSignal): Promise<Session> {
    const { agentId, bootId, source } = this.#options;
    const description = this.#description;
    if (description === undefined) throw new Error("A session needs a source that was described.");
    this.#outdated = new AbortController();
    this.#sender ??= await this.#makeSender();
    const capabilities = SOURCE_CAPABILITIES.filter((name) => source[name] !== undefined);
    const request = { agentId, bootId, pipeId: this.id, source: description, capabilities };
    const opening = this.#sender.openSession(request, stop);
    try {
      return await abortable(opening, stop);
    } catch (error) {
      // A session that opens after its pipe has left is closed by whoever finds it.
      if (stop.aborted) opening.then((session) => session.close()).catch(() => undefined);
      throw error;
    }
  }

  async #hold(session: Session, stop: AbortSignal, onAlive: () => void): Promise<void> {
    const { id, logger, fields, batchRowsMax = BATCH_ROWS_MAX } = this.#options;
    this.#monitor.counters.sessionsOpened += 1;
    this.#monitor.clear("session");
    logger.info({ pipe: id, session: session.id, role: session.role }, "session opened");
    const run = new SessionRun({
      ...this.#parts(),
      pipeId: id,
      session,
      forgotten: this.#forgotten,
      batchRowsMax,
      isWhole: fields === undefined,
      logger,
      onAlive,
    });
    this.#run = run;
    try {
      await run.run(stop, this.#outdated.signal);
    } finally {
      this.#run = undefined;
    }
  }

  /** Watches with and without a session: the watch is put up while the first one is opened. */
  async #watch(stop: AbortSignal): Promise<void> {
    await keepWatching(
      {
        ...this.#parts(),
        onDescribed: (description) => {
          this.#compare(description);
        },
        onChange: () => {
          // Whatever happened while nobody watched shows in a new baseline.
          if (this.#monitor.watching) this.#run?.requestSnapshot();
          this.#run?.watchChanged();
        },
      },
      stop,
    );
  }

  async #describeAgain(stop: AbortSignal): Promise<void> {
    const anew = this.#monitor.counters.sessionsOpened === 0;
    const description = await describeSource(this.#parts(), stop, { anew });
    if (description !== undefined) this.#compare(description);
  }

  /** A source that became something else needs a session that says so. */
  #compare(description: SourceDescription): void {
    const before = this.#description;
    this.#description = description;
    if (whatItIs(description) === whatItIs(before)) return;
    this.#outdated.abort(new Error("The source is no longer the same."));
  }

  #parts() {
    const { source, clock, random } = this.#options;
    const [monitor, buffer, project] = [this.#monitor, this.#buffer, this.#project];
    return { source, clock, random, monitor, buffer, project };
  }

  #makeSender(): Promise<SenderDriver> {
    if ("openSender" in this.#options) return this.#options.openSender();
    return Promise.reject(new Error("A pipe needs a sender."));
  }

  #logEnd(error: unknown): void {
    const { id, logger } = this.#options;
    if (hasCode(error, "SESSION_LOST")) logger.info({ pipe: id }, "session lost");
  }

  async #leaveSender(): Promise<void> {
    const { clock } = this.#options;
    if ("sender" in this.#options || this.#sender === undefined) return;
    const closing = this.#sender.close().catch(() => undefined);
    await withAbort(new AbortController().signal, ({ signal }) =>
      Promise.race([closing, clock.sleep(LEAVE_MS, signal)]),
    );
  }
}

/** In one text, without what changes while it stays the same. */
function whatItIs(description: SourceDescription | undefined): string {
  return JSON.stringify({ ...description, landmarks: undefined });
}
