import type { Logger, Message, Role, Stream } from "@fustor/core";
import type { ClockMapping, IngestBatch, Opening } from "@fustor/protocol";
import { DIGEST_FIELDS, digestMask, digestMaskOf } from "@fustor/schema-fs";
import { hearClock, MOVED_MS, offsetOf, renewedClock } from "./agent-clocks.js";
import type { PipeConfig } from "./config.js";
import type { FusionTime } from "./fusion-time.js";
import { handOut, NO_DOUBTS, type HandedOut } from "./doubts.js";
import { bodyOf, readBody, type BatchBody } from "./log/batch-body.js";
import type { EndReason, PipeEntry } from "./log/entry.js";
import type { Draft } from "./log/event-log.js";
import { nullLog } from "./log/null-log.js";
import type { Storage } from "./log/storage.js";
import { PipeState } from "./pipe-state.js";
import { RootAdmission } from "./root-admission.js";
import type { RefusedRoot } from "./root-guard.js";
import { describeOpening, lossOf } from "./session-facts.js";
import { hasMoved, type LiveSession, type ScanCommand, type Upload } from "./session.js";
import { endsSnapshot } from "./message-facts.js";
import type { LiveView } from "./views.js";

export class TaskIsLiveError extends Error {
  override readonly name = "TaskIsLiveError";
}

/** What a session brings: messages of one stream, and how its agent's clock stands. */
export interface AcceptedBatch {
  readonly stream: Stream;
  readonly messages: readonly Message[];
  /** Its number in the stream; absent where the dialect has none. */
  readonly seq?: number;
  /** The leadership in which it was said; default: the present one. */
  readonly epoch?: number;
  readonly clock?: ClockMapping;
  /** The bytes in which it came, if they are of a form that the log takes. */
  readonly body?: BatchBody;
}

export interface DomainContext {
  readonly time: FusionTime;
  readonly logger: Logger;
  /** Default: nothing is kept. */
  readonly storage?: Pick<Storage, "log">;
}

const COMMANDS_MAX = 100;

/**
 * One arbitration domain: the root that one pipe reports. It has its own sessions, leader and
 * epoch, and turns what happens into records for every view of the pipe, in order.
 */
export class Domain {
  readonly pipe: PipeConfig;
  readonly views: readonly LiveView[];
  readonly #time: FusionTime;
  readonly #logger: Logger;
  readonly #storage: Pick<Storage, "log">;
  /** What its records folded to. */
  readonly state: PipeState;
  readonly #roots: RootAdmission;

  constructor(
    pipe: PipeConfig,
    views: readonly LiveView[],
    { time, logger, storage = { log: nullLog } }: DomainContext,
  ) {
    this.pipe = pipe;
    this.views = views;
    this.#time = time;
    this.#logger = logger;
    this.#storage = storage;
    this.state = new PipeState(views);
    const commit = (entry: PipeEntry) => {
      this.#commit(entry);
    };
    const { roots } = this.state;
    this.#roots = new RootAdmission({ pipe: pipe.id, views, roots, logger, commit });
  }

  /** True when a digest can spare the session's agent the listing. */
  comparesDigests({ speaker }: LiveSession): boolean {
    const mask = digestMaskOf(speaker.source.facts);
    return this.views.every(({ driver }) => {
      const { digestMask: counted = digestMask(DIGEST_FIELDS) } = driver;
      return driver.takeWanted !== undefined && counted === mask;
    });
  }

  /** True when every view has the rows of the session's root: a walk need only tell what differs. */
  knows({ speaker }: LiveSession): boolean {
    const isReady = this.views.every(({ fs }) => fs.readiness().ready);
    return isReady && this.state.root === speaker.source.identity;
  }

  get epoch(): number {
    return this.state.leadership.epoch;
  }

  get leader(): LiveSession | undefined {
    const { leader } = this.state.leadership;
    return leader === undefined ? undefined : this.session(leader);
  }

  /** The oldest first. */
  get sessions(): readonly LiveSession[] {
    return [...this.state.sessions.values()];
  }

  session(id: string): LiveSession | undefined {
    return this.state.sessions.get(id);
  }

  roleOf(session: LiveSession): Role {
    return this.state.leadership.roleOf(session.id);
  }

  /**
   * Opens a session. A task that returns with a boot id takes over from its old session at once.
   *
   * Throws `TaskIsLiveError` when the task has a live session and does not say which boot it is, or
   * is a boot that this session has taken over from: then two agents have one id. Throws
   * `RootRefusedError` when the agent shows a root that is not this one.
   */
  open(opening: Opening, clientIp: string): LiveSession {
    const now = this.#time.now();
    const old = this.sessions.find(({ taskId }) => taskId === opening.taskId);
    if (old !== undefined && opening.bootId === undefined) {
      throw new TaskIsLiveError(`The task ${opening.taskId} has the live session ${old.id}.`);
    }
    const isOtherBoot = old !== undefined && this.#isOtherBoot(old, opening);
    this.#roots.admit(opening, this.sessions, now);
    // An agent that returns has the role of its old session, whoever else waits.
    const leads = this.leader === undefined || this.leader === old;
    if (old !== undefined) this.#forget(old, isOtherBoot ? "taken over" : "replaced", now);
    const facts = describeOpening(opening, {
      at: now,
      clientIp,
      clockOffsetMs: offsetOf(this.state.offsets, opening, now),
      clockErrorMs: MOVED_MS,
      timeoutMsMin: this.pipe.session_timeout_seconds * 1000,
    });
    const { sessionId } = facts.speaker;
    this.#commit({ kind: "opened", at: now, pipe: this.pipe.id, session: facts });
    const role = leads ? "leader" : "follower";
    this.#logger.info(
      { pipe: this.pipe.id, session: sessionId, task: facts.taskId, role },
      "session opened",
    );
    this.#announce(sessionId, role, now);
    const session = this.session(sessionId);
    if (session === undefined) throw new Error(`the session ${sessionId} did not open`);
    return session;
  }

  /** Notes a sign of life. */
  touch(session: LiveSession): void {
    session.lastSeenAt = this.#time.now();
  }

  /** A request of the session began to come: while it brings bytes, the session lives. */
  watch(session: LiveSession, upload: Upload): void {
    this.touch(session);
    session.uploads.set(upload, upload.bytesRead);
  }

  /**
   * Takes note of the agent's clock. False when it moved against ours by more than a second since
   * the session opened: the session has then ended.
   */
  hearClock(session: LiveSession, clock: number | undefined): boolean {
    const now = this.#time.now();
    const movedMs = hearClock(this.state.offsets, session, { clock, now });
    if (movedMs === undefined) return true;
    this.#logger.warn(
      { pipe: this.pipe.id, session: session.id, task: session.taskId, moved_ms: movedMs },
      "the clock of the agent moved",
    );
    this.end(session, "clock moved");
    return false;
  }

  /**
   * Hands messages to every view of the pipe. What only a leader may say is left out when another
   * one says it, or when it was said in the leadership of another `epoch`. Returns the scopes that
   * a view wants listed.
   */
  accept(session: LiveSession, batch: AcceptedBatch): readonly string[] {
    const { stream, seq, epoch = this.epoch, clock } = batch;
    // Nothing of it is to be remembered, not even that it came.
    if (batch.messages.length === 0 && seq === undefined) return [];
    const at = this.#time.now();
    const [pipe, sessionId] = [this.pipe.id, session.id];
    const body = batch.body ?? bodyOf(stream, batch.messages, epoch);
    const said: IngestBatch =
      batch.body === undefined
        ? // As the log will say it, or it would be another one when it is read again.
          readBody(body, session.speaker.source.schema)
        : { stream, seq: seq ?? 0, epoch, messages: batch.messages, rows: 0 };
    const counting = this.state.counts(session, said);
    const mapping = renewedClock(session, counting.length === 0 ? undefined : clock, {
      messages: counting,
      at,
    });
    const renewed: PipeEntry | undefined = mapping && {
      kind: "clock",
      at,
      pipe,
      sessionId,
      ...mapping,
    };
    const entry: PipeEntry = { kind: "batch", at, pipe, sessionId, form: body.form };
    const drafts: Draft[] = renewed === undefined ? [] : [{ entry: renewed }];
    // First, so that the disk works while the views do.
    this.#storage.log.append(...drafts, { entry, body: body.bytes });
    if (renewed !== undefined) this.state.fold(renewed);
    this.state.fold(entry, said);
    if (counting.some(endsSnapshot)) {
      for (const other of this.#roots.prove(session, this.sessions, at)) {
        this.end(other, "another root");
      }
    }
    return session.wanted[stream];
  }

  /** Agents that lately came with a root that is not this one. */
  get refused(): readonly RefusedRoot[] {
    return this.#roots.refused(this.#time.now());
  }

  /** An operator says that the root with which the agent was refused is right. */
  acceptRoot(root: RefusedRoot): void {
    this.#roots.accept(root, this.#time.now());
  }

  /**
   * Goes on after a start: every session is granted a full time-out. One of v1 ends, for what its
   * reader had in hand is gone, and nothing tells its agent.
   */
  resume(): void {
    const now = this.#time.now();
    for (const session of this.sessions) {
      if (session.v1 === undefined) session.lastSeenAt = now;
      else this.end(session, "fusion restarted");
    }
  }

  /** Acknowledged records are gone: nothing that was said before can be relied on. */
  lose(reason: string): void {
    const at = this.#time.now();
    const { facts, message } = lossOf(reason, at);
    this.#commit({ kind: "opened", at, pipe: this.pipe.id, session: facts });
    const session = this.session(facts.speaker.sessionId);
    if (session === undefined) return;
    this.accept(session, { stream: "realtime", messages: [message] });
    this.#forget(session, "fusion restarted", at);
  }

  end(session: LiveSession, reason: EndReason): void {
    if (this.session(session.id) === undefined) return;
    const now = this.#time.now();
    this.#forget(session, reason, now);
    const { successor } = this.state.leadership;
    if (successor !== undefined) this.#announce(successor, "leader", now);
  }

  /**
   * Ends the sessions without a sign of life. `stalledMs` is time in which Fusion itself heard
   * nobody: it is forgiven.
   */
  expire(stalledMs: number): void {
    const now = this.#time.now();
    for (const session of this.sessions) {
      session.lastSeenAt = hasMoved(session) ? now : Math.min(now, session.lastSeenAt + stalledMs);
      if (now - session.lastSeenAt > session.timeoutMs) this.end(session, "timed out");
    }
  }

  /** Asks the leader for a listing at its next heartbeat. False when nobody leads. */
  requestScan(path: string, recursive: boolean): boolean {
    const { leader } = this;
    if (leader === undefined) return false;
    const known = leader.commands.some(
      (each) => each.path === path && each.recursive === recursive,
    );
    if (known) return true;
    if (leader.commands.length >= COMMANDS_MAX) leader.commands.shift();
    leader.commands.push({ path, recursive, createdAt: this.#time.now() });
    return true;
  }

  /** What waits for the session; it is handed out once. */
  takeCommands(session: LiveSession): readonly ScanCommand[] {
    return session.commands.splice(0);
  }

  /**
   * What the views doubt, for a leader that can look at single names; the views are told that it was
   * handed out. Nothing for anybody else, or where the pipe wants no such looks.
   */
  takeDoubts(session: LiveSession): HandedOut {
    const sentinelMs = this.pipe.sentinel_interval_sec * 1000;
    const canLook = session.capabilities.has("probe") && this.roleOf(session) === "leader";
    if (!canLook || sentinelMs === 0) return NO_DOUBTS;
    const at = this.#time.now();
    const handed = handOut(this.views, { at, sentinelMs, beatMs: session.timeoutMs / 3 });
    const { probes, listings } = handed;
    if (probes.length + listings.length > 0) {
      const [pipe, sessionId] = [this.pipe.id, session.id];
      this.#commit({ kind: "asked", at, pipe, sessionId, probes, listings });
    }
    return handed;
  }

  /** Ends every session, so that the agents open new ones and the leader tells everything again. */
  endAll(reason: EndReason): void {
    const now = this.#time.now();
    for (const session of this.sessions) this.#forget(session, reason, now);
    if (reason === "view reset") this.#roots.unprove(now);
  }

  /** A new boot takes over from its dead self at once, but two live ones do not take turns. */
  #isOtherBoot({ taskId, bootId: oldBoot }: LiveSession, { bootId }: Opening): boolean {
    if (bootId === undefined || oldBoot === undefined || bootId === oldBoot) return false;
    if (this.state.takeovers.wasReplaced({ taskId, bootId })) {
      this.#logger.warn({ pipe: this.pipe.id, task: taskId }, "duplicate agent id");
      throw new TaskIsLiveError(
        `Duplicate agent id: another agent that runs has the task ${taskId} too.`,
      );
    }
    return true;
  }

  #forget({ id: sessionId, taskId }: LiveSession, reason: EndReason, at: number): void {
    this.#commit({ kind: "closed", at, pipe: this.pipe.id, sessionId, reason });
    this.#logger.info(
      { pipe: this.pipe.id, session: sessionId, task: taskId, reason },
      "session closed",
    );
  }

  #announce(sessionId: string, role: Role, at: number): void {
    this.#commit({ kind: "role", at, pipe: this.pipe.id, sessionId, role });
    if (role !== "leader") return;
    this.#logger.info({ pipe: this.pipe.id, session: sessionId, epoch: this.epoch }, "leads");
  }

  /** What happens is written down before it takes effect. */
  #commit(entry: PipeEntry): void {
    this.#storage.log.append({ entry });
    this.state.fold(entry);
  }
}
