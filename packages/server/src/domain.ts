import { randomUUID } from "node:crypto";
import type { Logger, Message, Role, Stream, ViewRecord } from "@fustor/core";
import { V1Reader, type ClockMapping, type Opening } from "@fustor/protocol";
import { DIGEST_FIELDS, digestMask, digestMaskOf } from "@fustor/schema-fs";
import type { PipeConfig } from "./config.js";
import type { FusionTime } from "./fusion-time.js";
import { BootOffsets } from "./boot-offsets.js";
import { handOut, NO_DOUBTS, type HandedOut } from "./doubts.js";
import { Leadership, type RoleChange } from "./leadership.js";
import { hasMoved, type LiveSession, type ScanCommand, type Upload } from "./session.js";
import { clampClock, digested, endsSnapshot, isOfAnybody } from "./message-facts.js";
import { Takeovers } from "./takeovers.js";
import type { LiveView } from "./views.js";

/** Why a session ended, for the log. */
export type EndReason = "ended by agent" | "timed out" | "replaced" | "view reset" | "clock moved";

export class TaskIsLiveError extends Error {
  override readonly name = "TaskIsLiveError";
}

/** What a session brings: messages of one stream, and how its agent's clock stands. */
export interface AcceptedBatch {
  readonly stream: Stream;
  readonly messages: readonly Message[];
  /** The leadership in which it was said; default: the present one. */
  readonly epoch?: number;
  readonly clock?: ClockMapping;
}

const COMMANDS_MAX = 100;
/** Clocks that differ by less than this differ by delay and drift. */
const MOVED_MS = 1_000;

/**
 * One arbitration domain: the root that one pipe reports. It has its own sessions, leader and
 * epoch, and turns what happens into records for every view of the pipe, in order.
 */
export class Domain {
  readonly pipe: PipeConfig;
  readonly views: readonly LiveView[];
  readonly #time: FusionTime;
  readonly #logger: Logger;
  readonly #sessions = new Map<string, LiveSession>();
  readonly #leadership = new Leadership();
  readonly #offsets = new BootOffsets();
  readonly #takeovers = new Takeovers();
  /** The identity of the root whose snapshot was taken last. */
  #root: string | undefined;

  constructor(
    pipe: PipeConfig,
    views: readonly LiveView[],
    { time, logger }: { readonly time: FusionTime; readonly logger: Logger },
  ) {
    this.pipe = pipe;
    this.views = views;
    this.#time = time;
    this.#logger = logger;
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
    return isReady && this.#root === speaker.source.identity;
  }

  get epoch(): number {
    return this.#leadership.epoch;
  }

  get leader(): LiveSession | undefined {
    const { leader } = this.#leadership;
    return leader === undefined ? undefined : this.#sessions.get(leader);
  }

  /** The oldest first. */
  get sessions(): readonly LiveSession[] {
    return [...this.#sessions.values()];
  }

  session(id: string): LiveSession | undefined {
    return this.#sessions.get(id);
  }

  roleOf(session: LiveSession): Role {
    return this.#leadership.roleOf(session.id);
  }

  /**
   * Opens a session. A task that returns with a boot id takes over from its old session at once.
   *
   * Throws `TaskIsLiveError` when the task has a live session and does not say which boot it is, or
   * is a boot that this session has taken over from: then two agents have one id.
   */
  open(opening: Opening, clientIp: string): LiveSession {
    const now = this.#time.now();
    const old = this.sessions.find(({ taskId }) => taskId === opening.taskId);
    if (old !== undefined && opening.bootId === undefined) {
      throw new TaskIsLiveError(`The task ${opening.taskId} has the live session ${old.id}.`);
    }
    if (old !== undefined) this.#takeOver(old, opening);
    const session = this.#create(opening, clientIp, now);
    if (old !== undefined) this.#forget(old, "replaced", now);
    this.#sessions.set(session.id, session);
    this.#apply({ kind: "opened", at: now, speaker: session.speaker });
    const change =
      old === undefined
        ? this.#leadership.join(session.id)
        : this.#leadership.succeed(old.id, session.id);
    this.#logger.info(
      { pipe: this.pipe.id, session: session.id, task: session.taskId, role: change.role },
      "session opened",
    );
    this.#announce(change, now);
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
   * the session opened: the session has then ended, for its times cannot be compared any more.
   *
   * A delay only ever makes the offset larger, so a smaller one counts at once. A larger one counts
   * when the next heartbeat repeats it: one late heartbeat, or a Fusion that stood still, must not
   * cost every agent its session.
   */
  hearClock(session: LiveSession, clock: number | undefined): boolean {
    const { taskId, bootId, speaker } = session;
    // Whoever measures round trips says itself how its clock stands.
    if (clock === undefined || bootId === undefined || session.clock !== undefined) return true;
    const offsetMs = this.#time.now() - clock;
    const movedMs = offsetMs - speaker.clockOffsetMs;
    const before = session.lateOffsetMs;
    session.lateOffsetMs = movedMs > MOVED_MS ? offsetMs : undefined;
    if (movedMs > MOVED_MS ? before === undefined : movedMs >= -MOVED_MS) {
      this.#offsets.see({ taskId, bootId }, offsetMs);
      return true;
    }
    this.#offsets.replace({ taskId, bootId }, Math.min(offsetMs, before ?? offsetMs));
    this.#logger.warn(
      { pipe: this.pipe.id, session: session.id, task: taskId, moved_ms: movedMs },
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
    const { stream, epoch = this.epoch, clock } = batch;
    const leads = this.roleOf(session) === "leader" && epoch === this.epoch;
    const messages = leads ? batch.messages : batch.messages.filter(isOfAnybody);
    if (messages.length === 0) return [];
    const at = this.#time.now();
    if (clock !== undefined) this.#renewClock(session, clampClock(clock, messages, at), at);
    this.#apply({ kind: "batch", at, sessionId: session.id, stream, messages });
    if (messages.some(endsSnapshot)) this.#root = session.speaker.source.identity;
    return [
      ...new Set(this.views.flatMap(({ driver }) => driver.takeWanted?.() ?? digested(messages))),
    ];
  }

  end(session: LiveSession, reason: EndReason): void {
    if (!this.#sessions.has(session.id)) return;
    const now = this.#time.now();
    this.#forget(session, reason, now);
    const change = this.#leadership.leave(session.id);
    if (change !== undefined) this.#announce(change, now);
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
      this.#apply({ kind: "asked", at, sessionId: session.id, probes, listings });
    }
    return handed;
  }

  /** Ends every session, so that the agents open new ones and the leader tells everything again. */
  endAll(reason: EndReason): void {
    const now = this.#time.now();
    this.#leadership.clear();
    for (const session of this.sessions) this.#forget(session, reason, now);
  }

  #create(opening: Opening, clientIp: string, now: number): LiveSession {
    const id = randomUUID();
    const { taskId, agentId, bootId, source, capabilities } = opening;
    return {
      id,
      capabilities: new Set(capabilities),
      taskId,
      bootId,
      speaker: {
        sessionId: id,
        agentId,
        bootId: bootId ?? id,
        dialect: opening.offersV2 ? "v2" : "v1",
        source,
        clockOffsetMs: this.#offsetOf(opening, now),
        // Nobody measured a round trip: this is as far as clocks may part unheard.
        clockErrorMs: MOVED_MS,
      },
      timeoutMs: Math.max(
        this.pipe.session_timeout_seconds * 1000,
        (opening.timeoutSeconds ?? 0) * 1000,
      ),
      clientIp,
      openedAt: now,
      lastSeenAt: now,
      canRealtime: false,
      status: {},
      v1: opening.offersV2 ? undefined : new V1Reader(id),
      committed: { realtime: 0, scan: 0 },
      wanted: { realtime: [], scan: [] },
      commands: [],
      uploads: new Map(),
      clock: undefined,
      lateOffsetMs: undefined,
    };
  }

  /** A new boot takes over from its dead self at once, but two live ones do not take turns. */
  #takeOver({ taskId, bootId: oldBoot }: LiveSession, { bootId }: Opening): void {
    if (bootId === undefined || oldBoot === undefined || bootId === oldBoot) return;
    if (this.#takeovers.wasReplaced({ taskId, bootId })) {
      this.#logger.warn({ pipe: this.pipe.id, task: taskId }, "duplicate agent id");
      throw new TaskIsLiveError(
        `Duplicate agent id: another agent that runs has the task ${taskId} too.`,
      );
    }
    this.#takeovers.note({ taskId, bootId: oldBoot });
  }

  #renewClock(session: LiveSession, clock: ClockMapping, at: number): void {
    const { id: sessionId, taskId, bootId, clock: known } = session;
    const { offsetMs, errorMs } = clock;
    if (known?.offsetMs === offsetMs && known.errorMs === errorMs) return;
    session.clock = clock;
    if (bootId !== undefined) this.#offsets.replace({ taskId, bootId }, offsetMs);
    this.#apply({ kind: "clock", at, sessionId, offsetMs, errorMs });
  }

  #offsetOf({ taskId, bootId, clock }: Opening, now: number): number {
    if (bootId === undefined || clock === undefined) return 0;
    return this.#offsets.see({ taskId, bootId }, now - clock);
  }

  #forget(session: LiveSession, reason: EndReason, now: number): void {
    this.#sessions.delete(session.id);
    this.#logger.info(
      { pipe: this.pipe.id, session: session.id, task: session.taskId, reason },
      "session closed",
    );
    this.#apply({ kind: "closed", at: now, sessionId: session.id });
  }

  #announce({ sessionId, role }: RoleChange, now: number): void {
    if (role === "leader") {
      this.#logger.info({ pipe: this.pipe.id, session: sessionId, epoch: this.epoch }, "leads");
    }
    this.#apply({ kind: "role", at: now, sessionId, role });
  }

  #apply(record: ViewRecord): void {
    for (const view of this.views) view.apply(record);
  }
}
