import type { ScanRequest } from "../drivers.js";
import { isRetryable } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Clock, Random } from "../time.js";
import { AuditPlan } from "./audit-plan.js";
import { createBackoff, type Backoff } from "./backoff.js";
import { Bell } from "./bell.js";
import { Carrier, type CarrierOptions } from "./carrier.js";
import { messageOf } from "./error-facts.js";
import { FailedScans } from "./failed-scans.js";
import type { Monitor } from "./monitor.js";
import { ScopeSet } from "./scopes.js";
import { withAbort } from "./with-abort.js";

export interface WalkerOptions extends CarrierOptions {
  readonly pipeId: string;
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
  | { readonly walk: "scan"; readonly request: ScanRequest; readonly asked: boolean }
  | { readonly walk: "wanted" };

/** Scans asked for that are remembered one by one; beyond it everything is scanned. */
const ASKED_MAX = 10_000;
const JOBS_MAX = 1_000;
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
  /** Scans that the receiver follows one by one. */
  readonly #jobs = new Map<string, ScanRequest>();
  /** What the next heartbeat says of them. */
  readonly failures = new FailedScans();
  readonly #carrier: Carrier;
  readonly #audits: AuditPlan;
  #snapshotDue = false;
  /** After a walk that failed: not before. */
  #restUntil = 0;
  #current: { readonly job: Job; readonly abort: AbortController } | undefined;

  constructor(options: WalkerOptions) {
    this.#options = options;
    const { random, policy, clock } = options;
    this.#carrier = new Carrier(options);
    this.#audits = new AuditPlan(policy, clock);
    this.#backoff = createBackoff({ random, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS });
  }

  /** The leader's baseline is due, after the one that may be under way. */
  requestSnapshot(): void {
    this.#snapshotDue = true;
    this.#bell.ring();
  }

  /** The receiver wants to know about a scope. */
  ask(request: ScanRequest): void {
    if (request.id === undefined) this.#asked.add(request);
    else if (this.#jobs.size < JOBS_MAX) this.#jobs.set(request.id, request);
    else this.failures.add(request.id, "Too many scans wait already.");
    this.#bell.ring();
  }

  /** The receiver does not want a job any more. */
  cancel(id: string): void {
    this.#jobs.delete(id);
    const { job, abort } = this.#current ?? {};
    if (job?.walk === "scan" && job.request.id === id) abort?.abort();
  }

  /** The receiver wants listings, because of what it was told. */
  want(requests: readonly ScanRequest[]): void {
    if (requests.length === 0) return;
    for (const request of requests) this.#carrier.wanted.add(request);
    this.#bell.ring();
  }

  /** Whether the receiver has the rows of this source already. */
  noteKnown(isKnown: boolean): void {
    this.#carrier.isKnown = isKnown;
  }

  /** Ends the leader's walks. */
  stepDown(): void {
    this.#snapshotDue = false;
    this.#audits.cancel();
    this.#options.monitor.clear("walk");
    const walk = this.#current?.job.walk;
    if (walk === "snapshot" || walk === "audit") {
      this.#current?.abort.abort();
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
      const times = [this.#restUntil, this.#audits.dueAt ?? 0].filter((at) => at > now);
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
      if (this.#carrier.wanted.size > 0) return { walk: "wanted" };
      const again = forgotten.peek();
      if (again !== undefined) return { walk: "scan", request: again, asked: false };
      const asked = this.#asked.peek();
      if (asked !== undefined) return { walk: "scan", request: asked, asked: true };
      const [request] = this.#jobs.values();
      if (request !== undefined) return { walk: "scan", request, asked: true };
    }
    const { dueAt } = this.#audits;
    return isLeader && dueAt !== undefined && dueAt <= now ? { walk: "audit" } : undefined;
  }

  async #perform(job: Job, signal: AbortSignal): Promise<void> {
    const { pipeId, monitor, clock, logger } = this.#options;
    const startedAt = clock.now();
    const undo = this.#begin(job);
    await withAbort(signal, async (abort) => {
      this.#current = { job, abort };
      monitor.phase = job.walk === "wanted" ? "scan" : job.walk;
      try {
        const messages =
          job.walk === "wanted"
            ? await this.#carrier.listWanted(abort.signal)
            : await this.#carrier.carry(job, abort.signal);
        if (abort.signal.aborted) {
          undo(undefined);
          return;
        }
        monitor.clear("walk");
        this.#backoff.reset();
        const ms = Math.round(clock.now() - startedAt);
        this.#finish(job, ms);
        logger.info({ pipe: pipeId, walk: job.walk, messages, ms }, "walk finished");
      } catch (error) {
        undo(error);
        if (abort.signal.aborted) return;
        this.#restUntil = clock.now() + this.#backoff.next();
        // The receiver asks again for what it still wants; everything else is tried until it works.
        if (job.walk === "wanted") {
          logger.warn({ pipe: pipeId, err: error }, "scan failed");
        } else if (job.walk === "scan" && job.asked) {
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
    const { forgotten } = this.#options;
    if (job.walk === "snapshot") {
      this.#snapshotDue = false;
      const covered = forgotten.takeAll();
      return () => {
        this.#snapshotDue = true;
        for (const request of covered) forgotten.add(request);
      };
    }
    if (job.walk === "audit") {
      this.#audits.cancel();
      // One that was interrupted was the leader's, who is it no more.
      return (error) => {
        if (error !== undefined) this.#audits.again();
      };
    }
    if (job.walk === "wanted") return () => undefined;
    const { request, asked } = job;
    const { id } = request;
    if (id !== undefined) {
      this.#jobs.delete(id);
      return (error) => {
        if (error !== undefined) this.failures.add(id, messageOf(error));
      };
    }
    if (asked) {
      this.#asked.delete(request);
      return () => undefined;
    }
    return (error) => {
      if (error !== undefined && !isRetryable(error)) forgotten.delete(request);
    };
  }

  #finish(job: Job, tookMs: number): void {
    const { source, monitor, forgotten } = this.#options;
    switch (job.walk) {
      case "wanted":
        return;
      case "scan":
        if (!job.asked) forgotten.delete(job.request);
        return;
      case "snapshot":
        monitor.counters.snapshotsCompleted += 1;
        this.#carrier.isKnown = true;
        break;
      case "audit":
        monitor.counters.auditsCompleted += 1;
    }
    if (source.audit !== undefined) this.#audits.plan(tookMs);
  }
}
