import { randomUUID } from "node:crypto";
import type { Message } from "@fustor/core";
import type { ScanJob, V2CancelCommand, V2ScanCommand } from "@fustor/protocol";
import { displayName } from "@fustor/schema-fs";
import type { Domain } from "./domain.js";
import type { FusionTime } from "./fusion-time.js";
import { pathB64 } from "./http/node-json.js";
import type { LiveSession } from "./session.js";

/** What is to be listed. */
interface ScanWish {
  readonly view: string;
  readonly domain: Domain;
  /** The domain's own path, and the same as the view shows it. */
  readonly scope: string;
  readonly shownPath: string;
  readonly recursive: boolean;
}

interface Job extends ScanWish {
  readonly id: string;
  /** Fusion time, ms. */
  readonly createdAt: number;
  state: ScanJob["state"];
  startedAt: number | undefined;
  endedAt: number | undefined;
  error: string | undefined;
  directories: number;
  rows: number;
  /** How often it was handed out. */
  attempts: number;
  /** The session that it was handed to. */
  session: LiveSession | undefined;
  /** The agent has not heard of its end. */
  isCancelUnheard: boolean;
}

/** Jobs that wait or run; beyond it nobody can ask for more. */
const UNFINISHED_MAX = 100;
/** Finished ones that are remembered. */
const FINISHED_MAX = 200;
/** A job outlives its session so often. */
const ATTEMPTS_MAX = 3;

/**
 * Listings that somebody asked for, from the asking to the end. A job is handed to the leader at
 * its next heartbeat. When its session ends first, it is queued again for whoever leads then, three
 * times in all.
 */
export class ScanJobs {
  readonly #time: FusionTime;
  /** In the order of their coming. */
  readonly #jobs = new Map<string, Job>();

  constructor(time: FusionTime) {
    this.#time = time;
  }

  /** Undefined when too many wait or run already. */
  add(wish: ScanWish): ScanJob | undefined {
    const unfinished = [...this.#jobs.values()].filter(({ endedAt }) => endedAt === undefined);
    if (unfinished.length >= UNFINISHED_MAX) return undefined;
    const job: Job = {
      ...wish,
      id: randomUUID(),
      createdAt: this.#time.now(),
      state: "queued",
      startedAt: undefined,
      endedAt: undefined,
      error: undefined,
      directories: 0,
      rows: 0,
      attempts: 0,
      session: undefined,
      isCancelUnheard: false,
    };
    this.#jobs.set(job.id, job);
    return toScanJob(job);
  }

  /** Of one view, the newest first. */
  list(view: string): readonly ScanJob[] {
    this.#release();
    const jobs = [...this.#jobs.values()].filter((job) => job.view === view);
    return jobs.reverse().map(toScanJob);
  }

  get(view: string, id: string): ScanJob | undefined {
    this.#release();
    const job = this.#jobs.get(id);
    return job?.view === view ? toScanJob(job) : undefined;
  }

  /** Ends a job that has not ended; its agent hears of it at its next heartbeat. */
  cancel(view: string, id: string): ScanJob | undefined {
    this.#release();
    const job = this.#jobs.get(id);
    if (job?.view !== view) return undefined;
    if (job.endedAt === undefined) {
      job.isCancelUnheard = job.session?.speaker.dialect === "v2";
      this.#end(job, "cancelled");
    }
    return toScanJob(job);
  }

  /** What the session shall do, or do no more; only leaders are asked. */
  handOut(domain: Domain, session: LiveSession): readonly (V2ScanCommand | V2CancelCommand)[] {
    this.#release();
    const commands: (V2ScanCommand | V2CancelCommand)[] = [];
    for (const job of this.#jobs.values()) {
      if (job.domain !== domain) continue;
      if (job.isCancelUnheard && job.session === session) {
        job.isCancelUnheard = false;
        commands.push({ type: "cancel", id: job.id });
      }
      const isWaiting = job.state === "queued" && job.session === undefined;
      if (isWaiting && domain.roleOf(session) === "leader")
        commands.push(...this.#give(job, session));
    }
    return commands;
  }

  /** Follows what a session says of its jobs. */
  hear(session: LiveSession, messages: readonly Message[]): void {
    if (this.#jobs.size === 0) return;
    for (const message of messages) {
      if (message.kind === "mark" && message.walk === "scan") {
        const job = this.#jobs.get(message.id);
        if (job === undefined || !isUnderWay(job, session)) continue;
        if (message.edge === "begin") this.#begin(job);
        else this.#end(job, "done");
      } else if (message.kind === "listing" && message.source === "on_demand") {
        this.#count(session, message.entries.rows.length, message.last);
      }
    }
  }

  /** An agent of v1 says the end of a listing by a batch without events, the oldest first. */
  hearEmptyBatch(session: LiveSession): void {
    const job = [...this.#jobs.values()].find((each) => isUnderWay(each, session));
    if (job !== undefined) this.#end(job, "done");
  }

  /** The agent could not do it. */
  fail(session: LiveSession, id: string, error: string): void {
    const job = this.#jobs.get(id);
    if (job !== undefined && isUnderWay(job, session)) this.#end(job, "failed", error);
  }

  #give(job: Job, session: LiveSession): readonly V2ScanCommand[] {
    const { speaker, capabilities } = session;
    if (speaker.dialect === "v2" && !capabilities.has("scan")) {
      this.#end(job, "failed", "The source of the leader cannot list on demand.");
      return [];
    }
    job.session = session;
    job.attempts += 1;
    // v1 never says that it begins.
    if (speaker.dialect === "v1") this.#begin(job);
    const { id, scope: path, recursive, createdAt } = job;
    return [{ type: "scan", id, path, recursive, created_at: createdAt / 1_000 }];
  }

  #begin(job: Job): void {
    job.state = "running";
    job.startedAt = this.#time.now();
    job.directories = 0;
    job.rows = 0;
  }

  /** A session does one walk at a time. */
  #count(session: LiveSession, rows: number, isWhole: boolean): void {
    for (const job of this.#jobs.values()) {
      if (job.state !== "running" || job.session !== session) continue;
      job.rows += rows;
      if (isWhole) job.directories += 1;
    }
  }

  #end(job: Job, state: "done" | "failed" | "cancelled", error?: string): void {
    job.state = state;
    job.error = error;
    job.endedAt = this.#time.now();
    const finished = [...this.#jobs.values()].filter(({ endedAt }) => endedAt !== undefined);
    for (const { id } of finished.slice(0, -FINISHED_MAX)) this.#jobs.delete(id);
  }

  /** Takes jobs back from sessions that have ended. */
  #release(): void {
    for (const job of this.#jobs.values()) {
      const { session, domain } = job;
      if (session === undefined || domain.session(session.id) === session) continue;
      job.isCancelUnheard = false;
      if (job.endedAt !== undefined) continue;
      if (job.attempts < ATTEMPTS_MAX) {
        job.session = undefined;
        job.state = "queued";
      } else {
        const times = String(job.attempts);
        this.#end(
          job,
          "failed",
          `The session of the agent ended ${times} times before the listing did.`,
        );
      }
    }
  }
}

function isUnderWay({ session, endedAt }: Job, speaker: LiveSession): boolean {
  return session === speaker && endedAt === undefined;
}

function toScanJob(job: Job): ScanJob {
  const { id, state, shownPath, recursive, createdAt, startedAt, endedAt, session, error } = job;
  const path_b64 = pathB64(shownPath);
  return {
    id,
    state,
    path: displayName(shownPath),
    ...(path_b64 === undefined ? {} : { path_b64 }),
    recursive,
    progress: { directories: job.directories, rows: job.rows },
    created_at: createdAt / 1_000,
    ...(startedAt === undefined ? {} : { started_at: startedAt / 1_000 }),
    ...(endedAt === undefined ? {} : { ended_at: endedAt / 1_000 }),
    ...(session === undefined ? {} : { agent_id: session.speaker.agentId }),
    ...(error === undefined ? {} : { error }),
  };
}
