import type { HeartbeatReply, Role, Session, SourceDriver } from "../drivers.js";
import type { Logger } from "../logger.js";
import type { Message } from "../messages.js";
import type { Clock, Random } from "../time.js";
import { lostMessage, scopesOf, type RealtimeBuffer } from "./buffer.js";
import { Heartbeat } from "./heartbeat.js";
import { Lane } from "./lane.js";
import type { Monitor } from "./monitor.js";
import { isPack, type Cargo } from "./packs.js";
import { Prober } from "./prober.js";
import type { Project } from "./projection.js";
import { ScanQueue } from "./scan-queue.js";
import { ScopeSet } from "./scopes.js";
import { Walker } from "./walker.js";
import { untilFirst, withAbort } from "./with-abort.js";

export interface SessionRunOptions {
  readonly pipeId: string;
  readonly session: Session;
  readonly source: SourceDriver;
  readonly buffer: RealtimeBuffer;
  readonly forgotten: ScopeSet;
  readonly project: Project;
  /** True when every field of a row travels. */
  readonly isWhole: boolean;
  readonly batchRowsMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly monitor: Monitor;
  /** The receiver has answered something in this session. */
  readonly onAlive: () => void;
}

/** How long the end of a pipe waits for what is still in its buffer, and for a farewell. */
const DRAIN_MS = 2_000;
/** A walk may be so many batches ahead of the scan stream. */
const PREFETCH_BATCHES = 2;
/** Scopes of refused batches that are reported one by one. */
const REFUSED_SCOPES_MAX = 100;

/** Everything that goes on during one session: heartbeats, two lanes, walks, probes. */
export class SessionRun {
  readonly #options: SessionRunOptions;
  readonly #walker: Walker;
  readonly #prober: Prober;
  readonly #heartbeat: Heartbeat;
  readonly #realtime: Lane<Message[]>;
  readonly #scan: Lane<Cargo>;
  readonly #refusedStreams = new Set<string>();

  constructor(options: SessionRunOptions) {
    const { session, buffer, batchRowsMax, clock, monitor } = options;
    this.#options = options;
    const queue = new ScanQueue({
      rowsMax: PREFETCH_BATCHES * batchRowsMax,
      batchRows: batchRowsMax,
      clock,
    });
    const { packer, policy } = session;
    const packing = packer === undefined ? undefined : { module: packer, rowsMax: batchRowsMax };
    this.#walker = new Walker({ ...options, queue, policy, packing });
    this.#prober = new Prober({ ...options, queue });
    this.#heartbeat = new Heartbeat({
      ...options,
      report: () => this.#report(),
      onReply: (reply) => {
        this.#hear(reply);
      },
    });
    this.#realtime = new Lane({
      ...options,
      stream: "realtime",
      waiting: buffer,
      onTaken: (_load, wanted) => {
        options.onAlive();
        this.#walker.want(wanted);
        for (const request of buffer.takeForgotten()) options.forgotten.add(request);
        this.#walker.lookAgain();
      },
      onRefused: (load, error) => {
        this.#refuse("realtime", load, error);
      },
      onUnsent: (messages) => {
        buffer.restore(messages);
      },
    });
    this.#scan = new Lane({
      ...options,
      stream: "scan",
      waiting: queue,
      onTaken: (_load, wanted) => {
        options.onAlive();
        this.#walker.want(wanted);
        queue.settle();
      },
      onRefused: (load, error) => {
        this.#refuse("scan", load, error);
        queue.settle();
      },
      // The next session begins with a new walk.
      onUnsent: () => {
        queue.settle();
      },
    });
    monitor.sessionId = session.id;
    this.#takeRole(session.role);
  }

  /** Resolves some time after `stop` aborts; throws what ends the session, or `abort`'s reason. */
  async run(stop: AbortSignal, abort: AbortSignal): Promise<void> {
    const { monitor } = this.#options;
    try {
      await untilFirst(abort, [
        (signal) => this.#heartbeat.run(signal),
        (signal) => this.#realtime.run(signal),
        (signal) => this.#scan.run(signal),
        (signal) => this.#lookUntil(stop, signal),
        (signal) => this.#drainAfter(stop, signal),
      ]);
      abort.throwIfAborted();
    } finally {
      monitor.sessionId = undefined;
      monitor.role = undefined;
      monitor.clear("heartbeat", "realtime", "scan", "walk");
      await this.#sayGoodbye();
    }
  }

  /** The leader's baseline no longer holds. */
  requestSnapshot(): void {
    if (this.#options.monitor.role === "leader") this.#walker.requestSnapshot();
  }

  /** The watch stands or fell. */
  watchChanged(): void {
    this.#walker.lookAgain();
    this.#heartbeat.poke();
  }

  #hear({ role, scans, cancels = [], probes = [], known }: HeartbeatReply): void {
    this.#options.onAlive();
    this.#walker.failures.settle();
    if (known !== undefined) this.#walker.noteKnown(known);
    this.#takeRole(role);
    for (const request of scans) this.#walker.ask(request);
    for (const id of cancels) this.#walker.cancel(id);
    if (role === "leader") this.#prober.ask(probes);
  }

  #takeRole(role: Role): void {
    const { monitor, pipeId, session, logger } = this.#options;
    if (monitor.role === role) return;
    monitor.role = role;
    logger.info({ pipe: pipeId, session: session.id, role }, "role taken");
    if (role === "leader") this.#walker.requestSnapshot();
    else this.#stepDown();
  }

  #stepDown(): void {
    this.#walker.stepDown();
    this.#prober.stepDown();
  }

  #report() {
    const { monitor, source } = this.#options;
    const { phase, problem, counters, watching } = monitor;
    const status = { phase, problem: problem?.message ?? null, counters, source: statusOf(source) };
    return { canRealtime: watching, status, failedScans: this.#walker.failures.take() };
  }

  #refuse(stream: string, load: Cargo, error: unknown): void {
    const { pipeId, buffer, clock, logger } = this.#options;
    if (!this.#refusedStreams.has(stream)) {
      this.#refusedStreams.add(stream);
      logger.error({ pipe: pipeId, stream, err: error }, "batch refused");
    }
    const scopes = new ScopeSet(REFUSED_SCOPES_MAX);
    for (const scope of isPack(load) ? load.scopes : load.flatMap(scopesReported)) {
      scopes.add({ scope, recursive: true });
    }
    for (const { scope } of scopes.takeAll()) {
      buffer.push(lostMessage(scope, "batch refused", clock.now()));
    }
  }

  /** Walks and probes until either signal aborts; what is in the buffers may then still leave. */
  async #lookUntil(stop: AbortSignal, signal: AbortSignal): Promise<void> {
    await withAbort(signal, async (looks) => {
      const end = () => {
        looks.abort();
      };
      stop.addEventListener("abort", end);
      try {
        if (!stop.aborted) {
          await untilFirst(looks.signal, [
            (either) => this.#walker.run(either),
            (either) => this.#prober.run(either),
          ]);
        }
      } catch (error) {
        if (!stop.aborted) throw error;
      } finally {
        stop.removeEventListener("abort", end);
      }
      await aborted(signal);
    });
  }

  async #drainAfter(stop: AbortSignal, signal: AbortSignal): Promise<void> {
    const { buffer, clock } = this.#options;
    await aborted(stop, signal);
    await withAbort(signal, async ({ signal: either }) => {
      await Promise.race([
        this.#realtime.idle(either, () => buffer.isEmpty),
        clock.sleep(DRAIN_MS, either),
      ]);
    });
  }

  /** The receiver hears of the end if it listens; nobody waits long for it. */
  async #sayGoodbye(): Promise<void> {
    const { session, clock, logger, pipeId } = this.#options;
    const closing = session.close().catch((error: unknown) => {
      logger.debug({ pipe: pipeId, err: error }, "session not closed");
    });
    await withAbort(new AbortController().signal, ({ signal }) =>
      Promise.race([closing, clock.sleep(DRAIN_MS, signal)]),
    );
  }
}

/** To report the loss of a report would go on for ever. */
function scopesReported(message: Message): readonly string[] {
  return message.kind === "lost" || message.kind === "mark" ? [] : scopesOf(message);
}

/** A source's own figures; a driver that fails to give them has none. */
export function statusOf(source: SourceDriver) {
  try {
    return source.status?.() ?? {};
  } catch {
    return {};
  }
}

/** Resolves when one of the signals aborts. */
function aborted(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    for (const signal of signals) signal.addEventListener("abort", done);
    if (signals.some((signal) => signal.aborted)) done();
  });
}
