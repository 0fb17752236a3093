import type { Message, Speaker, Stream, ViewRecord } from "@fustor/core";
import { isValidPath, type OnFsChange } from "@fustor/schema-fs";
import { Agents, maskOf, type KnownAgent } from "./agents.js";
import { applyChange } from "./change.js";
import { applyDigest } from "./digest.js";
import { noteAsked } from "./due.js";
import { evidenceOf, type Evidence } from "./evidence.js";
import { lose } from "./horizon.js";
import { applyListing } from "./listing.js";
import { approve, reject } from "./operator.js";
import { Parts, type OpenListing } from "./parts.js";
import { beginning, noteEnd, type Progress } from "./progress.js";
import { purge } from "./purge.js";
import { recycleVoices } from "./recycle.js";
import { RULE, RuleCounts } from "./rules.js";
import { entryOf } from "./rows.js";
import { NOTHING } from "./said-scope.js";
import { Session, type SessionCopy } from "./sessions.js";
import { Walks, type WalkCopy } from "./walks.js";
import { createWorld, type Limits, type World } from "./world.js";

/** What a checkpoint has of the core, beside the world. */
export interface CoreCopy {
  readonly at: number;
  readonly resetAt: number;
  readonly prunedAt: number;
  readonly progress: Readonly<Progress>;
  readonly agents: readonly (readonly [string, KnownAgent])[];
  readonly sessions: Iterable<SessionCopy>;
  readonly parts: Iterable<readonly [string, OpenListing]>;
  readonly walks: Iterable<WalkCopy>;
  /** By the rule's number. */
  readonly counts: readonly number[];
}

/** A listing speaks of its rows, of its directory, and of what is above. */
const VOICES_PER_MESSAGE = 3;

/** How often what is kept for late words is looked through for what no word can be late for. */
const PRUNE_EVERY_MS = 600_000;

/**
 * The rules by which Fusion believes, over a columnar tree. `apply` is a fold: it reads nothing but
 * its records, so that the same records give the same state.
 */
export class Core {
  readonly #limits: Limits;
  #onChange: OnFsChange | undefined;
  readonly #counts = new RuleCounts();
  readonly #sessions = new Map<string, Session>();
  readonly #agents = new Agents();
  #parts = new Parts();
  #walks = new Walks();
  #world: World;
  #progress = beginning();
  #prunedAt = -Infinity;

  constructor(limits: Limits, onChange?: OnFsChange) {
    this.#limits = limits;
    this.#onChange = onChange;
    this.#world = this.#begin(0, -Infinity);
  }

  /** All that is believed now. */
  get world(): World {
    return this.#world;
  }

  get progress(): Readonly<Progress> {
    return this.#progress;
  }

  get counts(): RuleCounts {
    return this.#counts;
  }

  /** Who is told of changes from now on. */
  follow(onChange: OnFsChange | undefined): void {
    this.#onChange = onChange;
    this.#world.onChange = onChange;
  }

  /** True while a snapshot has begun and not ended. */
  get isSnapshotUnderWay(): boolean {
    return this.#walks.isUnderWay("snapshot");
  }

  /** True when something that can be asked has changed. */
  apply(record: ViewRecord): boolean {
    const world = this.#world;
    world.at = Math.max(world.at, record.at);
    world.wanted = new Set();
    // Before every record, so that nothing depends on how often ticks come.
    this.#expire();
    this.#fold(record);
    const { changed } = this.#world;
    this.#world.changed = false;
    return changed;
  }

  copy(): CoreCopy {
    const { at, resetAt } = this.#world;
    return {
      ...{ at, resetAt, prunedAt: this.#prunedAt, progress: { ...this.#progress } },
      agents: this.#agents.copy(),
      sessions: Array.from(this.#sessions.values(), (session) => session.copy()),
      parts: this.#parts.copy(),
      walks: this.#walks.copy(),
      counts: this.#counts.copy(),
    };
  }

  /** Before the first record, once the world has been restored. */
  restore(copy: CoreCopy): void {
    this.#world.at = copy.at;
    this.#world.resetAt = copy.resetAt;
    this.#prunedAt = copy.prunedAt;
    this.#progress = { ...beginning(), ...copy.progress };
    this.#agents.restore(copy.agents);
    this.#world.mask = this.#agents.mask;
    for (const session of copy.sessions) this.#addSession(session.speaker).restore(session);
    this.#parts.restore(copy.parts);
    this.#walks.restore(copy.walks);
    for (const [rule, times] of copy.counts.entries()) this.#counts.add(rule, times);
  }

  #fold(record: ViewRecord): void {
    switch (record.kind) {
      case "opened":
        this.#open(record.speaker);
        return;
      case "closed":
        this.#interrupt(record.sessionId);
        this.#sessions.delete(record.sessionId);
        this.#setLag();
        return;
      case "role": {
        const session = this.#sessions.get(record.sessionId);
        this.#parts.interrupt(record.sessionId);
        if (session === undefined) return;
        // What a leader left open is not gone on with when it leads again.
        if (session.role !== record.role) this.#walks.interrupt(record.sessionId);
        session.role = record.role;
        return;
      }
      case "clock":
        this.#sessions.get(record.sessionId)?.setClock(record.offsetMs, record.errorMs);
        return;
      case "asked":
        noteAsked(this.#world, record.probes, record.listings);
        return;
      case "batch": {
        const session = this.#sessions.get(record.sessionId);
        if (session === undefined) return;
        for (const message of record.messages) {
          this.#hear(session, record.stream, message, record.at);
        }
        return;
      }
      case "tick":
        return;
      case "approve":
        approve(this.#world, record.paths);
        return;
      case "reject":
        reject(this.#world, record.paths);
        return;
      case "accept-root":
        if (!this.#agents.accept(record.agentId, record.identity)) return;
        lose(this.#world, "/", "accepted root", record.agentId, this.#world.at);
        return;
      case "reset":
        this.#reset();
    }
  }

  #begin(at: number, resetAt: number): World {
    for (const session of this.#sessions.values()) session.forgetVoices();
    const [counts, onChange] = [this.#counts, this.#onChange];
    const world = createWorld(this.#limits, { at, resetAt, lag: 0, counts, onChange });
    world.mask = this.#agents.mask;
    this.#parts = new Parts();
    this.#walks = new Walks();
    this.#progress = beginning();
    return world;
  }

  /** Rule 6: a new boot may have missed something. With another scope, rows may be nobody's. */
  #open(speaker: Speaker): void {
    const { sessionId, agentId } = speaker;
    this.#interrupt(sessionId);
    const session = this.#addSession(speaker);
    const { scope, offset } = session;
    const { isNewBoot, hasOtherScope } = this.#agents.meet(speaker, scope);
    this.#setMask(speaker);
    if (isNewBoot) {
      this.#counts.add(RULE.newBoot);
      lose(this.#world, "/", "restarted agent", agentId, this.#world.at);
    }
    if (!hasOtherScope || scope === NOTHING || !this.#agents.isOfRoot(speaker)) return;
    const { at } = this.#world;
    const look = { source: "realtime", startedAt: at - offset, endedAt: at - offset } as const;
    const E = evidenceOf(session, "scan", { kind: "lost", ...look, scope: "/", reason: "" }, at);
    purge(this.#world, [scope, ...this.#agents.scopesBeside(agentId)], E);
  }

  /** Rule 11: an empty view counts in its digests what the first source declares. */
  #setMask({ source }: Speaker): void {
    const world = this.#world;
    const { tree } = world;
    world.mask = this.#agents.mask;
    const declares = source.facts["digest_fields"] !== undefined;
    if (declares && tree.childCount(tree.root) === 0) tree.digestMask = maskOf(source.facts);
  }

  #addSession(speaker: Speaker): Session {
    const session = new Session(speaker, (voice) => this.#world.voices.add(voice));
    this.#sessions.set(speaker.sessionId, session);
    this.#setLag();
    return session;
  }

  #setLag(): void {
    this.#world.lag = Math.max(0, ...[...this.#sessions.values()].map(({ lag }) => lag));
  }

  #hear(session: Session, stream: Stream, message: Message, at: number): void {
    const world = this.#world;
    const { sessionId } = session.speaker;
    if ("scope" in message && !isValidPath(message.scope)) return;
    if (world.voices.room < VOICES_PER_MESSAGE) recycleVoices(world, this.#sessions.values());
    const E = evidenceOf(session, stream, message, at);
    // Rule 7: what is not the root says nothing of it.
    if (!this.#agents.isOfRoot(session.speaker)) {
      this.#counts.add(RULE.foreignRoot);
      this.#cannotRead("/", "root-mismatch", E);
      return;
    }
    if (isFenced(session, message)) {
      this.#counts.add(RULE.fenced);
      return;
    }
    switch (message.kind) {
      case "change":
        applyChange(world, message, E);
        break;
      case "listing": {
        const whole = this.#parts.collect(sessionId, stream, message, E);
        if (whole === undefined) break;
        this.#walks.listed(sessionId, message.scope);
        if (whole.parts.length > 1) this.#counts.add(RULE.inParts);
        applyListing(world, whole.parts, whole.E);
        break;
      }
      case "digest":
        if (applyDigest(world, message, E)) this.#walks.listed(sessionId, message.scope);
        else this.#walks.unconfirmed(sessionId, message.scope);
        break;
      case "unreadable":
        this.#walks.unreadable(sessionId, message.scope);
        this.#cannotRead(message.scope, message.errno, E);
        break;
      case "lost":
        lose(world, message.scope, message.reason, E.host, E.t0 + E.error + E.lag);
        break;
      case "mark":
        this.#mark(sessionId, message);
        return;
    }
    const { lastEvidenceAt = -Infinity } = this.#progress;
    const endedAt = Math.min(at, Math.max(message.endedAt, message.startedAt) + session.offset);
    this.#progress.lastEvidenceAt = Math.max(lastEvidenceAt, endedAt);
  }

  #cannotRead(scope: string, errno: string, E: Evidence): void {
    this.#counts.add(RULE.unreadableScope);
    this.#world.gaps.cannotRead(scope, errno, E);
    this.#world.changed = true;
  }

  #mark(sessionId: string, message: Message & { readonly kind: "mark" }): void {
    if (message.edge === "end") {
      const walk = this.#walks.end(sessionId, message);
      if (noteEnd(this.#progress, walk, this.#world.at)) this.#world.changed = true;
      return;
    }
    const { tree, brake } = this.#world;
    const { files, directories } = tree.count;
    brake.beginCycle(files + directories);
    this.#walks.begin(sessionId, message);
  }

  #interrupt(sessionId: string): void {
    this.#walks.interrupt(sessionId);
    this.#parts.interrupt(sessionId);
  }

  #expire(): void {
    const world = this.#world;
    const { gaps, tombstones, at, lag } = world;
    this.#prune();
    const closed = gaps.close(lag);
    this.#counts.add(RULE.lostClosed, closed);
    const expired = tombstones.expire(at);
    this.#counts.add(RULE.expired, expired);
    if (closed + expired > 0) world.changed = true;
  }

  /** As of moments of its own, and before the gaps close: it must not matter which record comes first. */
  #prune(): void {
    const { gaps, heard, listings, askedToList, at, limits, lag } = this.#world;
    const due = at - (at % PRUNE_EVERY_MS);
    if (due <= this.#prunedAt) return;
    this.#prunedAt = due;
    heard.prune(due - limits.horizonMs - 2 * lag);
    // What was lost is told at once, or never: an old look closes it only while it is open.
    listings.prune(Math.min(due, gaps.openSince) - limits.horizonMs - 2 * lag);
    for (const [path, until] of askedToList) if (until < due) askedToList.delete(path);
  }

  /** Sessions live on; what they have under way does not count any more. */
  #reset(): void {
    const before = this.#world;
    this.#counts.add(RULE.reset);
    if (this.#onChange !== undefined) {
      for (const id of before.tree.ids()) {
        this.#onChange(before.tree.path(id), entryOf(before, id), undefined);
      }
    }
    this.#world = this.#begin(before.at, before.at);
    // What sessions agreed upon goes on.
    this.#world.tree.digestMask = before.tree.digestMask;
    this.#setLag();
    lose(this.#world, "/", "reset", "", before.at);
  }
}

/** A message that only a leader may send. A `lost` is heard from everybody: it takes nothing away. */
function isFenced({ role }: Session, { kind, source }: Message): boolean {
  if (role === "leader" || kind === "lost") return false;
  return source === "snapshot" || source === "audit" || source === "sentinel";
}
