import type { Row } from "@fustor/core";
import { isBelow, parentPath } from "@fustor/schema-fs";
import type { Host, KernelEvent } from "./host.js";
import type { Lister } from "./lister.js";
import type { OwnClock } from "./own-clock.js";
import { change, rowOf } from "./rows-told.js";
import type { Strikes } from "./strikes.js";
import type { Teller } from "./teller.js";
import type { Course } from "./timeline.js";

export interface LookoutParts {
  readonly host: Host;
  readonly clock: OwnClock;
  readonly strikes: Strikes;
  readonly teller: Teller;
  readonly lister: Lister;
  /** Goes on beside everything else. */
  readonly follow: (course: Course<unknown>) => void;
}

/** Looks at the names of which the kernel told: an event says what is dirty, a look what is true. */
export class Lookout {
  readonly #parts: LookoutParts;
  /** Names whose directory was not there when they were looked at: it may have been renamed. */
  readonly #orphans = new Set<string>();

  constructor(parts: LookoutParts) {
    this.#parts = parts;
  }

  get orphans(): ReadonlySet<string> {
    return this.#orphans;
  }

  /** Looks at names of which the kernel told, and at their directories, of which it did not. */
  look(names: ReadonlyMap<string, boolean>): void {
    if (names.size === 0) return;
    const { host, clock, teller, follow } = this.#parts;
    const at = clock.now();
    const [upserts, deletes, settled]: [Row[], string[], string[]] = [[], [], []];
    const directories = new Set<string>();
    for (const [path, closed] of names) {
      const look = host.lstat(path);
      if (look === undefined) {
        if (this.#isReadable(parentPath(path))) deletes.push(path);
        else this.#orphans.add(path);
      } else {
        upserts.push(rowOf(path, look));
        if (closed) settled.push(path);
        if (look.attributes.type === "d" && path !== "/") follow(this.#listBelow(path));
      }
      if (path !== "/") directories.add(parentPath(path));
    }
    teller.send("realtime", change("realtime", at, upserts, deletes, settled));
    this.#lookAgain([...directories].filter((path) => !names.has(path)));
  }

  lookAtMove({ from, to, ino }: KernelEvent & { kind: "moved" }): void {
    const { host, clock, strikes, teller, lister, follow } = this.#parts;
    const at = clock.now();
    const look = host.lstat(to);
    const isMoved = look?.inode.ino === ino && !look.isForeign;
    if (!isMoved || !this.#isAbsent(from)) {
      this.look(new Map([[from, false]]));
      this.look(new Map([[to, false]]));
      for (const path of new Set([parentPath(from), parentPath(to)])) {
        follow(lister.list(path, "on_demand", 0));
      }
      return;
    }
    strikes.add("move told");
    const upserts = [rowOf(to, look)];
    const settled = look.attributes.type === "f" ? [to] : [];
    const told = change("realtime", at, upserts, [], settled);
    teller.send("realtime", { ...told, moves: [[from, to]] });
    this.#lookAgain([...new Set([parentPath(from), parentPath(to)])]);
    // What was dirty below the old name is dirty below the new one.
    const names = new Map<string, boolean>();
    for (const path of this.#orphans) {
      if (!isBelow(path, from)) continue;
      this.#orphans.delete(path);
      names.set(to + path.slice(from.length), false);
    }
    this.look(names);
    lister.moved(from, to);
    if (look.attributes.type === "d") follow(this.listUntold(to));
  }

  /** What Fusion wants, and below it whatever was never told whole. */
  *listUntold(path: string): Course {
    const { clock, lister } = this.#parts;
    const { era } = clock;
    const listed = yield* lister.list(path, "on_demand", 0);
    for (const directory of listed?.directories ?? []) {
      if (era === clock.era && !lister.isTold(directory)) yield* this.listUntold(directory);
    }
  }

  /** A new directory: what was made in it before anybody watched is listed. */
  *#listBelow(path: string): Course {
    const { clock, lister } = this.#parts;
    const { era } = clock;
    const listed = yield* lister.list(path, "on_demand", 0);
    if (era !== clock.era) return;
    for (const directory of listed?.directories ?? []) yield* this.#listBelow(directory);
  }

  /** A look without an event on the name itself. */
  #lookAgain(paths: readonly string[]): void {
    const { host, clock, teller } = this.#parts;
    const at = clock.now();
    const upserts: Row[] = [];
    const deletes = new Set<string>();
    for (const path of paths) {
      const look = host.lstat(path);
      if (look !== undefined) upserts.push(rowOf(path, look));
      else if (path !== "/") teller.sayAbsent(path, upserts, deletes);
    }
    teller.send("realtime", change("on_demand", at, upserts, [...deletes], []));
  }

  /** Not found, and not for want of sight: what is mounted on the way hides names. */
  #isAbsent(path: string): boolean {
    const { host } = this.#parts;
    let [at, look] = [path, host.lstat(path)];
    if (look !== undefined) return false;
    while (at !== "/" && look === undefined) {
      at = parentPath(at);
      look = host.lstat(at);
    }
    return look?.isForeign === false;
  }

  #isReadable(directory: string): boolean {
    const look = this.#parts.host.lstat(directory);
    return look?.attributes.type === "d" && !look.isForeign;
  }
}
