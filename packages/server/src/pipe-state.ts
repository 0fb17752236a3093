import type { Message, ViewRecord } from "@fustor/core";
import type { IngestBatch } from "@fustor/protocol";
import { BootOffsets } from "./boot-offsets.js";
import { Leadership, type LeadershipState } from "./leadership.js";
import { readBody } from "./log/batch-body.js";
import type { PipeEntry, SessionFacts } from "./log/entry.js";
import type { LogRecord } from "./log/event-log.js";
import { digested, endsSnapshot, isOfAnybody } from "./message-facts.js";
import { Roots } from "./roots.js";
import { createSession, type LiveSession } from "./session.js";
import { Takeovers } from "./takeovers.js";
import type { LiveView } from "./views.js";

/** All of a pipe that must survive the process. */
export interface SavedPipe {
  readonly sessions: readonly SavedSession[];
  readonly leadership: Omit<LeadershipState, "sessions">;
  readonly takeovers: Takeovers["state"];
  readonly offsets: BootOffsets["state"];
  readonly root: string | undefined;
  /** Earlier versions kept none. */
  readonly roots?: Roots["state"];
}

type SavedSession = SessionFacts & Pick<LiveSession, "committed" | "wanted" | "clock">;

/**
 * What is known of one pipe beside its views: the fold of its records. The same record does the
 * same when it happens and when the log is read again.
 */
export class PipeState {
  readonly views: readonly LiveView[];
  readonly sessions = new Map<string, LiveSession>();
  readonly leadership = new Leadership();
  readonly offsets = new BootOffsets();
  readonly takeovers = new Takeovers();
  readonly roots = new Roots();
  #root: string | undefined;

  constructor(views: readonly LiveView[]) {
    this.views = views;
  }

  /** The identity of the root whose snapshot was taken last. */
  get root(): string | undefined {
    return this.#root;
  }

  /** `batch` is what the bytes of a batch say. */
  fold(entry: PipeEntry, batch?: IngestBatch): void {
    const { at } = entry;
    switch (entry.kind) {
      case "opened": {
        const session = createSession(entry.session);
        this.sessions.set(session.id, session);
        this.leadership.come(session.id);
        // v1 does not say what its root is.
        if (session.bootId !== undefined) {
          const { agentId, source } = session.speaker;
          this.roots.meet(agentId, source.identity, this.#agentsPresent());
        }
        // 0 where the agent told no time.
        const { clockOffsetMs } = session.speaker;
        if (clockOffsetMs !== 0) this.#rememberOffset(session, clockOffsetMs);
        this.#tell({ kind: "opened", at, speaker: session.speaker });
        return;
      }
      case "closed": {
        const { sessionId, reason } = entry;
        const { taskId, bootId } = this.sessions.get(sessionId) ?? {};
        if (reason === "taken over" && taskId !== undefined && bootId !== undefined) {
          this.takeovers.note({ taskId, bootId });
        }
        this.sessions.delete(sessionId);
        this.leadership.leave(sessionId);
        this.#tell({ kind: "closed", at, sessionId });
        return;
      }
      case "role": {
        const { sessionId, role } = entry;
        if (role === "leader") this.leadership.lead(sessionId);
        this.#tell({ kind: "role", at, sessionId, role });
        return;
      }
      case "clock": {
        const { sessionId, offsetMs, errorMs } = entry;
        const session = this.sessions.get(sessionId);
        if (session === undefined) return;
        session.clock = { offsetMs, errorMs };
        this.#rememberOffset(session, offsetMs);
        this.#tell({ kind: "clock", at, sessionId, offsetMs, errorMs });
        return;
      }
      case "asked": {
        const { sessionId, probes, listings } = entry;
        this.#tell({ kind: "asked", at, sessionId, probes, listings });
        return;
      }
      case "batch": {
        const session = this.sessions.get(entry.sessionId);
        if (session !== undefined && batch !== undefined) this.#take(session, batch, at);
        return;
      }
      case "root": {
        const { agentId, identity, proven } = entry;
        const before = this.roots.set(agentId, { identity, proven });
        // The first root of an agent is right for the views.
        if (before === undefined || before.identity === identity) return;
        this.#tell({ kind: "accept-root", at, agentId, identity });
      }
    }
  }

  #agentsPresent(): ReadonlySet<string> {
    return new Set(Array.from(this.sessions.values(), ({ speaker }) => speaker.agentId));
  }

  /** Does again what a record of the log did. */
  replay({ entry, body }: LogRecord): void {
    if (!("pipe" in entry)) return;
    if (entry.kind !== "batch") {
      this.fold(entry);
      return;
    }
    const session = this.sessions.get(entry.sessionId);
    if (session === undefined || body === undefined) return;
    const { schema } = session.speaker.source;
    this.fold(entry, readBody({ form: entry.form, bytes: body }, schema));
  }

  /** What of a batch counts: what only a leader may say is left out when another one says it. */
  counts(session: LiveSession, batch: Pick<IngestBatch, "epoch" | "messages">): readonly Message[] {
    const { leadership } = this;
    const leads = session.id === leadership.leader && batch.epoch === leadership.epoch;
    return leads ? batch.messages : batch.messages.filter(isOfAnybody);
  }

  save(): SavedPipe {
    const { epoch, leader } = this.leadership;
    return {
      sessions: [...this.sessions.values()].map((session) => ({
        taskId: session.taskId,
        bootId: session.bootId,
        speaker: session.speaker,
        capabilities: [...session.capabilities],
        timeoutMs: session.timeoutMs,
        clientIp: session.clientIp,
        openedAt: session.openedAt,
        committed: session.committed,
        wanted: session.wanted,
        clock: session.clock,
      })),
      leadership: { epoch, leader },
      takeovers: this.takeovers.state,
      offsets: this.offsets.state,
      root: this.#root,
      roots: this.roots.state,
    };
  }

  restore({ sessions, leadership, takeovers, offsets, root, roots = [] }: SavedPipe): void {
    for (const { committed, wanted, clock, ...facts } of sessions) {
      const session = createSession(facts);
      Object.assign(session.committed, committed);
      Object.assign(session.wanted, wanted);
      session.clock = clock;
      this.sessions.set(session.id, session);
    }
    // Sessions stand in the order of their coming.
    this.leadership.restore({ ...leadership, sessions: [...this.sessions.keys()] });
    this.takeovers.restore(takeovers);
    this.offsets.restore(offsets);
    this.#root = root;
    this.roots.restore(roots);
  }

  #take(session: LiveSession, batch: IngestBatch, at: number): void {
    const { stream, seq } = batch;
    const messages = this.counts(session, batch);
    let wanted: readonly string[] = [];
    if (messages.length > 0) {
      this.#tell({ kind: "batch", at, sessionId: session.id, stream, messages });
      if (messages.some(endsSnapshot)) this.#root = session.speaker.source.identity;
      wanted = this.views.flatMap(({ driver }) => driver.takeWanted?.() ?? digested(messages));
    }
    session.wanted[stream] = [...new Set(wanted)];
    if (session.v1 === undefined) session.committed[stream] = seq;
  }

  #rememberOffset({ taskId, bootId }: LiveSession, offsetMs: number): void {
    if (bootId !== undefined) this.offsets.replace({ taskId, bootId }, offsetMs);
  }

  #tell(record: ViewRecord): void {
    for (const view of this.views) view.apply(record);
  }
}
