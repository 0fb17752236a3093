import type {
  ChangeMessage,
  DigestMessage,
  ListingMessage,
  Message,
  Row,
  ViewRecord,
} from "@fustor/core";
import {
  baseName,
  isBelow,
  isValidName,
  isValidPath,
  joinPath,
  digestMaskOf,
  parentPath,
  type FsAttributes,
} from "@fustor/schema-fs";
import { ALL_FIELDS, hasInodes } from "../../src/alike.js";
import { TableReader } from "../../src/table-reader.js";
import { aliveBy, Belief, spokenAt, type BeliefOptions, type Decision } from "./belief.js";
import { asOf, evidenceOf, isNotBefore, NOTHING, openSession } from "./evidence.js";
import type { Evidence, SaidScope, SessionState } from "./evidence.js";
import type { Node } from "./node.js";
import { RULES, type Rules } from "./rules.js";
import type { Trust } from "./trust.js";

/** Less than lies between two looks of one agent, in ms. */
const TIE_MS = 0.01;

export interface ModelOptions extends Partial<BeliefOptions> {
  readonly rules?: Partial<Rules>;
  /** The digest of a directory. */
  readonly digestOf: (
    rows: Iterable<readonly [string, FsAttributes | undefined]>,
    mask: number,
  ) => string;
}

/**
 * The rules by which Fusion believes, on plain maps: the specification that the columnar core is
 * compared with. `apply` is a fold: it reads nothing but its records.
 */
export class ReferenceModel {
  readonly #rules: Rules;
  readonly #options: ModelOptions & BeliefOptions;
  readonly #sessions = new Map<string, SessionState>();
  /** What stays known of each agent beyond its sessions. */
  readonly #agents = new Map<
    string,
    { bootId: string; identity: string; scope: SaidScope; mask: number }
  >();
  /** What counts in digests: what the first source of an empty view declared. */
  #digestMask = ALL_FIELDS;
  readonly #parts = new Map<string, ListingMessage[]>();
  #belief: Belief;
  #wanted: string[] = [];
  #at = 0;
  #resetAt = -Infinity;
  /** Which rule decided how often. */
  readonly decided = new Map<string, number>();

  constructor(options: ModelOptions) {
    this.#rules = { ...RULES, ...options.rules };
    this.#options = {
      horizonMs: 3_600_000,
      hotThresholdMs: 60_000,
      brakeRows: 1_000,
      brakeShare: 0.2,
      tombstonesMax: 200_000,
      ...options,
    };
    this.#belief = this.#begin();
  }

  apply(record: ViewRecord): void {
    this.#at = Math.max(this.#at, record.at);
    this.#wanted = [];
    this.#belief.expire(this.#at);
    switch (record.kind) {
      case "opened":
        this.#sessions.set(record.speaker.sessionId, openSession(record.speaker));
        {
          this.#greet(record.speaker.sessionId);
          return;
        }
      case "closed":
        this.#sessions.delete(record.sessionId);
        {
          this.#dropParts(record.sessionId);
          return;
        }
      case "role": {
        const session = this.#sessions.get(record.sessionId);
        if (session !== undefined) session.role = record.role;
        this.#dropParts(record.sessionId);
        return;
      }
      case "clock": {
        const session = this.#sessions.get(record.sessionId);
        if (session === undefined) return;
        session.offset = record.offsetMs;
        session.error = record.errorMs;
        return;
      }
      case "asked": {
        this.#belief.trust.asked(record.probes, record.listings, this.#at);
        return;
      }
      case "batch":
        for (const message of record.messages) this.#hear(record, message);
        return;
      case "tick":
        return;
      case "approve":
        for (const path of this.#belief.trust.approve(record.paths)) {
          const directory = this.#belief.nodes.get(parentPath(path));
          if (directory !== undefined) directory.outdated = spokenAt(this.#at);
        }
        return;
      case "reject": {
        this.#belief.trust.reject(record.paths);
        return;
      }
      case "accept-root": {
        this.#acceptRoot(record.agentId, record.identity);
        return;
      }
      case "reset":
        this.#belief.count("reset");
        for (const [path, node] of this.#belief.nodes) {
          this.#options.onChange?.(path, node, undefined);
        }
        this.#parts.clear();
        this.#belief = this.#begin();
        this.#resetAt = this.#at;
        this.#belief.trust.lose("/", "reset", "", this.#at);
    }
  }

  rows(): ReadonlyMap<string, Node> {
    return this.#belief.nodes;
  }

  /** Directories to be listed again after the batch that was applied last (rule 11). */
  takeWanted(): readonly string[] {
    return this.#wanted;
  }

  get trust(): Trust {
    return this.#belief.trust;
  }

  /** The last evidence of a name, and which rule decided over it. */
  explain(path: string): readonly Decision[] {
    return this.#belief.trails.get(path) ?? [];
  }

  /** All that the answers depend on, as text: equal for equal logs. */
  hash(): string {
    return (
      JSON.stringify([...this.#belief.nodes, ...this.#belief.tombstones], plain) +
      this.#belief.trust.hash()
    );
  }

  #begin(): Belief {
    const lagMs = () => Math.max(0, ...[...this.#sessions.values()].map(({ lag }) => lag));
    const belief = new Belief(this.#rules, this.#options, lagMs, this.decided);
    belief.trust.mask = this.#mask;
    return belief;
  }

  /** Which attributes no two hosts see otherwise. */
  get #mask(): number {
    const masks = [...this.#agents.values()].map(({ mask }) => mask);
    return masks.length < 2 || !this.#rules.mask ? ALL_FIELDS : masks.reduce((a, b) => a & b);
  }

  /** Rules 6 and 7: a new boot may have missed something; another root is not the root. */
  #greet(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) this.#meet(session);
  }

  /** An operator says so. What its session said meanwhile of what it reports counts from now on. */
  #acceptRoot(agentId: string, identity: string): void {
    const known = this.#agents.get(agentId);
    if (known === undefined || known.identity === identity) return;
    this.#agents.set(agentId, { ...known, identity });
    this.#belief.trust.lose("/", "accepted root", agentId, this.#at);
    for (const session of this.#sessions.values()) {
      const { speaker } = session;
      if (speaker.agentId === agentId && speaker.source.identity === identity) this.#meet(session);
    }
  }

  #meet(session: SessionState): void {
    const { agentId, bootId, source } = session.speaker;
    const known = this.#agents.get(agentId);
    if (known !== undefined && known.bootId !== bootId && this.#rules.boots) {
      this.#belief.count("6 new boot");
      this.#belief.trust.lose("/", "restarted agent", agentId, this.#at);
    }
    const { scope } = session;
    const { digest_fields: declared } = source.facts;
    const mask = declared === undefined ? ALL_FIELDS : digestMaskOf(source.facts);
    if (declared !== undefined && this.#belief.nodes.size === 1) this.#digestMask = mask;
    const { identity } = known ?? source;
    // Of another root nothing else is heard either.
    if (known !== undefined && identity !== source.identity) {
      this.#agents.set(agentId, { ...known, bootId });
      return;
    }
    this.#agents.set(agentId, { bootId, identity, scope, mask });
    this.#belief.trust.mask = this.#mask;
    const isOther = known !== undefined && known.scope.text !== scope.text;
    if (!isOther || scope === NOTHING || !this.#rules.purge) return;
    const scopes = [...this.#agents.values()].map((agent) => agent.scope);
    this.#belief.purge(
      (path, isDirectory) => scopes.some((other) => other.admits(path, isDirectory)),
      asOf(session, this.#at),
    );
  }

  #dropParts(sessionId: string): void {
    for (const key of this.#parts.keys()) {
      if (key.startsWith(`${sessionId} `)) this.#parts.delete(key);
    }
  }

  #hear({ sessionId, stream, at }: ViewRecord & { kind: "batch" }, message: Message): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    const E = evidenceOf(session, stream, message, at);
    if ("scope" in message && !isValidPath(message.scope)) return;
    // Rule 7: what is not the root says nothing of it.
    const { agentId, source } = session.speaker;
    if (this.#agents.get(agentId)?.identity !== source.identity && this.#rules.rootGuard) {
      this.#belief.count("7 foreign root");
      this.#belief.trust.cannotRead("/", "root-mismatch", E);
      return;
    }
    const isLeadersOnly = ["snapshot", "audit", "sentinel"].includes(message.source);
    if (isLeadersOnly && !E.byLeader && message.kind !== "lost" && this.#rules.fencing) {
      this.#belief.count("fenced");
      return;
    }
    switch (message.kind) {
      case "change": {
        this.#applyChange(message, E);
        return;
      }
      case "listing": {
        this.#collectParts(`${sessionId} ${stream} ${message.scope}`, message, E);
        return;
      }
      case "digest": {
        this.#applyDigest(message, E);
        return;
      }
      case "unreadable": {
        this.#belief.trust.cannotRead(message.scope, message.errno, E);
        return;
      }
      case "lost": {
        this.#belief.trust.lose(message.scope, message.reason, E.host, E.t0 + E.e + E.lag, E);
        return;
      }
      case "mark":
        if (message.edge === "begin") this.#belief.trust.beginCycle(this.#belief.nodes.size);
    }
  }

  /** Rule 2: what is older than the horizon, or than this incarnation, changes nothing. */
  #isTooOld(E: Evidence, scope: string): boolean {
    const isBeyond = this.#rules.horizon && this.#at - E.t0 > this.#options.horizonMs;
    const isBefore = this.#rules.reset && E.t0 <= this.#resetAt;
    if (!isBeyond && !isBefore) return false;
    this.#belief.count(isBeyond ? "2 horizon" : "before reset");
    this.#belief.trust.lose(scope, "too old", E.host, this.#at);
    return true;
  }

  #applyChange(message: ChangeMessage, E: Evidence): void {
    const reader = new TableReader(message.upserts.fields);
    const rows = new Map<string, FsAttributes | undefined>();
    for (const row of message.upserts.rows) {
      const path = reader.key(row);
      if (path === undefined || !isValidPath(path) || this.#isTooOld(E, parentPath(path))) continue;
      rows.set(path, attributesOf(reader, row, this.#belief.nodes.get(path)));
    }
    for (const [from, to] of message.moves ?? []) {
      if (rows.has(to) && isValidPath(from) && from !== "/") this.#move(from, to, rows.get(to), E);
    }
    for (const path of message.deletes) {
      if (path === "/" || !isValidPath(path) || this.#isTooOld(E, parentPath(path))) continue;
      if (this.#rules.probe || E.realtime)
        this.#belief.absent(path, E, E.realtime ? "5 event" : "5 probe");
    }
    const settled = new Set(message.settled);
    for (const [path, row] of rows) {
      const before = this.#belief.nodes.get(path)?.attributes;
      const isKnown = this.#belief.exists(path, row, E);
      if (isKnown && row?.type === "f")
        this.#belief.trust.judge(path, before, row, E, settled.has(path));
    }
  }
  // --- rule 4: listings; rule 11: digests -----------------------------------------------------

  /** A listing in parts applies as a whole, or not at all. */
  #collectParts(key: string, message: ListingMessage, E: Evidence): void {
    const open = this.#parts.get(key) ?? [];
    this.#parts.delete(key);
    if (!this.#rules.parts) {
      this.#applyListing([message], E);
      return;
    }
    if (message.part === 0 && message.last) {
      this.#applyListing([message], E);
      return;
    }
    const parts = message.part === 0 ? [message] : [...open, message];
    if (parts.length !== message.part + 1) return;
    if (!message.last) this.#parts.set(key, parts);
    else {
      const early = parts.reduce((a, b) => (a.startedAt <= b.startedAt ? a : b));
      const back = message.startedAt - early.startedAt;
      this.#belief.count("4 in parts");
      this.#applyListing(parts, { ...E, own: E.own - back, t0: E.t0 - back });
    }
  }

  #applyListing(parts: readonly ListingMessage[], E: Evidence): void {
    const [first] = parts;
    if (first === undefined || this.#isTooOld(E, first.scope)) return;
    const reader = new TableReader(first.entries.fields);
    const rows = new Map<string, FsAttributes | undefined>();
    for (const row of parts.flatMap(({ entries }) => entries.rows)) {
      const name = reader.key(row);
      if (name === undefined || !isValidName(name)) continue;
      const path = joinPath(first.scope, name);
      rows.set(path, attributesOf(reader, row, this.#belief.nodes.get(path)));
    }
    const self = parts.find((part) => part.self !== undefined)?.self;
    const complete = parts.every((part) => part.complete) || !this.#rules.proof;
    const known = this.#belief.nodes.get(first.scope);
    this.#list(first.scope, rows, selfOf(reader, self, known), { complete, isProven: false }, E);
  }

  #list(
    scope: string,
    rows: ReadonlyMap<string, FsAttributes | undefined>,
    self: FsAttributes | undefined,
    { complete, isProven }: { readonly complete: boolean; readonly isProven: boolean },
    E: Evidence,
  ): void {
    // What the last complete listing would have shown: what differs is news.
    const wasShown = this.#belief.nodes.get(scope)?.listed?.scope;
    this.#belief.trust.listed(scope, E);
    this.#belief.exists(scope, self, E);
    const directory = this.#belief.nodes.get(scope);
    // The rows of what is not the believed directory are judged one by one, and prove nothing.
    if (directory?.type !== "d") return;
    const isThis = self === undefined || this.#belief.isSameInode(scope, self);
    this.#belief.count(complete ? "4 complete" : "4 partial");
    for (const [path, row] of rows) {
      const before = this.#belief.nodes.get(path);
      const isKnown = this.#belief.exists(path, row, E, isProven);
      if (!isKnown) continue;
      if (row?.type === "f") this.#belief.trust.judge(path, before?.attributes, row, E, false);
      const isNews = before !== undefined || wasShown?.admits(path, row?.type === "d");
      if (wasShown !== undefined && isNews) this.#belief.trust.compare(path, before, row, E);
    }
    // In the order of names: where the brake lets some pass, it is always the same ones.
    for (const path of this.#belief.childrenOf(scope).sort()) {
      if (rows.has(path)) continue;
      if (complete) this.#belief.absent(path, E, "4 not listed");
      else if (E.scope.admits(path, this.#belief.nodes.get(path)?.type === "d")) {
        this.#belief.trust.doubt(path, E, E);
      }
    }
    const now = this.#belief.nodes.get(scope);
    if (now?.type !== "d" || !isThis) return;
    if (!complete) {
      if (now.partial === undefined || isNotBefore(E, now.partial)) now.partial = E;
    } else if (now.listed === undefined || isNotBefore(E, now.listed)) now.listed = E;
    if (complete && now.outdated !== undefined && isNotBefore(E, now.outdated)) {
      now.outdated = undefined;
    }
  }

  /** Rule 11: equal digests are a complete listing of what is known; else the rows are wanted. */
  #applyDigest({ scope, digest, count, self }: DigestMessage, E: Evidence): void {
    if (this.#isTooOld(E, scope)) return;
    const children = this.#belief
      .childrenOf(scope)
      .filter((path) => E.scope.admits(path, this.#belief.nodes.get(path)?.type === "d"));
    const rows = new Map(children.map((path) => [path, this.#belief.nodes.get(path)?.attributes]));
    const named = children.map((path) => [baseName(path), rows.get(path)] as const);
    const isKnown = this.#belief.nodes.get(scope)?.type === "d" && count === children.length;
    if (
      this.#rules.digests &&
      !(isKnown && this.#options.digestOf(named, this.#digestMask) === digest)
    ) {
      this.#belief.count("11 differs");
      this.#want(scope, E);
      return;
    }
    this.#belief.count("11 equal");
    // What a digest leaves out of a directory's row, the directory's own listing tells.
    for (const [path, row] of rows) if (row?.type === "d") rows.set(path, undefined);
    const reader = new TableReader(self.fields);
    const known = this.#belief.nodes.get(scope);
    const proof = { complete: true, isProven: true };
    this.#list(scope, rows, selfOf(reader, self.rows[0], known), proof, E);
  }

  #want(directory: string, E: Evidence): void {
    this.#wanted.push(directory);
    const node = this.#belief.nodes.get(directory);
    if (node !== undefined) node.outdated = E;
  }

  // --- rule 12: moves -------------------------------------------------------------------------

  /** Relinks if everything below the source may go along; else it is a delete and an upsert. */
  #move(from: string, to: string, row: FsAttributes | undefined, E: Evidence): void {
    const source = this.#belief.nodes.get(from);
    const chain = [from, ...this.#belief.below(from)];
    const target = this.#belief.nodes.has(to) ? [to] : [];
    const fits =
      source?.type === row?.type &&
      source?.attributes?.ino === row?.ino &&
      row !== undefined &&
      hasInodes(this.#belief.trust.mask);
    // Where another told of it first, what is below the new name is newer than below the old.
    const isNew =
      !this.#belief.nodes.has(to) ||
      (this.#belief.nodes.get(to)?.attributes?.ino !== row?.ino &&
        this.#belief.childrenOf(to).length === 0);
    const isApart = from !== to && !isBelow(to, from) && !isBelow(from, to) && isNew;
    const isFree = [...chain, ...target].every(
      (path) => this.#belief.stronger(path, E) === undefined,
    );
    const isReported = chain.every((path) => {
      const isDirectory = this.#belief.nodes.get(path)?.type === "d";
      return !this.#rules.edges || E.scope.admits(to + path.slice(from.length), isDirectory);
    });
    const isOpen = fits && isApart && isReported && (isFree || !this.#rules.moves);
    if (
      source === undefined ||
      !isOpen ||
      this.#belief.rival(to, E) ||
      !this.#belief.climb(to, E)
    ) {
      this.#belief.count("12 apart");
      if (row?.type === "d") this.#want(to, E);
      this.#belief.absent(from, E, "12 moved away");
      return;
    }
    this.#belief.count("12 relinked");
    // What was seen at the very time of the move was seen under its new name.
    const earlier = { ...E, own: E.own - TIE_MS, t0: E.t0 - TIE_MS };
    for (const path of target) this.#belief.remove(path, earlier, "12 moved over");
    const moved = chain.map(
      (path) => [to + path.slice(from.length), this.#belief.nodes.get(path)] as const,
    );
    this.#belief.trust.moved(from, to);
    for (const path of [...chain].reverse()) this.#belief.remove(path, E, "12 moved away");
    this.#belief.bury(to, earlier);
    for (const [path, node] of moved) {
      // What went along rests on the move: older words about its new name were about another.
      if (node !== undefined) this.#belief.set(path, { ...node, seen: E, alive: aliveBy(E) }, E);
    }
    this.#belief.doubtUnshown(to, E);
  }
}

function selfOf(
  reader: TableReader,
  self: Row | undefined,
  known: Node | undefined,
): FsAttributes | undefined {
  return self === undefined ? undefined : attributesOf(reader, self, known);
}

/** A row with its key alone says that the name is there, and no more. */
function attributesOf(
  reader: TableReader,
  row: Row,
  known: Node | undefined,
): FsAttributes | undefined {
  return row.length === 1 ? undefined : reader.attributes(row, known?.attributes);
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  return value;
}
