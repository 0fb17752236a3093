import type { ScanRequest, SourceDriver } from "../drivers.js";
import { isRetryable } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Message } from "../messages.js";
import type { Clock, Random } from "../time.js";
import { interruptible } from "./abortable.js";
import { createBackoff, type Backoff } from "./backoff.js";
import { Bell } from "./bell.js";
import type { Monitor } from "./monitor.js";
import type { Project } from "./projection.js";
import type { ScanQueue } from "./scan-queue.js";
import { ScopeSet } from "./scopes.js";
import { withAbort } from "./with-abort.js";

export interface WalkerOptions {
  readonly pipeId: string;
  readonly source: SourceDriver;
  readonly queue: ScanQueue;
  readonly project: Project;
  readonly auditIntervalMs: number;
  /** Scopes to look at again because their facts were forgotten. They outlive the session. */
  readonly forgotten: ScopeSet;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly monitor: Monitor;
}

type Job =
  | { readonly walk: "snapshot" }
  | { readonly walk: "audit" }
  | { readonly walk: "scan"; readonly request: ScanRequest; readonly asked: boolean };

/** Scans asked for that are remembered one by one; beyond it everything is scanned. */
const ASKED_MAX = 10_000;
const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 60_000;

/**
 * Does the walks of one session, one at a time: the leader's snapshot first, then what was
 * forgotten, what the receiver asks for, and the leader's audits. Walks wait for the watch, and
 * for the scan stream to carry them away.
 */
export class Walker {
  readonly #options: WalkerOptions;
  readonly #backoff: Backoff;
  readonly #bell = new Bell();
  readonly #asked = new ScopeSet(ASKED_MAX);
  #snapshotDue = false;
  #auditAt: number | undefined;
  /** After a walk that failed: not before. */
  #restUntil = 0;
  #current: { readonly job: Job; readonly abort: AbortController } | undefined;

  constructor(options: WalkerOptions) {
    this.#options = options;
    const { random } = options;
    this.#backoff = createBackoff({ random, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS });
  }

  /** The leader's baseline is due, after the one that may be under way. */
  requestSnapshot(): void {
    this.#snapshotDue = true;
    this.#bell.ring();
  }

  /** The receiver wants to know about a scope. */
  ask(request: ScanRequest): void {
    this.#asked.add(request);
    this.#bell.ring();
  }

  /** Ends the leader's walks. */
  stepDown(): void {
    this.#snapshotDue = false;
    this.#auditAt = undefined;
    this.#options.monitor.clear("walk");
    if (this.#current !== undefined && this.#current.job.walk !== "scan") {
      this.#current.abort.abort();
      this.#options.queue.clear();
    }
  }

  /** The watch stands or fell, or scopes were forgotten. */
  lookAgain(): void {
    this.#bell.ring();
  }

  /** Ends only by the signal's reason. */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      const job = await this.#next(signal);
      await this.#perform(job, signal);
    }
  }

  async #next(signal: AbortSignal): Promise<Job> {
    for (;;) {
      signal.throwIfAborted();
      const job = this.#pick();
      if (job !== undefined) return job;
      const { clock } = this.#options;
      const now = clock.now();
      const times = [this.#restUntil, this.#auditAt ?? 0].filter((at) => at > now);
      await withAbort(signal, async ({ signal: either }) => {
        const waits = [this.#bell.until(() => this.#pick() !== undefined, either)];
        if (times.length > 0) waits.push(clock.sleep(Math.min(...times) - now, either));
        await Promise.race(waits);
      });
    }
  }

  #pick(): Job | undefined {
    const { source, forgotten, monitor, clock } = this.#options;
    const now = clock.now();
    if (!monitor.watching || now < this.#restUntil) return undefined;
    const isLeader = monitor.role === "leader";
    // What cannot be scanned alone waits for the next snapshot of everything.
    const isStale = forgotten.size > 0 && source.scan === undefined;
    if (isLeader && (this.#snapshotDue || isStale)) return { walk: "snapshot" };
    if (source.scan !== undefined) {
      const again = forgotten.peek();
      if (again !== undefined) return { walk: "scan", request: again, asked: false };
      const asked = this.#asked.peek();
      if (asked !== undefined) return { walk: "scan", request: asked, asked: true };
    }
    const auditDue = this.#auditAt !== undefined && this.#auditAt <= now;
    return isLeader && auditDue ? { walk: "audit" } : undefined;
  }

  async #perform(job: Job, signal: AbortSignal): Promise<void> {
    const { pipeId, monitor, clock, logger } = this.#options;
    const startedAt = clock.now();
    const undo = this.#begin(job);
    await withAbort(signal, async (abort) => {
      this.#current = { job, abort };
      monitor.phase = job.walk;
      try {
        const messages = await this.#walk(job, abort.signal);
        if (abort.signal.aborted) {
          undo(undefined);
          return;
        }
        monitor.clear("walk");
        this.#backoff.reset();
        this.#finish(job);
        const ms = Math.round(clock.now() - startedAt);
        logger.info({ pipe: pipeId, walk: job.walk, messages, ms }, "walk finished");
      } catch (error) {
        undo(error);
        if (abort.signal.aborted) return;
        this.#restUntil = clock.now() + this.#backoff.next();
        // The receiver asks again for what it still wants; everything else is tried until it works.
        if (job.walk === "scan" && job.asked) {
          logger.warn({ pipe: pipeId, scope: job.request.scope, err: error }, "scan failed");
        } else {
          monitor.fail("walk", error);
        }
      } finally {
        this.#current = undefined;
        monitor.phase = "idle";
      }
    });
  }

  /** Takes a job off the list; what is returned puts it back after a failure or an interruption. */
  #begin(job: Job): (error: unknown) => void {
    const { forgotten, clock, auditIntervalMs } = this.#options;
    if (job.walk === "snapshot") {
      this.#snapshotDue = false;
      const covered = forgotten.takeAll();
      return () => {
        this.#snapshotDue = true;
        for (const request of covered) forgotten.add(request);
      };
    }
    if (job.walk === "audit") {
      return () => {
        this.#auditAt = clock.now() + auditIntervalMs;
      };
    }
    const { request, asked } = job;
    if (asked) {
      this.#asked.delete(request);
      return () => undefined;
    }
    return (error) => {
      if (error !== undefined && !isRetryable(error)) forgotten.delete(request);
    };
  }

  #finish(job: Job): void {
    const { source, monitor, forgotten, clock, auditIntervalMs } = this.#options;
    if (job.walk === "snapshot") monitor.counters.snapshotsCompleted += 1;
    if (job.walk === "audit") monitor.counters.auditsCompleted += 1;
    if (job.walk === "scan") {
      if (!job.asked) forgotten.delete(job.request);
    } else if (auditIntervalMs > 0 && source.audit !== undefined) {
      this.#auditAt = clock.now() + auditIntervalMs;
    }
  }

  /** Resolves with the number of messages once the receiver has them all. */
  async #walk(job: Job, signal: AbortSignal): Promise<number> {
    const { queue, project } = this.#options;
    let count = 0;
    for await (const message of interruptible(this.#open(job, signal), signal)) {
      await queue.push(project(message), signal);
      if (signal.aborted) break;
      count += 1;
    }
    await queue.drained(signal);
    return count;
  }

  #open(job: Job, signal: AbortSignal): AsyncIterable<Message> {
    const { source } = this.#options;
    switch (job.walk) {
      case "snapshot":
        return source.snapshot(signal);
      case "audit":
        return source.audit?.(signal) ?? NOTHING;
      case "scan":
        return source.scan?.(job.request, signal) ?? NOTHING;
    }
  }
}

/** For a capability that went away between the choice of a job and its start. */
const NOTHING: AsyncIterable<Message> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};
