import type { Row } from "@fustor/core";
import { joinPath } from "@fustor/schema-fs";
import type { AgentSetting } from "./agent-setting.js";
import type { Look } from "./host.js";
import type { OwnClock } from "./own-clock.js";
import { rowOf } from "./rows-told.js";
import type { Course } from "./timeline.js";

/** Storage time may be off by this at its worst, as far as an agent knows it. */
const SKEW_MS = 4_000;
/** Events of its own that an agent must have seen to know the storage's skew. */
const SKEW_KNOWN_AFTER = 3;

interface Observed {
  readonly stamp: string;
  readonly since: number;
}

export interface ReadRows {
  readonly rows: readonly Row[];
  /** A name that was read was not there any more when it was looked at. */
  readonly isTorn: boolean;
}

/** Reads directories as `readdir` does, and knows of each since when its times stand still. */
export class DirectoryReader {
  readonly #setting: AgentSetting;
  readonly #clock: OwnClock;
  readonly #admits: (path: string) => boolean;
  readonly #times = new Map<string, Observed>();
  #eventsSeen = 0;

  constructor(setting: AgentSetting, clock: OwnClock, admits: (path: string) => boolean) {
    this.#setting = setting;
    this.#clock = clock;
    this.#admits = admits;
  }

  /** An event that was seen tells something of the storage's clock. */
  sawEvent(): void {
    this.#eventsSeen += 1;
  }

  /** Bit by bit, each name with a look at it. */
  *read(path: string, { inode }: Look): Course<ReadRows> {
    const { host, chance, timeline } = this.#setting;
    const readAt = timeline.now;
    const names = new Set(host.cachedListing(inode));
    const isCached = host.cachedListing(inode) !== undefined;
    const pause = chance.often(0.5) ? 10 : chance.between(0, 1_500);
    const rows: Row[] = [];
    let isTorn = false;
    const chunks = isCached ? 1 : 3;
    const done = new Set<string>();
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      if (!isCached) {
        // In an order of the names' and inodes' making: a renamed file is met twice, or never.
        for (const [name, child] of inode.children ?? []) {
          if (place(name, child.ino) % chunks === chunk) names.add(name);
        }
      }
      for (const name of names) {
        if (done.has(name)) continue;
        done.add(name);
        if (!this.#admits(joinPath(path, name))) continue;
        const look = host.lstat(joinPath(path, name));
        if (look === undefined) isTorn = true;
        else rows.push(rowOf(name, look));
      }
      yield chunk + 1 < chunks ? pause : chance.between(0, 50);
    }
    if (!isCached) host.cacheListing(inode, [...names], readAt);
    return { rows, isTorn };
  }

  /** True when nothing can have changed that the directory's times, or the caches, do not show. */
  isAtRest(path: string, { inode, attributes }: Look): boolean {
    const { host, granularityMs } = this.#setting;
    const restMs = host.lagMs + granularityMs;
    const now = this.#clock.now();
    const { mtime, mtimeNsec, ctime, ctimeNsec, ino } = attributes;
    const stamp = [ino, mtime, mtimeNsec, ctime, ctimeNsec].join(" ");
    const known = this.#times.get(path);
    if (known?.stamp !== stamp) this.#times.set(path, { stamp, since: now });
    else if (now - known.since > restMs + 1) return true;
    if (this.#eventsSeen < SKEW_KNOWN_AFTER && host.lagMs > 0) return false;
    const skew = host.lagMs > 0 ? SKEW_MS : 0;
    return Math.max(inode.mtime, inode.ctime) < host.disk.stamp() - skew - restMs;
  }
}

function place(name: string, ino: number): number {
  let hash = ino * 31;
  for (let i = 0; i < name.length; i += 1) hash = (hash * 33 + name.charCodeAt(i)) % 65_521;
  return hash;
}
