import type {
  ScanRequest,
  SourceCapability,
  DescribeRequest,
  SourceDescription,
  SourceStatus,
  WalkRequest,
} from "../drivers.js";
import { FustorError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Message } from "../messages.js";
import type { Random } from "../time.js";
import { abortable } from "./abortable.js";
import { createBackoff, type Backoff } from "./backoff.js";
import { findChildEntry } from "./child-entry.js";
import type { StreamRequest } from "./frames.js";
import type { Delivery, Packing, PackingSource } from "./packs.js";
import { SourceLife } from "./source-life.js";
import type { SystemClock } from "./system-clock.js";

export interface SourceProcessOptions {
  /** The absolute file of the driver. */
  readonly entry: string;
  /** The driver's config, checked, secrets resolved. It travels over a pipe only. */
  readonly config: unknown;
  readonly id: string;
  readonly home: string;
  readonly logger: Logger;
  readonly clock: SystemClock;
  readonly random: Random;
  /** Start now, so that it is ready sooner: the first call hears how that went. Default: with that call. */
  readonly startNow?: boolean;
  /** A process that uses more memory is replaced. Default 1024. */
  readonly maxRssMb?: number;
  /** A process that says nothing for so long is replaced. Default 30 s. */
  readonly silenceMs?: number;
  /** The file that the process starts with, where it does not stand beside this code. */
  readonly childEntry?: string;
}

const RESTART_BASE_MS = 500;
const RESTART_CAP_MS = 30_000;
/** Who has lived so long has not failed at once: its next restart waits little again. */
const STABLE_MS = 60_000;
/** How long a dead process may take to vanish. */
const VANISH_MS = 10_000;

/**
 * Runs a source driver in a child process and is that source for the host.
 *
 * The process starts with the first call, or at once if wanted. When it ends by itself, hangs or grows too large, all of
 * its streams reject with `SOURCE_CRASHED` (retryable), and the next call starts another one after
 * a pause that grows. `audit`, `scan` and `probe` exist once `describe` has resolved, if the driver
 * has them.
 */
export function createSourceProcess(options: SourceProcessOptions): PackingSource {
  return new SourceProcess(options);
}

class SourceProcess implements PackingSource {
  audit?: (signal: AbortSignal, request?: WalkRequest) => AsyncIterable<Message>;
  scan?: (request: ScanRequest, signal: AbortSignal) => AsyncIterable<Message>;
  probe?: (keys: readonly string[], signal: AbortSignal) => AsyncIterable<Message>;
  readonly #options: SourceProcessOptions;
  readonly #backoff: Backoff;
  readonly #closed = new AbortController();
  #life: SourceLife | undefined;
  #starting: Promise<SourceLife> | undefined;
  /** The start that nobody has waited for yet. */
  #early: Promise<SourceLife> | undefined;
  #starts = 0;
  /** Of what its first process found. A later one that finds another thing is not taken for it. */
  #identity: string | undefined;

  constructor(options: SourceProcessOptions) {
    const { random } = options;
    this.#options = options;
    this.#backoff = createBackoff({ random, baseMs: RESTART_BASE_MS, capMs: RESTART_CAP_MS });
    if (options.startNow !== true) return;
    this.#early = this.#start();
    this.#early.catch(() => undefined);
  }

  async describe(signal: AbortSignal, request?: DescribeRequest): Promise<SourceDescription> {
    if (request?.anew === true) this.#identity = undefined;
    const life = await this.#running(signal);
    const description = await life.describe(signal, request);
    this.#identity ??= description.identity;
    return description;
  }

  async watch(signal: AbortSignal): Promise<AsyncIterable<Message>> {
    const life = await this.#running(signal);
    const stream = life.open({ stream: "watch" }, signal);
    await stream.begun();
    return withoutPacks(stream);
  }

  snapshot(signal: AbortSignal, request: WalkRequest = {}): AsyncIterable<Message> {
    return withoutPacks(this.#stream({ stream: "snapshot", request }, signal));
  }

  packedWalk(
    walk: "snapshot" | "audit",
    request: WalkRequest,
    packing: Packing,
    signal: AbortSignal,
  ): AsyncIterable<Delivery> {
    return this.#stream({ stream: walk, request, packing }, signal);
  }

  /** The driver's own figures of the last second, and those of its process. */
  status(): SourceStatus {
    const life = this.#life;
    return {
      ...life?.status,
      ...(life?.pid !== undefined && life.isAlive ? { pid: life.pid } : {}),
      rssMb: life?.isAlive === true ? Math.round(life.rssBytes / 1024 / 1024) : 0,
      restarts: Math.max(0, this.#starts - 1),
    };
  }

  async close(): Promise<void> {
    this.#closed.abort(closedError(this.#options.id));
    // A start that is under way notices; only then is it known what there is to close.
    await (this.#starting ?? this.#early)?.catch(() => undefined);
    await this.#life?.close();
  }

  async *#stream(asked: StreamRequest, signal: AbortSignal): AsyncGenerator<Delivery> {
    if (signal.aborted) return;
    const life = await this.#running(signal);
    yield* life.open(asked, signal);
  }

  #running(signal: AbortSignal): Promise<SourceLife> {
    if (this.#closed.signal.aborted) return Promise.reject(closedError(this.#options.id));
    const isStarting = this.#starting !== undefined || this.#early !== undefined;
    if (this.#life?.isAlive === true && !isStarting) {
      return abortable(Promise.resolve(this.#life), signal);
    }
    // One start serves all who wait for it, and goes on if one of them goes away.
    this.#starting ??= (this.#early ?? this.#start()).finally(() => {
      this.#starting = undefined;
    });
    this.#early = undefined;
    return abortable(this.#starting, signal);
  }

  async #start(): Promise<SourceLife> {
    const { logger, id, maxRssMb = 1024, silenceMs = 30_000, childEntry } = this.#options;
    const { signal } = this.#closed;
    if (this.#life !== undefined) await this.#recover(this.#life, signal);
    const life = new SourceLife({
      ...this.#options,
      maxRssMb,
      silenceMs,
      childEntry: childEntry ?? findChildEntry(),
    });
    this.#life = life;
    this.#starts += 1;
    const capabilities = await abortable(life.ready, signal);
    this.#adopt(capabilities);
    await this.#requireSame(life, signal);
    logger.info({ source: id, pid: life.pid, starts: this.#starts }, "source started");
    return life;
  }

  /** A driver knows what it saw first; across its processes only its host does. */
  async #requireSame(life: SourceLife, signal: AbortSignal): Promise<void> {
    const expected = this.#identity;
    if (expected === undefined) return;
    const { uri, identity } = await life.describe(signal);
    if (identity === expected) return;
    await life.close();
    throw new FustorError(
      "SOURCE_UNAVAILABLE",
      `${uri} is ${identity} now, and ${expected} was reported. Mount or restore what was there, ` +
        "which is noticed. If the new one is meant, restart the agent and accept its root in Fusion " +
        "(docs/operations.md, A root that was replaced).",
      { retryable: true },
    );
  }

  /** What must pass between the end of one life and the start of the next. */
  async #recover(last: SourceLife, signal: AbortSignal): Promise<void> {
    const { clock, id } = this.#options;
    if (last.readyAt !== undefined && clock.now() - last.readyAt > STABLE_MS) this.#backoff.reset();
    await clock.sleep(this.#backoff.next(), signal);
    const patience = new AbortController();
    const gone = await Promise.race([
      last.exited.then(() => true),
      clock.sleep(VANISH_MS, AbortSignal.any([signal, patience.signal])).then(
        () => false,
        () => false,
      ),
    ]);
    patience.abort();
    signal.throwIfAborted();
    if (gone) return;
    throw new FustorError(
      "SOURCE_UNAVAILABLE",
      `The source "${id}" cannot start again: its last process ${String(last.pid)} does not end, ` +
        "because it waits in the kernel. Check the storage that it reads; it goes on by itself.",
      { retryable: true },
    );
  }

  #adopt(capabilities: readonly SourceCapability[]): void {
    if (capabilities.includes("audit")) {
      this.audit = (signal, request = {}) =>
        withoutPacks(this.#stream({ stream: "audit", request }, signal));
    }
    if (capabilities.includes("scan")) {
      this.scan = (request, signal) =>
        withoutPacks(this.#stream({ stream: "scan", request }, signal));
    }
    if (capabilities.includes("probe")) {
      this.probe = (keys, signal) => withoutPacks(this.#stream({ stream: "probe", keys }, signal));
    }
  }
}

/** A process packs only what it is told to pack. */
function withoutPacks(stream: AsyncIterable<Delivery>): AsyncIterable<Message> {
  return stream as AsyncIterable<Message>;
}

function closedError(id: string): FustorError {
  return new FustorError("SOURCE_UNAVAILABLE", `The source "${id}" is closed.`);
}
