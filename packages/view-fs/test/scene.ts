import type { Message, MessageSource, Role, Row, Speaker, Stream, ViewRecord } from "@fustor/core";
import {
  CHANGE_FIELDS,
  LISTING_FIELDS,
  toRow,
  type FsAttributes,
  type FsView,
} from "@fustor/schema-fs";
import { createFsView, type FsViewConfig } from "../src/index.js";

export const DEFAULTS: FsViewConfig = {
  mode: "merge",
  hot_file_threshold_sec: 60,
  tombstone_ttl_sec: 3600,
  tombstones_max: 1_000,
  blind_spots_max: 100,
  gaps_max: 100,
};

/** The attributes of an old file, or of whatever `given` says. */
export function file(given: Partial<FsAttributes> = {}): FsAttributes {
  return {
    type: "f",
    size: 1,
    mtime: -1_000_000,
    mtimeNsec: 0,
    ctime: -1_000_000,
    ctimeNsec: 0,
    mode: 0o644,
    uid: 0,
    gid: 0,
    ino: 1,
    nlink: 1,
    blocks: 8,
    ...given,
  };
}

export function directory(given: Partial<FsAttributes> = {}): FsAttributes {
  return file({ type: "d", size: 4096, mode: 0o755, ...given });
}

/** Names and what they are: an object of attributes. */
export type Entries = Readonly<Record<string, FsAttributes>>;

export interface When {
  /** Fusion time of the first look, in ms. */
  readonly at: number;
  /** Fusion time of the last look; default: the same. */
  readonly until?: number;
  readonly source?: MessageSource;
}

export interface ListingOptions extends When {
  readonly complete?: boolean;
  readonly part?: number;
  readonly last?: boolean;
  readonly self?: FsAttributes;
  readonly stream?: Stream;
}

/** A view and the agents that speak to it. */
export class Scene {
  readonly view: FsView;
  /** All that the view was told. */
  readonly records: ViewRecord[] = [];
  #at = 0;
  #sessions = 0;

  constructor(
    config: Partial<FsViewConfig> = {},
    view: FsView = createFsView({ ...DEFAULTS, ...config }),
  ) {
    this.view = view;
  }

  get at(): number {
    return this.#at;
  }

  /** Fusion time of the next records. */
  set at(value: number) {
    this.#at = Math.max(this.#at, value);
  }

  agent(id: string, given: AgentOptions = {}): Agent {
    this.#sessions += 1;
    return new Agent(this, id, `session-${String(this.#sessions)}`, given);
  }

  apply(record: ViewRecord): void {
    this.records.push(record);
    this.view.apply(record);
  }

  tick(at: number): void {
    this.at = at;
    this.apply({ kind: "tick", at: this.at });
  }

  reset(): void {
    this.apply({ kind: "reset", at: this.at });
  }

  /** All paths but the root's, sorted. */
  paths(): string[] {
    const paths = Array.from(this.view.walk("/"), (node) => node.path);
    return paths.filter((path) => path !== "/").sort();
  }

  suspects(): string[] {
    return Array.from(this.view.suspects(), ({ path }) => path).sort();
  }

  gaps(): string[] {
    return Array.from(this.view.gaps(), ({ kind, scope }) => `${kind} ${scope}`).sort();
  }
}

export interface AgentOptions {
  readonly role?: Role;
  readonly bootId?: string;
  readonly identity?: string;
  readonly scope?: Readonly<Record<string, unknown>>;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly dialect?: Speaker["dialect"];
  readonly clockOffsetMs?: number;
  /** By how much its times are later than they should be. */
  readonly clockErrorMs?: number;
}

/** One agent's session. Times are Fusion's; the agent's own clock is behind by its offset. */
export class Agent {
  readonly sessionId: string;
  readonly #scene: Scene;
  readonly #offset: number;

  constructor(scene: Scene, id: string, sessionId: string, given: AgentOptions) {
    const { role = "leader", bootId = `${id}-boot`, clockOffsetMs = 0, clockErrorMs = 0 } = given;
    this.sessionId = sessionId;
    this.#scene = scene;
    this.#offset = clockOffsetMs - clockErrorMs;
    const speaker: Speaker = {
      sessionId,
      agentId: id,
      bootId,
      dialect: given.dialect ?? "v2",
      clockOffsetMs,
      clockErrorMs: 0,
      source: {
        schema: "fs",
        uri: "/data",
        identity: given.identity ?? "ext4:2",
        scope: given.scope ?? { filePattern: "*", exclude: [] },
        facts: given.facts ?? { network: false },
      },
    };
    scene.apply({ kind: "opened", at: scene.at, speaker });
    this.role(role);
  }

  role(role: Role): void {
    this.#scene.apply({
      kind: "role",
      at: this.#scene.at,
      sessionId: this.sessionId,
      role,
    });
  }

  close(): void {
    this.#scene.apply({ kind: "closed", at: this.#scene.at, sessionId: this.sessionId });
  }

  /** Realtime facts, unless `source` says otherwise. */
  change(
    upserts: Entries,
    deletes: readonly string[],
    { settled, ...when }: When & { readonly settled?: readonly string[] },
  ): void {
    const source = when.source ?? "realtime";
    this.send(source === "realtime" || source === "on_demand" ? "realtime" : "scan", {
      kind: "change",
      ...this.#observed(when, source),
      upserts: { fields: CHANGE_FIELDS, rows: toRows(upserts) },
      deletes,
      ...(settled === undefined ? {} : { settled }),
    });
  }

  upsert(path: string, attributes: FsAttributes, at: number): void {
    this.change({ [path]: attributes }, [], { at, settled: [path] });
  }

  remove(path: string, at: number): void {
    this.change({}, [path], { at });
  }

  move(from: string, to: string, attributes: FsAttributes, at: number): void {
    this.send("realtime", {
      kind: "change",
      ...this.#observed({ at }, "realtime"),
      upserts: { fields: CHANGE_FIELDS, rows: [toRow(to, attributes)] },
      deletes: [],
      moves: [[from, to]],
    });
  }

  listing(scope: string, entries: Entries, options: ListingOptions): void {
    const { complete = true, part = 0, last = true, self, stream, ...when } = options;
    const source = when.source ?? "snapshot";
    this.send(stream ?? (source === "on_demand" ? "realtime" : "scan"), {
      kind: "listing",
      ...this.#observed(when, source),
      scope,
      entries: { fields: LISTING_FIELDS, rows: toRows(entries) },
      complete,
      part,
      last,
      ...(self === undefined ? {} : { self: toRow("", self) }),
    });
  }

  digest(
    scope: string,
    at: number,
    { digest = "0123456789abcdef", count = 0 }: { digest?: string; count?: number } = {},
  ): void {
    const self = { fields: LISTING_FIELDS, rows: [toRow("", directory())] };
    const told = { scope, digest, count, self };
    this.send("scan", { kind: "digest", ...this.#observed({ at }, "snapshot"), ...told });
  }

  unreadable(scope: string, { source = "snapshot", ...when }: When): void {
    const observed = this.#observed(when, source);
    this.send("scan", { kind: "unreadable", ...observed, scope, errno: "EACCES" });
  }

  lost(scope: string, at: number): void {
    const observed = this.#observed({ at }, "realtime");
    this.send("realtime", { kind: "lost", ...observed, scope, reason: "queue overflow" });
  }

  mark(
    edge: "begin" | "end",
    at: number,
    given: {
      readonly walk?: "snapshot" | "audit" | "scan";
      readonly scope?: string;
      readonly id?: string;
    } = {},
  ): void {
    const { walk = "snapshot", scope = "/", id = "walk" } = given;
    const observed = this.#observed({ at }, walk === "scan" ? "on_demand" : walk);
    this.send("scan", { kind: "mark", ...observed, walk, edge, id, scope });
  }

  send(stream: Stream, ...messages: readonly Message[]): void {
    const { at } = this.#scene;
    this.#scene.apply({ kind: "batch", at, sessionId: this.sessionId, stream, messages });
  }

  #observed({ at, until = at }: When, source: MessageSource) {
    this.#scene.at = until;
    return { source, startedAt: at - this.#offset, endedAt: until - this.#offset };
  }
}

function toRows(entries: Entries): Row[] {
  return Object.entries(entries).map(([key, attributes]) => toRow(key, attributes));
}
