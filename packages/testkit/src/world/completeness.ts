import type { Message } from "@fustor/core";
import { isBelow, parentPath, type FsAttributes, type Scope } from "@fustor/schema-fs";
import type { Believer } from "./believer.js";
import type { Disk, Inode } from "./disk.js";
import type { Speaking } from "./fusion.js";
import { scopeOf } from "./promises.js";

/** More than clocks err in the worlds that there are. */
const ERRORS_MS = 3_000;
/** A gap that is open. */
interface Loss {
  readonly since: number;
  /** Of all who spoke meanwhile: a listing tells nothing of what its agent leaves out. */
  readonly scopes: ReadonlySet<Scope>;
}

export interface CompletenessSetting {
  readonly disk: Disk;
  readonly now: () => number;
  readonly believer: () => Believer;
  readonly lagMs: number;
  /** What each agent reports. */
  readonly scopes: () => readonly Scope[];
  readonly isEqual: (row: FsAttributes | undefined, inode: Inode) => boolean;
  readonly breach: (law: string, path: string, detail: string) => void;
}

/** What claims to be complete is: an audit that ended, and a gap that closed. */
export class Completeness {
  readonly #setting: CompletenessSetting;
  /** When walks began and what they could not read. */
  readonly #walks = new Map<string, { readonly beganAt: number; readonly unread: string[] }>();
  #lost = new Map<string, Loss>();

  constructor(setting: CompletenessSetting) {
    this.#setting = setting;
  }

  reset(): void {
    this.#lost.clear();
  }

  heard(message: Message, speaking: Speaking): void {
    if (message.kind === "mark") this.#checkCycle(message, speaking);
    if (message.kind !== "unreadable") return;
    // No walk has seen what could not be read then, even if its top is read before it ends.
    for (const { unread } of this.#walks.values()) unread.push(message.scope);
  }

  /** A gap that closes: what happened before it is known, or in doubt. */
  checkClosed(): void {
    const open = new Map<string, Loss>();
    for (const { scope, kind, since } of this.#setting.believer().gaps()) {
      if (kind !== "lost" || scope !== "/") continue;
      const key = String(since);
      const scopes = new Set(this.#lost.get(key)?.scopes);
      for (const each of this.#setting.scopes()) scopes.add(each);
      open.set(key, { since, scopes });
    }
    for (const [key, { since, scopes }] of this.#lost) {
      if (open.has(key)) continue;
      const admits = (path: string): boolean => [...scopes].every((s) => s.admits(path, false));
      this.#checkUpTo(since, "lost is not gone", { admits });
    }
    this.#lost = open;
  }

  /** One audit cycle: what it can have seen is believed, or in doubt. */
  #checkCycle(mark: Message & { kind: "mark" }, speaking: Speaking): void {
    const { sessionId, role, offsetMs, errorMs, source } = speaking;
    const key = `${sessionId} ${mark.id}`;
    if (mark.edge === "begin") {
      // A clock that was read while the network was slow says itself by how much it may be wrong.
      const beganAt = Math.min(mark.startedAt + offsetMs, this.#setting.now()) - errorMs;
      this.#walks.set(key, { beganAt, unread: [] });
      return;
    }
    const walk = this.#walks.get(key);
    this.#walks.delete(key);
    if (walk === undefined || role !== "leader") return;
    this.#checkUpTo(walk.beganAt, "cycle", scopeOf(source.scope), walk.unread);
  }

  /**
   * What did not change since `at`, by far enough, is as it is believed, or in doubt: of what is
   * reported by whom it takes, and could be read.
   */
  #checkUpTo(
    at: number,
    law: string,
    scope: Pick<Scope, "admits">,
    unread: readonly string[] = [],
  ): void {
    const before = at - this.#setting.lagMs - ERRORS_MS;
    const believer = this.#setting.believer();
    const open = [...believer.doubts(), ...believer.held(), ...unread];
    for (const { scope, kind } of believer.gaps()) if (kind === "unreadable") open.push(scope);
    const isOpen = (path: string): boolean =>
      !scope.admits(path, false) || open.some((other) => other === path || isBelow(path, other));
    const rows = believer.rows();
    // Of what could not be looked at nothing is claimed.
    for (const [path, attributes] of rows) if (attributes === undefined) open.push(path);
    const names = this.#setting.disk.names();
    for (const [path, inode] of names) {
      if ((this.#setting.disk.since.get(path) ?? at) > before || inode.changedAt > before) continue;
      if (rows.has(path) && this.#setting.isEqual(rows.get(path), inode)) continue;
      if (isOpen(path)) continue;
      const detail = `${JSON.stringify(rows.get(path))} is not ${JSON.stringify(inode.attributes)}`;
      this.#setting.breach(law, path, rows.has(path) ? detail : "missing");
    }
    for (const path of rows.keys()) {
      // What comes or goes with a renamed directory rests on the move.
      const parent = parentPath(path);
      const movedAt = parent === "/" ? 0 : (this.#setting.disk.boundAt(parent) ?? Infinity);
      const goneAt = Math.max(this.#setting.disk.goneAt(path) ?? Infinity, movedAt);
      if (!names.has(path) && goneAt < before && !isOpen(path))
        this.#setting.breach(law, path, "ghost");
    }
  }
}
