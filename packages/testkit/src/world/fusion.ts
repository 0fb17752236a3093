import type { Message, Role, SourceDescription, Stream, ViewRecord } from "@fustor/core";
import type { Believer } from "./believer.js";
import type { Strikes } from "./strikes.js";
import type { Timeline } from "./timeline.js";

/** What an agent sends to open a session. */
export interface OpenRequest extends ClockReading {
  readonly agentId: string;
  readonly bootId: string;
  readonly source: SourceDescription;
}

/** How an agent's time maps to Fusion's. */
export interface ClockReading {
  readonly offsetMs: number;
  readonly errorMs: number;
}

export interface Standing {
  readonly sessionId: string;
  readonly role: Role;
  readonly epoch: number;
}

export interface BatchRequest {
  readonly sessionId: string;
  readonly epoch: number;
  readonly stream: Stream;
  readonly seq: number;
  readonly messages: readonly Message[];
}

export interface Orders extends Standing {
  readonly probes: readonly string[];
  readonly listings: readonly string[];
}

interface OpenSession extends OpenRequest {
  readonly sessionId: string;
  role: Role;
  epoch: number;
  committed: Record<Stream, number>;
  aliveAt: number;
  offsetMs: number;
  errorMs: number;
}

export const SESSION_TIMEOUT_MS = 25_000;
const TICK_MS = 5_000;
const ASKED_MAX = 60;
const LEADER_ONLY = new Set(["snapshot", "audit", "sentinel"]);

/** A session that speaks: who it is, and what Fusion knows of it. */
export type Speaking = ClockReading & Standing & OpenRequest;

/** What watches every record that Fusion applies. */
export interface Witness {
  /** `session` is who spoke, for a batch. */
  applied(record: ViewRecord, session: Speaking | undefined): void;
  restarted(before: string, after: string): void;
}

/**
 * Fusion's shell: sessions, leadership, numbering, the log. Duplicates end here: a batch's number
 * is applied once, so that the core sees each record once, and every replay of the log the same.
 */
export class SimulatedFusion {
  readonly log: ViewRecord[] = [];
  readonly #timeline: Timeline;
  readonly #strikes: Strikes;
  readonly #witness: Witness;
  readonly #create: () => Believer;
  readonly #sessions = new Map<string, OpenSession>();
  readonly #met = new Set<string>();
  #believer: Believer;
  #opened = 0;
  #epoch = 0;
  #isDown = false;

  constructor(timeline: Timeline, strikes: Strikes, create: () => Believer, witness: Witness) {
    this.#timeline = timeline;
    this.#strikes = strikes;
    this.#create = create;
    this.#witness = witness;
    this.#believer = create();
    this.#tick();
  }

  get believer(): Believer {
    return this.#believer;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  get leader(): string | undefined {
    for (const { agentId, role } of this.#sessions.values()) if (role === "leader") return agentId;
    return undefined;
  }

  /** True once the agent has opened a session: the root that it had then is its root. */
  hasMet(agentId: string): boolean {
    return this.#met.has(agentId);
  }

  /** Fusion's time; undefined while it is down. */
  time(): number | undefined {
    return this.#isDown ? undefined : this.#timeline.now;
  }

  open(request: OpenRequest): Standing | undefined {
    if (this.#isDown) return undefined;
    for (const old of this.#sessions.values()) {
      if (old.agentId === request.agentId) this.#close(old, "taken over");
    }
    this.#opened += 1;
    const sessionId = `s${String(this.#opened)}`;
    const session: OpenSession = {
      ...request,
      sessionId,
      role: "follower",
      epoch: 0,
      committed: { realtime: 0, scan: 0 },
      aliveAt: this.#timeline.now,
    };
    this.#sessions.set(sessionId, session);
    const { agentId, bootId, source, offsetMs, errorMs } = request;
    this.#met.add(agentId);
    const clock = { clockOffsetMs: offsetMs, clockErrorMs: errorMs };
    const speaker = { sessionId, agentId, bootId, dialect: "v2" as const, source, ...clock };
    this.#append({ kind: "opened", at: this.#timeline.now, speaker });
    this.#elect();
    return standingOf(session);
  }

  /** `unknown` when the session is gone; undefined when Fusion is down. */
  ingest(batch: BatchRequest): "unknown" | { readonly wanted: readonly string[] } | undefined {
    if (this.#isDown) return undefined;
    const session = this.#sessions.get(batch.sessionId);
    if (session === undefined) return "unknown";
    session.aliveAt = this.#timeline.now;
    const { stream, seq, epoch } = batch;
    if (seq <= session.committed[stream]) {
      this.#strikes.add("duplicate ignored");
      return { wanted: [] };
    }
    session.committed[stream] = seq;
    let { messages } = batch;
    if (session.role === "leader" && epoch !== session.epoch) {
      this.#strikes.add("old epoch");
      messages = messages.filter(({ source, kind }) => !LEADER_ONLY.has(source) || kind === "lost");
    }
    const { sessionId } = session;
    this.#append({ kind: "batch", at: this.#timeline.now, sessionId, stream, messages });
    return { wanted: this.#believer.takeWanted() };
  }

  heartbeat(sessionId: string, clock: ClockReading): "unknown" | Orders | undefined {
    if (this.#isDown) return undefined;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return "unknown";
    const at = this.#timeline.now;
    session.aliveAt = at;
    if (clock.offsetMs !== session.offsetMs || clock.errorMs !== session.errorMs) {
      session.offsetMs = clock.offsetMs;
      session.errorMs = clock.errorMs;
      this.#append({ kind: "clock", at, sessionId, ...clock });
    }
    if (session.role !== "leader") return { ...standingOf(session), probes: [], listings: [] };
    const due = this.#believer.doubtsDue(at);
    const probes = due.probes.slice(0, ASKED_MAX);
    const listings = due.listings.slice(0, ASKED_MAX);
    if (probes.length + listings.length > 0) {
      this.#append({ kind: "asked", at, sessionId, probes, listings });
    }
    return { ...standingOf(session), probes, listings };
  }

  /** An operator says of what is held at and below these paths that it may go, or stays. */
  decide(kind: "approve" | "reject", paths: readonly string[]): void {
    if (!this.#isDown) this.#append({ kind, at: this.#timeline.now, paths });
  }

  /** An operator says that this is the agent's root from now on. */
  accept(agentId: string, identity: string): void {
    if (this.#isDown) return;
    this.#append({ kind: "accept-root", at: this.#timeline.now, agentId, identity });
  }

  reset(): void {
    if (!this.#isDown) this.#append({ kind: "reset", at: this.#timeline.now });
  }

  /** Dies with all that is not in its log, and comes back from it. */
  crash(downMs: number): void {
    if (this.#isDown) return;
    this.#isDown = true;
    const before = this.#believer.hash();
    this.#timeline.after(downMs, () => {
      this.#believer = this.#create();
      for (const record of this.log) this.#believer.apply(record);
      this.#witness.restarted(before, this.#believer.hash());
      for (const session of this.#sessions.values()) session.aliveAt = this.#timeline.now;
      this.#isDown = false;
    });
  }

  #tick(): void {
    this.#timeline.after(TICK_MS, () => {
      this.#tick();
      if (this.#isDown) return;
      for (const session of this.#sessions.values()) {
        if (this.#timeline.now - session.aliveAt > SESSION_TIMEOUT_MS) {
          this.#close(session, "session timed out");
        }
      }
      this.#append({ kind: "tick", at: this.#timeline.now });
      this.#elect();
    });
  }

  #close(session: OpenSession, why: string): void {
    this.#strikes.add(why);
    this.#sessions.delete(session.sessionId);
    this.#append({ kind: "closed", at: this.#timeline.now, sessionId: session.sessionId });
  }

  /** First come, first served. */
  #elect(): void {
    if (this.leader !== undefined) return;
    const [first] = this.#sessions.values();
    if (first === undefined) return;
    this.#epoch += 1;
    first.role = "leader";
    first.epoch = this.#epoch;
    this.#strikes.add("election");
    const { sessionId } = first;
    this.#append({ kind: "role", at: this.#timeline.now, sessionId, role: "leader" });
  }

  #append(record: ViewRecord): void {
    this.log.push(record);
    this.#believer.apply(record);
    const session = record.kind === "batch" ? this.#sessions.get(record.sessionId) : undefined;
    this.#witness.applied(record, session);
  }
}

function standingOf({ sessionId, role, epoch }: OpenSession): Standing {
  return { sessionId, role, epoch };
}
