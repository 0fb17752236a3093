import type { Message, Stream, ViewRecord } from "@fustor/core";
import {
  isValidPath,
  type BlindSpots,
  type FsNode,
  type FsStats,
  type FsView,
  type Gap,
  type Readiness,
  type WalkedNode,
} from "@fustor/schema-fs";
import type { Evidence } from "./arbiter.js";
import { applyChange } from "./changes.js";
import type { FsViewConfig } from "./config.js";
import { applyListing } from "./listings.js";
import { Parts } from "./parts.js";
import { search, show, walk, type IsSuspect } from "./queries.js";
import { evidenceOf, isFenced, openSession, type OpenSession } from "./sessions.js";
import { pathOf } from "./tree.js";
import { Walks, type Walk } from "./walks.js";
import { createWorld, type World } from "./world.js";

/** A view of one root. The same records give the same state: nothing else is read. */
export function createFsView(config: FsViewConfig): FsView {
  return new TreeView(config);
}

class TreeView implements FsView {
  readonly schema = "fs";
  readonly #config: FsViewConfig;
  readonly #sessions = new Map<string, OpenSession>();
  #world: World;
  #walks = new Walks();
  #parts = new Parts();
  #revision = 0;
  #ready = false;
  #lastEvidenceAt: number | undefined;
  #lastAuditAt: number | undefined;
  #auditsCompleted = 0;

  constructor(config: FsViewConfig) {
    this.#config = config;
    this.#world = createWorld(config, 0);
  }

  get revision(): number {
    return this.#revision;
  }

  apply(record: ViewRecord): void {
    this.#world.at = Math.max(this.#world.at, record.at);
    this.#fold(record);
    if (!this.#world.changed) return;
    this.#world.changed = false;
    this.#revision += 1;
  }

  readiness(): Readiness {
    if (this.#ready) return { ready: true };
    const isUnderWay = this.#walks.isUnderWay("snapshot");
    return {
      ready: false,
      reason: isUnderWay ? "the first snapshot is under way" : "no snapshot was completed yet",
    };
  }

  node(path: string): FsNode | undefined {
    const node = isValidPath(path) ? this.#world.tree.find(path) : undefined;
    return node && show(node, path, this.#isSuspect);
  }

  walk(path: string, options: { readonly maxDepth?: number } = {}): Iterable<WalkedNode> {
    const { maxDepth = Infinity } = options;
    return iterable(() =>
      isValidPath(path) ? walk(this.#world.tree, path, maxDepth, this.#isSuspect) : none(),
    );
  }

  search(text: string): Iterable<FsNode> {
    return iterable(() => search(this.#world.tree, text, this.#isSuspect));
  }

  stats(): FsStats {
    const { tree, suspects, blindSpots, gaps, tombstones, at } = this.#world;
    return {
      files: tree.files,
      directories: tree.directories,
      bytes: tree.bytes,
      suspects: suspects.size,
      blindSpots: blindSpots.size,
      gaps: gaps.size,
      tombstones: tombstones.absentCount,
      lastEvidenceAt: this.#lastEvidenceAt,
      lastAuditAt: this.#lastAuditAt,
      auditsCompleted: this.#auditsCompleted,
      asOf: at,
    };
  }

  *suspects(): Generator<{ readonly path: string; readonly until: number }> {
    for (const [node, until] of this.#world.suspects.entries()) yield { path: pathOf(node), until };
  }

  blindSpots(): BlindSpots {
    const { additions, modifications, deletions } = this.#world.blindSpots;
    return {
      additions: Array.from(additions, (node) => show(node, pathOf(node), this.#isSuspect)),
      modifications: Array.from(modifications, (node) => show(node, pathOf(node), this.#isSuspect)),
      deletions: [...deletions],
    };
  }

  gaps(): Iterable<Gap> {
    return iterable(() => this.#world.gaps.all());
  }

  readonly #isSuspect: IsSuspect = (node) => this.#world.suspects.has(node);

  #fold(record: ViewRecord): void {
    switch (record.kind) {
      case "opened":
        this.#interrupt(record.speaker.sessionId);
        this.#sessions.set(record.speaker.sessionId, openSession(record.speaker));
        return;
      case "closed":
        this.#interrupt(record.sessionId);
        this.#sessions.delete(record.sessionId);
        return;
      case "role": {
        const session = this.#sessions.get(record.sessionId);
        if (session === undefined) return;
        // What a leader left open is not gone on with when it leads again.
        if (session.role !== record.role) this.#interrupt(record.sessionId);
        session.role = record.role;
        return;
      }
      case "clock": {
        const session = this.#sessions.get(record.sessionId);
        if (session !== undefined) session.clockOffsetMs = record.offsetMs;
        return;
      }
      case "asked":
        return;
      case "batch": {
        const session = this.#sessions.get(record.sessionId);
        if (session === undefined) return;
        for (const message of record.messages) this.#hear(session, record.stream, message);
        return;
      }
      case "tick":
        this.#tick(record.at);
        return;
      case "reset":
        this.#reset();
    }
  }

  #hear(session: OpenSession, stream: Stream, message: Message): void {
    if (isFenced(session, message)) return;
    const { sessionId } = session.speaker;
    const world = this.#world;
    const evidence = evidenceOf(session, stream, message, world.at);
    switch (message.kind) {
      case "change":
        applyChange(world, evidence, message);
        break;
      case "listing":
        this.#walks.listed(sessionId, message.scope);
        applyListing(world, this.#parts, { sessionId, stream }, evidence, message);
        break;
      case "digest":
        // No digest is kept here that it could confirm: until the listing comes it says nothing.
        this.#walks.unconfirmed(sessionId, message.scope);
        return;
      case "unreadable":
        this.#walks.unreadable(sessionId, message.scope);
        this.#hearUnreadable(message.scope, message.errno, evidence);
        break;
      case "lost":
        this.#hearLost(message.scope, message.reason, evidence);
        break;
      case "mark":
        if (message.edge === "begin") this.#walks.begin(sessionId, message, evidence);
        else this.#endWalk(this.#walks.end(sessionId, message));
        return;
    }
    const { endedAt } = evidence;
    this.#lastEvidenceAt = Math.max(this.#lastEvidenceAt ?? endedAt, endedAt);
  }

  /** Unreadable is unknown: all that was known stays. */
  #hearUnreadable(scope: string, errno: string, evidence: Evidence): void {
    if (!isValidPath(scope)) return;
    this.#world.gaps.unreadable(scope, errno, evidence);
    this.#world.changed = true;
  }

  #hearLost(scope: string, reason: string, evidence: Evidence): void {
    if (!isValidPath(scope)) return;
    this.#world.gaps.lost(scope, reason, evidence);
    this.#world.changed = true;
  }

  #endWalk(ended: Walk | undefined): void {
    if (!ended?.whole) return;
    const world = this.#world;
    world.gaps.walked(ended.scope, ended.began);
    world.changed = true;
    if (ended.scope !== "/") return;
    if (ended.walk === "snapshot") this.#ready = true;
    if (ended.walk === "audit") {
      this.#lastAuditAt = world.at;
      this.#auditsCompleted += 1;
    }
  }

  #interrupt(sessionId: string): void {
    this.#walks.interrupt(sessionId);
    this.#parts.interrupt(sessionId);
  }

  #tick(at: number): void {
    const { suspects, tombstones } = this.#world;
    const cleared = suspects.expire(at);
    if (tombstones.expire(at) || cleared) this.#world.changed = true;
  }

  /** Sessions live on; what they have under way does not count any more. */
  #reset(): void {
    this.#world = createWorld(this.#config, this.#world.at);
    this.#world.changed = true;
    this.#walks = new Walks();
    this.#parts = new Parts();
    this.#ready = false;
    this.#lastEvidenceAt = undefined;
    this.#lastAuditAt = undefined;
    this.#auditsCompleted = 0;
  }
}

/** Can be iterated more than once. */
function iterable<T>(start: () => Iterator<T>): Iterable<T> {
  return { [Symbol.iterator]: start };
}

function none(): Iterator<never> {
  return [].values();
}
