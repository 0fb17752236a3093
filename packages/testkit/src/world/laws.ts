import type { Message, ViewRecord } from "@fustor/core";
import { isBelow, joinPath, parentPath, type FsAttributes } from "@fustor/schema-fs";
import type { Believer, RowChange } from "./believer.js";
import type { Disk } from "./disk.js";
import type { ClockReading, OpenRequest, Standing, Witness } from "./fusion.js";

/** A law that did not hold, and where. */
export interface Breach {
  readonly law: string;
  readonly path: string;
  readonly detail: string;
  readonly at: number;
}

type Speaking = ClockReading & Standing & OpenRequest;

/** More than clocks err in the worlds that there are. */
const ERRORS_MS = 3_000;
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
  /** What a client would have that follows the change feed alone. */
  #replica = new Map<string, FsAttributes | undefined>();
  readonly #believer: () => Believer;
  readonly #lagMs: number;
  /** When walks began and what they could not read, and gaps that are open. */
  readonly #walks = new Map<string, { readonly beganAt: number; readonly unread: string[] }>();
  #lost = new Map<string, number>();
  /** True while every revision is compared: slow. */
  readonly #isThorough: boolean;

  constructor(
    disk: Disk,
    now: () => number,
    believer: () => Believer,
    { lagMs, isThorough }: { readonly lagMs: number; readonly isThorough: boolean },
  ) {
    this.#disk = disk;
    this.#now = now;
    this.#believer = believer;
    this.#lagMs = lagMs;
    this.#isThorough = isThorough;
  }

  /** A believer begins from nothing, and so does who follows it. */
  begin(): void {
    this.#replica = new Map();
  }

  changed(path: string, change: RowChange): void {
    if (change.kind === "gone") {
      this.#replica.delete(path);
      this.#removed.add(path);
    } else {
      this.#replica.set(path, change.attributes);
    }
  }

  applied(record: ViewRecord, session: Speaking | undefined): void {
    if (record.kind !== "reset") this.#checkRemovals(record);
    this.#removed.clear();
    if (record.kind === "batch" && session !== undefined) {
      for (const message of record.messages) {
        this.#note(message, session);
        if (message.kind === "mark") this.#checkCycle(message, session);
        if (message.kind !== "unreadable") continue;
        // No walk has seen what could not be read then, even if its top is read before it ends.
        for (const { unread } of this.#walks.values()) unread.push(message.scope);
      }
    }
    if (record.kind === "reset") this.#lost.clear();
    else this.#checkClosed();
    if (this.#isThorough) this.checkFeed();
  }

  restarted(before: string, after: string): void {
    this.#removed.clear();
    if (before !== after) this.#breach("determinism", "/", "another state after the replay");
  }

  /** No false delete: what was reported since it is there may not go. */
  #checkRemovals(record: ViewRecord): void {
    if (this.#removed.size === 0) return;
    for (const path of this.#removed) {
      const [since, reported] = [this.#disk.since.get(path), this.#reported.get(path)];
      if (since === undefined || reported === undefined || reported <= since) continue;
      if (this.#replica.has(path)) continue;
      const detail = `there since ${ms(since)}, reported ${ms(reported)}, removed by ${record.kind}`;
      this.#breach("no false delete", path, detail);
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

  /** One audit cycle: what it can have seen is believed, or in doubt. */
  #checkCycle(mark: Message & { kind: "mark" }, { sessionId, role, offsetMs }: Speaking): void {
    const key = `${sessionId} ${mark.id}`;
    if (mark.edge === "begin") {
      this.#walks.set(key, { beganAt: mark.startedAt + offsetMs, unread: [] });
      return;
    }
    const walk = this.#walks.get(key);
    this.#walks.delete(key);
    if (walk !== undefined && role === "leader")
      this.#checkUpTo(walk.beganAt, "cycle", walk.unread);
  }

  /** A gap that closes: what happened before it is known, or in doubt. */
  #checkClosed(): void {
    const open = new Map<string, number>();
    for (const { scope, kind, since } of this.#believer().gaps()) {
      if (kind === "lost" && scope === "/") open.set(`${scope} ${String(since)}`, since);
    }
    for (const [key, since] of this.#lost) {
      if (!open.has(key)) this.#checkUpTo(since, "lost is not gone");
    }
    this.#lost = open;
  }

  /** What did not change since `at`, by far enough, is as it is believed, or in doubt. */
  #checkUpTo(at: number, law: string, unread: readonly string[] = []): void {
    const before = at - this.#lagMs - ERRORS_MS;
    const believer = this.#believer();
    const open = [...believer.doubts(), ...believer.held(), ...unread];
    for (const { scope, kind } of believer.gaps()) if (kind === "unreadable") open.push(scope);
    const isOpen = (path: string): boolean =>
      open.some((other) => other === path || isBelow(path, other));
    const rows = believer.rows();
    // Of what could not be looked at nothing is claimed.
    for (const [path, attributes] of rows) if (attributes === undefined) open.push(path);
    const names = this.#disk.names();
    for (const [path, inode] of names) {
      if ((this.#disk.since.get(path) ?? at) > before || inode.changedAt > before) continue;
      if (rows.has(path) && isEqual(rows.get(path), inode)) continue;
      if (isOpen(path)) continue;
      const detail = `${JSON.stringify(rows.get(path))} is not ${JSON.stringify(inode.attributes)}`;
      this.#breach(law, path, rows.has(path) ? detail : "missing");
    }
    for (const path of rows.keys()) {
      // What comes or goes with a renamed directory rests on the move.
      const parent = parentPath(path);
      const movedAt = parent === "/" ? 0 : (this.#disk.boundAt(parent) ?? Infinity);
      const goneAt = Math.max(this.#disk.goneAt(path) ?? Infinity, movedAt);
      if (!names.has(path) && goneAt < before && !isOpen(path)) this.#breach(law, path, "ghost");
    }
  }

  /** Realtime visibility of one name, all of whose events were delivered. */
  checkPrompt(path: string): void {
    const inode = path === "/" ? undefined : this.#disk.find(path);
    if (path === "/" || inode?.wasLinked === true) return;
    const rows = this.#believer().rows();
    if ((inode !== undefined) !== rows.has(path)) {
      this.#breach("realtime visibility", path, inode === undefined ? "ghost" : "missing");
    } else if (inode !== undefined && inode.type !== "d" && !isEqual(rows.get(path), inode)) {
      const detail = `${JSON.stringify(rows.get(path))} is not ${JSON.stringify(inode.attributes)}`;
      this.#breach("realtime visibility", path, detail);
    }
  }

  /** The view is the disk, but for what is held. */
  checkConvergence(law: string): void {
    const believer = this.#believer();
    const isHeld = this.#holds();
    const rows = believer.rows();
    const names = this.#disk.names();
    for (const [path, inode] of names) {
      if (!rows.has(path)) this.#breach(law, path, "missing");
      else if (!isEqual(rows.get(path), inode) && !isHeld(path)) {
        const detail = `${JSON.stringify(rows.get(path))} is not ${JSON.stringify(inode.attributes)}`;
        this.#breach(law, path, detail);
      }
    }
    for (const path of rows.keys()) {
      if (!names.has(path) && !isHeld(path)) this.#breach(law, path, "ghost");
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
  }

  get isDrained(): boolean {
    const believer = this.#believer();
    const isHeld = this.#holds();
    const gaps = this.#openGaps().map(({ scope }) => scope);
    return [...believer.doubts(), ...believer.suspects(), ...gaps].every(isHeld);
  }

  /** What was lost stays open while directories are held that nobody can list. */
  #openGaps(): readonly { readonly scope: string; readonly kind: string }[] {
    const isHolding = [...this.#believer().held()].length > 0;
    return [...this.#believer().gaps()].filter(({ kind }) => kind !== "lost" || !isHolding);
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

  #breach(law: string, path: string, detail: string): void {
    const before = this.breaches.filter((breach) => breach.law === law).length;
    if (before < SHOWN_MAX) this.breaches.push({ law, path, detail, at: this.#now() });
  }
}

function isEqual(row: FsAttributes | undefined, { attributes }: { attributes: FsAttributes }) {
  if (row === attributes) return true;
  return (
    row !== undefined &&
    Object.entries(attributes).every(([key, value]) => row[key as keyof FsAttributes] === value)
  );
}

function ms(at: number): string {
  return String(Math.round(at));
}
