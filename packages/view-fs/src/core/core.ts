import type { Message, Speaker, Stream, ViewRecord } from "@fustor/core";
import { isValidPath, type OnFsChange } from "@fustor/schema-fs";
import { applyChange } from "./change.js";
import { applyDigest } from "./digest.js";
import { ANSWER_MS, type Key } from "./doubts.js";
import { evidenceOf, type Evidence } from "./evidence.js";
import { lose } from "./horizon.js";
import { applyListing } from "./listing.js";
import { Parts } from "./parts.js";
import { recycleVoices } from "./recycle.js";
import { RULE, RuleCounts } from "./rules.js";
import { entryOf } from "./rows.js";
import { Session } from "./sessions.js";
import { Walks, type Walk } from "./walks.js";
import { createWorld, type Limits, type World } from "./world.js";

/** What walks have told of the whole. */
export interface Progress {
  /** One full snapshot was applied from begin to end. */
  isReady: boolean;
  lastEvidenceAt: number | undefined;
  lastAuditAt: number | undefined;
  auditsCompleted: number;
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
  readonly #onChange: OnFsChange | undefined;
  readonly #counts = new RuleCounts();
  readonly #sessions = new Map<string, Session>();
  /** What stays known of each agent beyond its sessions. */
  readonly #agents = new Map<string, { bootId: string; identity: string }>();
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
        this.#noteAsked(record.probes, record.listings);
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
      case "reset":
        this.#reset();
    }
  }

  #begin(at: number, resetAt: number): World {
    for (const session of this.#sessions.values()) session.forgetVoices();
    const [counts, onChange] = [this.#counts, this.#onChange];
    const world = createWorld(this.#limits, { at, resetAt, lag: 0, counts, onChange });
    this.#parts = new Parts();
    this.#walks = new Walks();
    this.#progress = beginning();
    return world;
  }

  /** Rules 6 and 7: a new boot may have missed something. */
  #open(speaker: Speaker): void {
    const { sessionId, agentId, bootId, source } = speaker;
    this.#interrupt(sessionId);
    const session = new Session(speaker, (voice) => this.#world.voices.add(voice));
    this.#sessions.set(sessionId, session);
    this.#setLag();
    const known = this.#agents.get(agentId);
    if (known !== undefined && known.bootId !== bootId) {
      this.#counts.add(RULE.newBoot);
      lose(this.#world, "/", "restarted agent", agentId, this.#world.at);
    }
    this.#agents.set(agentId, { bootId, identity: known?.identity ?? source.identity });
  }

  #setLag(): void {
    this.#world.lag = Math.max(0, ...[...this.#sessions.values()].map(({ lag }) => lag));
  }

  #hear(session: Session, stream: Stream, message: Message, at: number): void {
    const world = this.#world;
    const { sessionId, agentId, source } = session.speaker;
    if ("scope" in message && !isValidPath(message.scope)) return;
    if (world.voices.room < VOICES_PER_MESSAGE) recycleVoices(world, this.#sessions.values());
    const E = evidenceOf(session, stream, message, at);
    // Rule 7: what is not the root says nothing of it.
    if (this.#agents.get(agentId)?.identity !== source.identity) {
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
      this.#endWalk(this.#walks.end(sessionId, message));
      return;
    }
    const { tree, brake } = this.#world;
    const { files, directories } = tree.count;
    brake.beginCycle(files + directories);
    this.#walks.begin(sessionId, message);
  }

  #endWalk(walk: Walk | undefined): void {
    if (walk?.whole !== true || walk.scope !== "/") return;
    this.#world.changed = true;
    if (walk.walk === "snapshot") this.#progress.isReady = true;
    if (walk.walk !== "audit") return;
    this.#progress.lastAuditAt = this.#world.at;
    this.#progress.auditsCompleted += 1;
  }

  #interrupt(sessionId: string): void {
    this.#walks.interrupt(sessionId);
    this.#parts.interrupt(sessionId);
  }

  #noteAsked(probes: readonly string[], listings: readonly string[]): void {
    const { tree, doubts, suspects, askedToList, at, lag } = this.#world;
    const waitUntil = at + Math.max(lag, ANSWER_MS);
    for (const path of probes) {
      const id = tree.find(path);
      const key: Key = id ?? path;
      doubts.asked(key, waitUntil);
      if (id !== undefined) suspects.asked(id, at);
    }
    for (const path of listings) askedToList.set(path, waitUntil);
  }

  #expire(): void {
    const world = this.#world;
    const { gaps, tombstones, heard, listings, askedToList, at, limits, lag } = world;
    const closed = gaps.close(lag);
    this.#counts.add(RULE.lostClosed, closed);
    const expired = tombstones.expire(at);
    this.#counts.add(RULE.expired, expired);
    if (closed + expired > 0) world.changed = true;
    if (at - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = at;
    heard.prune(at - limits.horizonMs - 2 * lag);
    // What was lost is told at once, or never: an old look closes it only while it is open.
    listings.prune(Math.min(at, gaps.openSince) - limits.horizonMs - 2 * lag);
    for (const [path, until] of askedToList) if (until < at) askedToList.delete(path);
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
    this.#setLag();
    lose(this.#world, "/", "reset", "", before.at);
  }
}

/** A message that only a leader may send. A `lost` is heard from everybody: it takes nothing away. */
function isFenced({ role }: Session, { kind, source }: Message): boolean {
  if (role === "leader" || kind === "lost") return false;
  return source === "snapshot" || source === "audit" || source === "sentinel";
}

function beginning(): Progress {
  return {
    isReady: false,
    lastEvidenceAt: undefined,
    lastAuditAt: undefined,
    auditsCompleted: 0,
  };
}
