import type { ListingMessage, MessageSource, Row } from "@fustor/core";
import { isBelow, joinPath, LISTING_FIELDS } from "@fustor/schema-fs";
import type { AgentSetting } from "./agent-setting.js";
import type { Conversation } from "./conversation.js";
import type { DirectoryReader } from "./directory-reader.js";
import type { Look } from "./host.js";
import type { OwnClock } from "./own-clock.js";
import { rowOf } from "./rows-told.js";
import type { Teller } from "./teller.js";
import type { Course } from "./timeline.js";

export interface Listed {
  readonly directories: readonly string[];
}

export interface ListerParts {
  readonly setting: AgentSetting;
  readonly clock: OwnClock;
  readonly talk: Conversation;
  readonly teller: Teller;
  readonly reader: DirectoryReader;
  readonly admits: (path: string) => boolean;
}

/** Lists directories, and tells of them by rows or by a digest. */
export class Lister {
  readonly #parts: ListerParts;
  /** Directories that were told whole: a digest may do. */
  readonly #told = new Set<string>();

  constructor(parts: ListerParts) {
    this.#parts = parts;
  }

  isTold(path: string): boolean {
    return this.#told.has(path);
  }

  /** Of this directory, or of all, only rows will do. */
  forget(path?: string): void {
    if (path === undefined) this.#told.clear();
    else this.#told.delete(path);
  }

  /** What is below was listed under the old name, or is about to be and will not be found. */
  moved(from: string, to: string): void {
    for (const told of [...this.#told]) {
      if (told !== from && !isBelow(told, from)) continue;
      this.#told.delete(told);
      this.#told.add(to + told.slice(from.length));
    }
  }

  /** Whether what began in `era` still counts, and can go on. */
  goesOn(era: number): boolean {
    const { clock, setting } = this.#parts;
    return era === clock.era && !setting.host.isRootLost;
  }

  /** Reads one directory and tells it; undefined when it could not be listed. */
  *list(path: string, source: MessageSource, retries: number): Course<Listed | undefined> {
    const { clock, talk, teller, reader, setting, admits } = this.#parts;
    const { host, chance, strikes } = setting;
    const { era } = clock;
    if (!admits(path)) return undefined;
    while (source !== "on_demand" && talk.isFull) yield 500;
    for (let left = retries; ; left -= 1) {
      if (era !== clock.era || clock.isPaused) return undefined;
      if (host.isRootLost) {
        teller.rootLost();
        return undefined;
      }
      const { mounts } = host;
      const before = host.lstat(path, true);
      if (before?.attributes.type !== "d") {
        teller.tellName(path, source, before);
        return undefined;
      }
      const { inode } = before;
      if (mounts.has(inode)) {
        teller.cannotRead(path, "EXDEV");
        return undefined;
      }
      const at = clock.now();
      const isOld = reader.isAtRest(path, before);
      const { rows, isTorn } = yield* reader.read(path, before);
      if (!this.goesOn(era)) return undefined;
      const after = host.lstat(path, true);
      if (mounts.has(inode)) {
        teller.cannotRead(path, "EXDEV");
        return undefined;
      }
      if (after?.inode !== inode) {
        strikes.add("directory replaced while read");
        teller.tellName(path, source, after);
        return undefined;
      }
      const isSame = hasSameTimes(before, after);
      const complete = isSame && isOld && !isTorn;
      if (!isSame) strikes.add("listing torn");
      if (!complete && left > 0) {
        yield chance.between(500, 6_000);
        continue;
      }
      this.#tell(path, rows, after, { at, source, complete });
      // Not everybody who lists goes in.
      for (const [name, ...rest] of rows) {
        if (rest.length === 0) teller.cannotRead(joinPath(path, String(name)), "EXDEV");
      }
      const enters = (row: Row): boolean => row.length === 1 || row[1] === "d";
      const directories = rows.filter(enters).map(([name]) => String(name));
      return { directories: directories.map((name) => joinPath(path, name)) };
    }
  }

  #tell(
    path: string,
    rows: readonly Row[],
    self: Look,
    { at, source, complete }: { at: number; source: MessageSource; complete: boolean },
  ): void {
    const { clock, teller, setting } = this.#parts;
    const { chance, digestOf, digestFields } = setting;
    const told = { source, startedAt: at, endedAt: clock.now(), scope: path };
    const own = rowOf("", self);
    const isPlain = rows.every((row) => row.length > 1);
    const stream = source === "on_demand" ? "realtime" : "scan";
    if (complete && isPlain && this.#told.has(path) && chance.often(0.6)) {
      const digest = digestOf(rows, digestFields);
      const table = { fields: LISTING_FIELDS, rows: [own] };
      teller.send(stream, { kind: "digest", ...told, digest, count: rows.length, self: table });
      return;
    }
    if (complete) this.#told.add(path);
    const parts = rows.length > 1 && chance.often(0.2) ? 2 : 1;
    const half = Math.ceil(rows.length / parts);
    for (let part = 0; part < parts; part += 1) {
      const entries = {
        fields: LISTING_FIELDS,
        rows: rows.slice(part * half, (part + 1) * half),
      };
      const message: ListingMessage = {
        ...{ kind: "listing", ...told, entries, self: own, complete },
        ...{ part, last: part + 1 === parts },
      };
      teller.send(stream, message);
    }
  }
}

function hasSameTimes({ attributes: a }: Look, { attributes: b }: Look): boolean {
  return (
    a.mtime === b.mtime &&
    a.mtimeNsec === b.mtimeNsec &&
    a.ctime === b.ctime &&
    a.ctimeNsec === b.ctimeNsec
  );
}
