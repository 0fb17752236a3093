import type { Message, ViewRecord } from "@fustor/core";
import {
  DIGEST_FIELDS,
  isBelow,
  joinPath,
  parentPath,
  type DigestField,
  type FsAttributes,
  type Scope,
} from "@fustor/schema-fs";
import type { Believer, RowChange } from "./believer.js";
import { Completeness } from "./completeness.js";
import type { Disk, Inode } from "./disk.js";
import type { Speaking, Witness } from "./fusion.js";
import { Promises } from "./promises.js";

/** A law that did not hold, and where. */
export interface Breach {
  readonly law: string;
  readonly path: string;
  readonly detail: string;
  readonly at: number;
}

export interface LawsOptions {
  readonly lagMs: number;
  readonly isThorough: boolean;
  /** What each host declares to be the same on every host. */
  readonly fields: readonly (readonly DigestField[])[];
}

/** Breaches of one law that are told of. */
const SHOWN_MAX = 5;
const LEADER_ONLY = new Set(["snapshot", "audit", "sentinel"]);

/** Watches what Fusion believes against the tree as it is. */
export class Laws implements Witness {
  readonly breaches: Breach[] = [];
  readonly #disk: Disk;
  readonly #now: () => number;
  /** The latest time at which a name was surely there, by evidence that Fusion has. */
  readonly #reported = new Map<string, number>();
  readonly #removed = new Set<string>();
  #hasChanged = false;
  readonly #promises = new Promises((...what) => {
    this.#breach(...what);
  });
  /** What a client would have that follows the change feed alone. */
  #replica = new Map<string, FsAttributes | undefined>();
  readonly #believer: () => Believer;
  readonly #lagMs: number;
  readonly #completeness: Completeness;
  /** True while every revision is compared: slow. */
  readonly #isThorough: boolean;
  /** Attributes that hosts may see otherwise. */
  readonly #vague: ReadonlySet<string>;
  /** What was held when an operator let go of all. */
  readonly #approved = new Set<string>();

  constructor(
    disk: Disk,
    now: () => number,
    believer: () => Believer,
    { lagMs, isThorough, fields }: LawsOptions,
  ) {
    this.#disk = disk;
    this.#now = now;
    this.#believer = believer;
    this.#lagMs = lagMs;
    this.#isThorough = isThorough;
    this.#vague = new Set(DIGEST_FIELDS.filter((field) => fields.some((f) => !f.includes(field))));
    this.#completeness = new Completeness({
      ...{ disk, now, believer, lagMs, scopes: () => this.#promises.scopes() },
      isEqual: (row, inode) => this.#isEqual(row, inode),
      breach: (...what) => {
        this.#breach(...what);
      },
    });
  }

  /** True when the agent's root is not the one that it is heard of. */
  isForeign(agentId: string): boolean {
    return this.#promises.isForeign(agentId);
  }

  /** An operator lets go of all that is held now. */
  expectToGo(): void {
    for (const path of this.#believer().held()) this.#approved.add(path);
  }

  /** A believer begins from nothing, and so does who follows it. */
  begin(): void {
    this.#replica = new Map();
  }

  changed(path: string, change: RowChange): void {
    this.#hasChanged = true;
    if (change.kind === "gone") {
      this.#replica.delete(path);
      this.#removed.add(path);
    } else {
      this.#replica.set(path, change.attributes);
    }
  }

  applied(record: ViewRecord, session: Speaking | undefined): void {
    this.#promises.meet(record);
    const removed = [...this.#removed].filter((path) => !this.#replica.has(path));
    const deeds = { removed, hasChanged: this.#hasChanged };
    this.#removed.clear();
    this.#hasChanged = false;
    this.#promises.applied(record, session, deeds, () => this.#believer().held());
    if (record.kind !== "reset") this.#checkRemovals(record, removed);
    if (record.kind === "opened" || record.kind === "accept-root") this.#checkPurged();
    if (record.kind === "batch" && session !== undefined && !this.isForeign(session.agentId)) {
      for (const message of record.messages) {
        this.#note(message, session);
        this.#completeness.heard(message, session);
      }
    }
    if (record.kind === "reset") this.#completeness.reset();
    else this.#completeness.checkClosed();
    if (this.#isThorough) this.checkFeed();
  }

  restarted(before: string, after: string): void {
    this.#removed.clear();
    this.#hasChanged = false;
    if (before !== after) this.#breach("determinism", "/", "another state after the replay");
  }

  /** No false delete: what was reported since it is there may not go. */
  #checkRemovals(record: ViewRecord, removed: readonly string[]): void {
    for (const path of removed) {
      if (record.kind !== "batch" && !this.#promises.isReported(path)) continue;
      const [since, reported] = [this.#disk.since.get(path), this.#reported.get(path)];
      if (since === undefined || reported === undefined || reported <= since) continue;
      const detail = `there since ${ms(since)}, reported ${ms(reported)}, removed by ${record.kind}`;
      this.#breach("no false delete", path, detail);
    }
  }

  /** What nobody reports any more is gone. */
  #checkPurged(): void {
    for (const path of this.#believer().rows().keys()) {
      if (!this.#promises.isReported(path))
        this.#breach("nobody's name", path, "nobody reports it");
    }
  }

  #note(message: Message, { offsetMs, errorMs, source, role }: Speaking): void {
    if (message.kind !== "change" && message.kind !== "listing") return;
    if (LEADER_ONLY.has(message.source) && role !== "leader") return;
    const { network, attribute_cache_sec: seconds } = source.facts;
    const lag = network === false ? 0 : Number(seconds ?? 60) * 1_000;
    const seenAt = message.startedAt + offsetMs - lag - errorMs;
    if (message.kind === "listing" && !(message.part === 0 && message.last)) return;
    const table = message.kind === "change" ? message.upserts : message.entries;
    for (const [key] of table.rows) {
      const path = message.kind === "change" ? String(key) : joinPath(message.scope, String(key));
      if (seenAt > (this.#reported.get(path) ?? -Infinity)) this.#reported.set(path, seenAt);
    }
  }

  /** Realtime visibility of one name, all of whose events were delivered. */
  checkPrompt(path: string): void {
    const inode = path === "/" ? undefined : this.#disk.find(path);
    if (path === "/" || inode?.wasLinked === true) return;
    const rows = this.#believer().rows();
    if ((inode !== undefined) !== rows.has(path)) {
      this.#breach("realtime visibility", path, inode === undefined ? "ghost" : "missing");
    } else if (inode !== undefined && inode.type !== "d" && !this.#isEqual(rows.get(path), inode)) {
      const detail = `${JSON.stringify(rows.get(path))} is not ${JSON.stringify(inode.attributes)}`;
      this.#breach("realtime visibility", path, detail);
    }
  }

  /** The view is the disk, but for what is held, and without what is left out. */
  checkConvergence(law: string, scope: Scope): void {
    const believer = this.#believer();
    const isHeld = this.#holds();
    const rows = believer.rows();
    const names = this.#disk.names();
    for (const [path, inode] of names) {
      if (!scope.admits(path, false)) continue;
      if (!rows.has(path)) this.#breach(law, path, "missing");
      else if (!this.#isEqual(rows.get(path), inode) && !isHeld(path)) {
        const detail = `${JSON.stringify(rows.get(path))} is not ${JSON.stringify(inode.attributes)}`;
        this.#breach(law, path, detail);
      }
    }
    for (const path of rows.keys()) {
      const isThere = names.has(path) && scope.admits(path, false);
      if (!isThere && !isHeld(path)) this.#breach(law, path, "ghost");
    }
  }

  /** Nothing stays in doubt when nothing happens any more, but for what is held. */
  checkDrained(): void {
    const believer = this.#believer();
    const isHeld = this.#holds();
    for (const path of believer.doubts()) {
      if (!isHeld(path)) this.#breach("doubts drain", path, "in doubt");
    }
    for (const path of believer.suspects()) {
      if (!isHeld(path)) this.#breach("suspects drain", path, "suspect");
    }
    for (const { scope, kind } of this.#openGaps()) {
      if (!isHeld(scope)) this.#breach("gaps close", scope, kind);
    }
    for (const path of believer.held()) {
      // A directory that is none any more is held for what is believed to be in it.
      const type = this.#disk.find(path)?.type;
      const isThere = type !== undefined && believer.rows().get(path)?.type === type;
      if (this.#approved.has(path)) this.#breach("what was approved goes", path, "held");
      else if (isThere) this.#breach("holds end", path, "is there");
    }
  }

  get isDrained(): boolean {
    const believer = this.#believer();
    const isHeld = this.#holds();
    for (const path of believer.held()) if (this.#approved.has(path)) return false;
    const gaps = this.#openGaps().map(({ scope }) => scope);
    return [...believer.doubts(), ...believer.suspects(), ...gaps].every(isHeld);
  }

  /**
   * Gaps that somebody could close. While directories are held that nobody can list, what was lost
   * stays open, and so does what could not be read below one of them.
   */
  #openGaps(): readonly { readonly scope: string; readonly kind: string }[] {
    const gaps = [...this.#believer().gaps()];
    const held = [...this.#believer().held()];
    const rows = this.#believer().rows();
    const isKept = (directory: string): boolean =>
      this.#disk.find(directory)?.type !== "d" &&
      held.some((path) => path === directory || isBelow(path, directory));
    return gaps.filter(({ scope, kind }) => {
      if (kind === "lost") return held.length === 0;
      let above = scope;
      while (above !== "/" && rows.get(above)?.type !== "d") above = parentPath(above);
      return !isKept(above);
    });
  }

  /** Whether the brake holds `path`, something above it or something below it. */
  #holds(): (path: string) => boolean {
    const held = [...this.#believer().held()];
    return (path) =>
      held.some((other) => other === path || isBelow(path, other) || isBelow(other, path));
  }

  /** The replica has what the view has. */
  checkFeed(): void {
    const rows = this.#believer().rows();
    if (rows.size !== this.#replica.size) this.#breach("feed", "/", "another number of rows");
    for (const [path, attributes] of rows) {
      if (!this.#replica.has(path) || this.#replica.get(path) !== attributes) {
        this.#breach("feed", path, "the replica has another row");
      }
    }
    this.#believer().checkTotals?.();
  }

  #isEqual(row: FsAttributes | undefined, { attributes }: Inode): boolean {
    if (row === attributes) return true;
    return (
      row !== undefined &&
      Object.entries(attributes).every(
        ([key, value]) => this.#vague.has(key) || row[key as keyof FsAttributes] === value,
      )
    );
  }

  #breach(law: string, path: string, detail: string): void {
    const before = this.breaches.filter((breach) => breach.law === law).length;
    if (before < SHOWN_MAX) this.breaches.push({ law, path, detail, at: this.#now() });
  }
}

function ms(at: number): string {
  return String(Math.round(at));
}
