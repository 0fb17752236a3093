import { randomUUID } from "node:crypto";
import type { Message } from "@fustor/core";
import type { ScanJob, V2CancelCommand, V2ScanCommand } from "@fustor/protocol";
import { displayName } from "@fustor/schema-fs";
import type { Domain } from "./domain.js";
import type { FusionTime } from "./fusion-time.js";
import { pathB64 } from "./http/node-json.js";
import type { Storage } from "./log/storage.js";
import type { JobCourse, SavedJob } from "./saved-job.js";
import type { LiveSession } from "./session.js";
import type { LiveView } from "./views.js";

/** What is to be listed. */
interface ScanWish {
  readonly view: string;
  readonly domain: Domain;
  /** The domain's own path, and the same as the view shows it. */
  readonly scope: string;
  readonly shownPath: string;
  readonly recursive: boolean;
}

interface Job extends ScanWish, JobCourse {}

export interface ScanJobsOptions {
  readonly time: FusionTime;
  /** By pipe id. */
  readonly domains: ReadonlyMap<string, Domain>;
  readonly storage: Pick<Storage, "log">;
}

/** The view whose jobs are meant, as the one who asks may see it. */
type Asked = Pick<LiveView, "id" | "part">;

/** Jobs that wait or run; beyond it nobody can ask for more. */
const UNFINISHED_MAX = 100;
/** Finished ones that are remembered. */
const FINISHED_MAX = 200;
/** A job outlives its session so often. */
const ATTEMPTS_MAX = 3;

/**
 * Listings that somebody asked for, from the asking to the end. A job is handed to the leader at
 * its next heartbeat. When its session ends first, it is queued again for whoever leads then, three
 * times in all. Every step of a job is logged, so that it outlives the process; what was counted
 * since the last step is not.
 */
export class ScanJobs {
  readonly #time: FusionTime;
  readonly #domains: ReadonlyMap<string, Domain>;
  readonly #storage: Pick<Storage, "log">;
  /** In the order of their coming. */
  readonly #jobs = new Map<string, Job>();

  constructor({ time, domains, storage }: ScanJobsOptions) {
    this.#time = time;
    this.#domains = domains;
    this.#storage = storage;
  }

  /** How many wait or run. */
  get unfinished(): number {
    return [...this.#jobs.values()].filter(({ endedAt }) => endedAt === undefined).length;
  }

  get unfinishedMax(): number {
    return UNFINISHED_MAX;
  }

  /** Undefined when too many wait or run already. */
  add(wish: ScanWish): ScanJob | undefined {
    if (this.unfinished >= UNFINISHED_MAX) return undefined;
    const job: Job = {
      ...wish,
      id: randomUUID(),
      createdAt: this.#time.now(),
      state: "queued",
      directories: 0,
      rows: 0,
      attempts: 0,
      isCancelUnheard: false,
    };
    this.#jobs.set(job.id, job);
    this.#note(job);
    return toScanJob(job);
  }

  /** For a checkpoint. */
  save(): readonly SavedJob[] {
    return [...this.#jobs.values()].map(toSaved);
  }

  /** Takes a job as it was kept; one of a pipe that is no more is left out. */
  restore({ pipe, ...saved }: SavedJob): void {
    const domain = this.#domains.get(pipe);
    if (domain === undefined) return;
    this.#jobs.set(saved.id, { ...saved, domain });
    this.#forgetOld();
  }

  /** Of one view, the newest first. */
  list(view: Asked): readonly ScanJob[] {
    this.#release();
    const jobs = [...this.#jobs.values()].filter((job) => isShown(job, view));
    return jobs.reverse().map(toScanJob);
  }

  get(view: Asked, id: string): ScanJob | undefined {
    this.#release();
    const job = this.#jobs.get(id);
    return job !== undefined && isShown(job, view) ? toScanJob(job) : undefined;
  }

  /** Ends a job that has not ended; its agent hears of it at its next heartbeat. */
  cancel(view: Asked, id: string): ScanJob | undefined {
    this.#release();
    const job = this.#jobs.get(id);
    if (job === undefined || !isShown(job, view)) return undefined;
    if (job.endedAt === undefined) {
      job.isCancelUnheard = sessionOf(job)?.speaker.dialect === "v2";
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
      if (job.isCancelUnheard && job.sessionId === session.id) {
        job.isCancelUnheard = false;
        this.#note(job);
        commands.push({ type: "cancel", id: job.id });
      }
      const isWaiting = job.state === "queued" && job.sessionId === undefined;
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
    job.sessionId = session.id;
    job.agentId = speaker.agentId;
    job.attempts += 1;
    // v1 never says that it begins.
    if (speaker.dialect === "v1") this.#begin(job);
    else this.#note(job);
    const { id, scope: path, recursive, createdAt } = job;
    return [{ type: "scan", id, path, recursive, created_at: createdAt / 1_000 }];
  }

  #begin(job: Job): void {
    job.state = "running";
    job.startedAt = this.#time.now();
    job.directories = 0;
    job.rows = 0;
    this.#note(job);
  }

  /** A session does one walk at a time. */
  #count(session: LiveSession, rows: number, isWhole: boolean): void {
    for (const job of this.#jobs.values()) {
      if (job.state !== "running" || job.sessionId !== session.id) continue;
      job.rows += rows;
      if (isWhole) job.directories += 1;
    }
  }

  #end(job: Job, state: "done" | "failed" | "cancelled", error?: string): void {
    job.state = state;
    job.error = error;
    job.endedAt = this.#time.now();
    this.#note(job);
    this.#forgetOld();
  }

  #forgetOld(): void {
    const finished = [...this.#jobs.values()].filter(({ endedAt }) => endedAt !== undefined);
    for (const { id } of finished.slice(0, -FINISHED_MAX)) this.#jobs.delete(id);
  }

  #note(job: Job): void {
    this.#storage.log.append({ entry: { kind: "scan", at: this.#time.now(), job: toSaved(job) } });
  }

  /** Takes jobs back from sessions that have ended. */
  #release(): void {
    for (const job of this.#jobs.values()) {
      if (job.sessionId === undefined || sessionOf(job) !== undefined) continue;
      job.isCancelUnheard = false;
      if (job.endedAt !== undefined) continue;
      if (job.attempts < ATTEMPTS_MAX) {
        job.sessionId = undefined;
        job.agentId = undefined;
        job.state = "queued";
        this.#note(job);
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

/** What is listed beyond the part of a view that somebody may see is none of their jobs. */
function isShown({ view, shownPath }: Job, { id, part }: Asked): boolean {
  return view === id && part?.shows(shownPath) !== false;
}

function isUnderWay({ sessionId, endedAt }: Job, { id }: LiveSession): boolean {
  return sessionId === id && endedAt === undefined;
}

/** The session that works on a job, as long as it lives. */
function sessionOf({ domain, sessionId }: Job): LiveSession | undefined {
  return sessionId === undefined ? undefined : domain.session(sessionId);
}

function toSaved({ domain, ...job }: Job): SavedJob {
  return { ...job, pipe: domain.pipe.id };
}

function toScanJob(job: Job): ScanJob {
  const { id, state, shownPath, recursive, createdAt, startedAt, endedAt, agentId, error } = job;
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
    ...(agentId === undefined ? {} : { agent_id: agentId }),
    ...(error === undefined ? {} : { error }),
  };
}
