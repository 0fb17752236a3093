import type { ListingMessage, Message, MessageSource, Row, Stream } from "@fustor/core";
import { isBelow, joinPath, LISTING_FIELDS, CHANGE_FIELDS, parentPath } from "@fustor/schema-fs";
import { toRow } from "@fustor/schema-fs";
import type { Chance } from "./chance.js";
import type { AgentSetting } from "./agent-setting.js";
import { Conversation } from "./conversation.js";
import type { Host, KernelEvent, Look } from "./host.js";
import { OwnClock } from "./own-clock.js";
import type { Strikes } from "./strikes.js";
import type { Course, Timeline } from "./timeline.js";

/** Storage time may be off by this at its worst, as far as an agent knows it. */
const SKEW_MS = 4_000;
const RETRIES = 2;
/** Events of its own that an agent must have seen to know the storage's skew. */
const SKEW_KNOWN_AFTER = 3;

interface Listed {
  readonly directories: readonly string[];
}

interface Observed {
  readonly stamp: string;
  readonly since: number;
}

/**
 * One boot of an agent, as source-fs and the pipe make it: events name what is dirty, a later look
 * tells the fact; the leader walks, at first and then again and again, and looks where Fusion asks.
 */
export class SimulatedAgent {
  readonly #host: Host;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #strikes: Strikes;
  readonly #setting: AgentSetting;
  readonly #clock: OwnClock;
  readonly #talk: Conversation;
  readonly #queueMax: number;
  readonly #queue: (KernelEvent | { readonly kind: "overflow" })[] = [];
  /** Names whose directory was not there when they were looked at: it may have been renamed. */
  readonly #orphans = new Set<string>();
  readonly #times = new Map<string, Observed>();
  /** Directories that were told whole: a digest may do. */
  readonly #told = new Set<string>();
  /** Rises when the machine was suspended: what was begun before is given up. */
  #era = 0;
  #isAlive = true;
  #eventsSeen = 0;
  #walks = 0;
  /** Audits of this boot that went from begin to end. */
  cycles = 0;
  #isAuditDue = false;

  constructor(setting: AgentSetting, boot: number) {
    const { host, timeline, chance, strikes } = setting;
    this.#setting = setting;
    this.#hasMissed = boot > 1;
    this.#host = host;
    this.#timeline = timeline;
    this.#chance = chance;
    this.#strikes = strikes;
    this.#queueMax = chance.often(0.3) ? 5 : 60;
    this.#clock = new OwnClock(timeline, chance);
    this.#talk = new Conversation(setting, this.#clock, `boot-${String(boot)}`, {
      lives: () => this.#isAlive,
      missed: () => {
        this.#hasMissed = true;
      },
      wanted: (directories) => {
        for (const path of directories) {
          this.#told.delete(path);
          this.#follow(this.#listUntold(path));
        }
      },
      asked: (probes, listings) => {
        this.#follow(this.#answer(probes, listings));
      },
    });
    timeline.follow(this.#pump(), () => this.#isAlive);
    timeline.follow(this.#duties(), () => this.#isAlive);
    host.listener = (event) => {
      this.#hear(event);
    };
  }

  /** True while a walk is on its way. */
  isWalking = false;
  /** Looks that are on their way. */
  #looking = 0;
  /** True once events were missed. */
  #hasMissed: boolean;
  /** True while the root was not read since it was lost. */
  #isRootMissed = false;

  /** True when all that was seen was delivered. */
  get isTold(): boolean {
    return this.#talk.isIdle;
  }

  /** True when the whole tree was told, and every event since, and nothing is on its way. */
  get isUpToDate(): boolean {
    const isWhole = !this.#hasMissed && this.cycles > 0 && this.#orphans.size === 0;
    return isWhole && this.#queue.length === 0 && this.#looking === 0 && this.isTold;
  }

  /** True while something about `path` was not delivered yet. */
  isPending(path: string): boolean {
    const touches = (other: string): boolean =>
      other === path || isBelow(path, other) || isBelow(other, path);
    const isQueued = this.#queue.some((event) => {
      if (event.kind === "overflow") return true;
      if (event.kind === "dirty") return touches(event.path);
      return touches(event.from) || touches(event.to);
    });
    return isQueued || [...this.#orphans].some(touches) || this.#talk.carries(touches);
  }

  kill(): void {
    this.#isAlive = false;
    this.#host.listener = undefined;
  }

  /** Nothing happens here for `ms`, and the clock stands still: what was seen before is a hint. */
  suspend(ms: number): void {
    this.#strikes.add("suspend");
    this.#clock.pause(ms);
    this.#era += 1;
    const hints = this.#talk.suspend();
    for (const path of hints) this.#queue.push({ kind: "dirty", path, closed: false });
    this.#lost("suspended");
  }

  /** Makes the next audit begin at once, after the one that may be under way. */
  auditNow(): void {
    this.#isAuditDue = true;
  }

  /** Whether what began in `era` still counts, and can go on. */
  #goesOn(era: number): boolean {
    return era === this.#era && !this.#host.isRootLost;
  }

  get isSuspended(): boolean {
    return this.#clock.isPaused;
  }

  #hear(event: KernelEvent): void {
    if (this.#queue.length < this.#queueMax) {
      this.#queue.push(event);
    } else if (this.#queue.at(-1)?.kind !== "overflow") {
      this.#strikes.add("overflow");
      this.#queue.push({ kind: "overflow" });
    }
  }

  #follow(course: Course<unknown>): void {
    const counted = function* (agent: SimulatedAgent): Course {
      agent.#looking += 1;
      yield* course as Course;
      agent.#looking -= 1;
    };
    this.#timeline.follow(counted(this), () => this.#isAlive);
  }

  // --- realtime -------------------------------------------------------------------------------

  *#pump(): Course {
    for (;;) {
      yield this.#chance.often(0.1)
        ? this.#chance.between(400, 12_000)
        : this.#chance.between(5, 400);
      if (this.#clock.isPaused || this.#queue.length === 0) continue;
      if (this.#host.isRootLost) {
        this.#reportRoot();
        this.#isRootMissed = true;
        continue;
      }
      if (this.#isRootMissed) {
        // It is read first of all: until then nothing that is not found says anything.
        this.#isRootMissed = false;
        yield* this.#list("/", "on_demand", 0);
        continue;
      }
      const events = this.#queue.splice(0, 1 + this.#chance.below(8));
      let names = new Map<string, boolean>();
      for (const event of events) {
        this.#eventsSeen += 1;
        if (event.kind === "dirty") {
          names.set(event.path, event.closed || names.get(event.path) === true);
          continue;
        }
        this.#look(names);
        names = new Map();
        if (event.kind === "overflow") this.#lost("queue overflow");
        else this.#lookAtMove(event);
      }
      this.#look(names);
    }
  }

  /** Looks at names of which the kernel told, and at their directories, of which it did not. */
  #look(names: ReadonlyMap<string, boolean>): void {
    if (names.size === 0) return;
    const at = this.#clock.now();
    const [upserts, deletes, settled]: [Row[], string[], string[]] = [[], [], []];
    const directories = new Set<string>();
    for (const [path, closed] of names) {
      const look = this.#host.lstat(path);
      if (look === undefined) {
        if (this.#isReadable(parentPath(path))) deletes.push(path);
        else this.#orphans.add(path);
      } else {
        upserts.push(rowOf(path, look));
        if (closed) settled.push(path);
        if (look.attributes.type === "d" && path !== "/") this.#follow(this.#listBelow(path));
      }
      if (path !== "/") directories.add(parentPath(path));
    }
    this.#send("realtime", change("realtime", at, upserts, deletes, settled));
    this.#lookAgain([...directories].filter((path) => !names.has(path)));
  }

  /** A look without an event on the name itself. */
  #lookAgain(paths: readonly string[]): void {
    const at = this.#clock.now();
    const upserts: Row[] = [];
    const deletes = new Set<string>();
    for (const path of paths) {
      const look = this.#host.lstat(path);
      if (look !== undefined) upserts.push(rowOf(path, look));
      else if (path !== "/") this.#sayAbsent(path, upserts, deletes);
    }
    this.#send("realtime", change("on_demand", at, upserts, [...deletes], []));
  }

  #lookAtMove({ from, to, ino }: KernelEvent & { kind: "moved" }): void {
    const at = this.#clock.now();
    const look = this.#host.lstat(to);
    const isMoved = look?.inode.ino === ino && !look.isForeign;
    if (!isMoved || !this.#isAbsent(from)) {
      this.#look(new Map([[from, false]]));
      this.#look(new Map([[to, false]]));
      for (const path of new Set([parentPath(from), parentPath(to)])) {
        this.#follow(this.#list(path, "on_demand", 0));
      }
      return;
    }
    this.#strikes.add("move told");
    const upserts = [rowOf(to, look)];
    const settled = look.attributes.type === "f" ? [to] : [];
    this.#send("realtime", {
      ...change("realtime", at, upserts, [], settled),
      moves: [[from, to]],
    });
    this.#lookAgain([...new Set([parentPath(from), parentPath(to)])]);
    // What was dirty below the old name is dirty below the new one.
    const names = new Map<string, boolean>();
    for (const path of this.#orphans) {
      if (!isBelow(path, from)) continue;
      this.#orphans.delete(path);
      names.set(to + path.slice(from.length), false);
    }
    this.#look(names);
    // What is below was listed under the old name, or is about to be and will not be found.
    for (const told of [...this.#told]) {
      if (told !== from && !isBelow(told, from)) continue;
      this.#told.delete(told);
      this.#told.add(to + told.slice(from.length));
    }
    if (look.attributes.type === "d") this.#follow(this.#listUntold(to));
  }

  /** A new directory: what was made in it before anybody watched is listed. */
  *#listBelow(path: string): Course {
    const era = this.#era;
    const listed = yield* this.#list(path, "on_demand", 0);
    if (era !== this.#era) return;
    for (const directory of listed?.directories ?? []) yield* this.#listBelow(directory);
  }

  /** What Fusion wants, and below it whatever was never told whole. */
  *#listUntold(path: string): Course {
    const era = this.#era;
    const listed = yield* this.#list(path, "on_demand", 0);
    for (const directory of listed?.directories ?? []) {
      if (era === this.#era && !this.#told.has(directory)) yield* this.#listUntold(directory);
    }
  }

  // --- a leader's duties ----------------------------------------------------------------------

  *#duties(): Course {
    let led = -1;
    for (;;) {
      yield this.#chance.between(200, 1_500);
      const { standing } = this.#talk;
      if (standing?.role !== "leader" || this.#clock.isPaused) continue;
      const isFirst = led !== standing.epoch;
      led = standing.epoch;
      this.isWalking = true;
      yield* this.#walk(isFirst ? "snapshot" : "audit", standing.epoch);
      this.isWalking = false;
      const pause = this.#chance.between(15_000, 60_000);
      for (let waited = 0; waited < pause && !this.#takeAuditDue(); waited += 1_000) yield 1_000;
    }
  }

  #takeAuditDue(): boolean {
    const isDue = this.#isAuditDue;
    this.#isAuditDue = false;
    return isDue;
  }

  *#walk(walk: "snapshot" | "audit", epoch: number): Course {
    this.#walks += 1;
    const id = `w${String(this.#walks)}`;
    const mark = (edge: "begin" | "end"): void => {
      const at = this.#clock.now();
      const told = { source: walk, startedAt: at, endedAt: at, scope: "/" } as const;
      this.#send("scan", { kind: "mark", ...told, walk, edge, id });
    };
    mark("begin");
    const rest = ["/"];
    const era = this.#era;
    for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
      const listed = yield* this.#list(path, walk, RETRIES);
      if (!this.#goesOn(era)) return;
      if (this.#talk.standing?.epoch !== epoch) return;
      rest.push(...(listed?.directories ?? []));
      yield this.#chance.between(5, 300);
    }
    mark("end");
    this.cycles += 1;
  }

  /** The sentinel: looks at each name twice, and lists. */
  *#answer(probes: readonly string[], listings: readonly string[]): Course {
    if (this.#host.isRootLost) {
      this.#reportRoot();
      return;
    }
    const era = this.#era;
    const at = this.#clock.now();
    const first = new Map(probes.map((path) => [path, this.#host.lstat(path)]));
    yield this.#chance.between(1, 200);
    if (!this.#goesOn(era)) return;
    const upserts: Row[] = [];
    const deletes = new Set<string>();
    for (const [path, before] of first) {
      const look = this.#host.lstat(path);
      if (look !== undefined) upserts.push(rowOf(path, look));
      else if (before === undefined && path !== "/") this.#sayAbsent(path, upserts, deletes);
    }
    this.#send("scan", change("sentinel", at, upserts, [...deletes], []));
    for (const path of listings) {
      if (era === this.#era) yield* this.#list(path, "sentinel", 1);
    }
  }

  /** Not found, and not for want of sight: what is mounted on the way hides names. */
  #isAbsent(path: string): boolean {
    let [at, look] = [path, this.#host.lstat(path)];
    if (look !== undefined) return false;
    while (at !== "/" && look === undefined) {
      at = parentPath(at);
      look = this.#host.lstat(at);
    }
    return look?.isForeign === false;
  }

  /** The highest name on the way that is missing says it for all below. */
  #sayAbsent(path: string, upserts: Row[], deletes: Set<string>): void {
    let missing = path;
    while (missing !== "/" && this.#host.lstat(parentPath(missing)) === undefined) {
      missing = parentPath(missing);
    }
    const parent = this.#host.lstat(parentPath(missing));
    if (missing === "/" || parent === undefined) return;
    if (parent.isForeign) {
      this.#cannotRead(parentPath(missing), "EXDEV");
      return;
    }
    deletes.add(missing);
    const isRowThere = upserts.some(([key]) => key === parentPath(missing));
    if (parent.attributes.type !== "d" && !isRowThere)
      upserts.push(rowOf(parentPath(missing), parent));
  }

  // --- listing --------------------------------------------------------------------------------

  /** Reads one directory as `readdir` does, bit by bit, and tells it. */
  *#list(path: string, source: MessageSource, retries: number): Course<Listed | undefined> {
    const era = this.#era;
    while (source !== "on_demand" && this.#talk.isFull) yield 500;
    for (let left = retries; ; left -= 1) {
      if (era !== this.#era || this.#clock.isPaused) return undefined;
      if (this.#host.isRootLost) {
        this.#reportRoot();
        return undefined;
      }
      const { mounts } = this.#host;
      const before = this.#host.lstat(path, true);
      if (before?.attributes.type !== "d") {
        this.#tellName(path, source, before);
        return undefined;
      }
      const { inode, attributes } = before;
      if (mounts.has(inode)) {
        this.#cannotRead(path, "EXDEV");
        return undefined;
      }
      const at = this.#clock.now();
      const isOld = this.#isAtRest(path, before);
      const { rows, isTorn } = yield* this.#read(path, before);
      if (!this.#goesOn(era)) return undefined;
      const after = this.#host.lstat(path, true);
      if (mounts.has(inode)) {
        this.#cannotRead(path, "EXDEV");
        return undefined;
      }
      if (after?.inode !== inode) {
        this.#strikes.add("directory replaced while read");
        this.#tellName(path, source, after);
        return undefined;
      }
      const isSame =
        attributes.mtime === after.attributes.mtime &&
        attributes.mtimeNsec === after.attributes.mtimeNsec &&
        attributes.ctime === after.attributes.ctime &&
        attributes.ctimeNsec === after.attributes.ctimeNsec;
      const complete = isSame && isOld && !isTorn;
      if (!isSame) this.#strikes.add("listing torn");
      if (!complete && left > 0) {
        yield this.#chance.between(500, 6_000);
        continue;
      }
      this.#tellListing(path, rows, after, { at, source, complete });
      // What is mounted there is met again, and told, by going in.
      const enters = (row: Row): boolean => row.length === 1 || row[1] === "d";
      const directories = rows.filter(enters).map(([name]) => String(name));
      return { directories: directories.map((name) => joinPath(path, name)) };
    }
  }

  /** What was to be listed is no directory, or is not there: that is told instead. */
  #tellName(path: string, source: MessageSource, look: Look | undefined): void {
    const at = this.#clock.now();
    const upserts: Row[] = look === undefined ? [] : [rowOf(path, look)];
    const deletes = new Set<string>();
    if (look === undefined && path !== "/") this.#sayAbsent(path, upserts, deletes);
    const stream = source === "on_demand" ? "realtime" : "scan";
    this.#send(stream, change(source, at, upserts, [...deletes], []));
  }

  *#read(
    path: string,
    { inode }: Look,
  ): Course<{ readonly rows: readonly Row[]; readonly isTorn: boolean }> {
    const readAt = this.#timeline.now;
    const names = new Set(this.#host.cachedListing(inode));
    const isCached = this.#host.cachedListing(inode) !== undefined;
    const pause = this.#chance.often(0.5) ? 10 : this.#chance.between(0, 1_500);
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
        const look = this.#host.lstat(joinPath(path, name));
        if (look === undefined) isTorn = true;
        else rows.push(rowOf(name, look));
      }
      yield chunk + 1 < chunks ? pause : this.#chance.between(0, 50);
    }
    if (!isCached) this.#host.cacheListing(inode, [...names], readAt);
    return { rows, isTorn };
  }

  /** True when nothing can have changed that the directory's times, or the caches, do not show. */
  #isAtRest(path: string, { inode, attributes }: Look): boolean {
    const restMs = this.#host.lagMs + this.#setting.granularityMs;
    const now = this.#clock.now();
    const { mtime, mtimeNsec, ctime, ctimeNsec, ino } = attributes;
    const stamp = [ino, mtime, mtimeNsec, ctime, ctimeNsec].join(" ");
    const known = this.#times.get(path);
    if (known?.stamp !== stamp) this.#times.set(path, { stamp, since: now });
    else if (now - known.since > restMs + 1) return true;
    if (this.#eventsSeen < SKEW_KNOWN_AFTER && this.#host.lagMs > 0) return false;
    const skew = this.#host.lagMs > 0 ? SKEW_MS : 0;
    return Math.max(inode.mtime, inode.ctime) < this.#host.disk.stamp() - skew - restMs;
  }

  #tellListing(
    path: string,
    rows: readonly Row[],
    self: Look,
    { at, source, complete }: { at: number; source: MessageSource; complete: boolean },
  ): void {
    const told = { source, startedAt: at, endedAt: this.#clock.now(), scope: path };
    const own = rowOf("", self);
    const isPlain = rows.every((row) => row.length > 1);
    const stream = source === "on_demand" ? "realtime" : "scan";
    if (complete && isPlain && this.#told.has(path) && this.#chance.often(0.6)) {
      const digest = this.#setting.digestOf(rows);
      const table = { fields: LISTING_FIELDS, rows: [own] };
      this.#send(stream, { kind: "digest", ...told, digest, count: rows.length, self: table });
      return;
    }
    if (complete) this.#told.add(path);
    const parts = rows.length > 1 && this.#chance.often(0.2) ? 2 : 1;
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
      this.#send(stream, message);
    }
  }

  // --- telling --------------------------------------------------------------------------------

  #isReadable(directory: string): boolean {
    const look = this.#host.lstat(directory);
    return look?.attributes.type === "d" && !look.isForeign;
  }

  #lost(reason: string): void {
    this.#hasMissed = true;
    const at = this.#clock.now();
    const told = { source: "realtime", startedAt: at, endedAt: at, scope: "/" } as const;
    this.#send("realtime", { kind: "lost", ...told, reason });
    this.#told.clear();
  }

  #reportRoot(): void {
    this.#cannotRead("/", "ROOT_LOST");
  }

  #cannotRead(scope: string, errno: string): void {
    this.#strikes.add(scope === "/" ? "root lost" : "mount met");
    const at = this.#clock.now();
    const told = { source: "on_demand", startedAt: at, endedAt: at, scope } as const;
    this.#send("scan", { kind: "unreadable", ...told, errno });
  }

  #send(stream: Stream, message: Message): void {
    if (message.kind === "change" && message.upserts.rows.length + message.deletes.length === 0) {
      return;
    }
    this.#talk.say(stream, message);
  }
}

function change(
  source: MessageSource,
  at: number,
  upserts: readonly Row[],
  deletes: readonly string[],
  settled: readonly string[],
): Message & { kind: "change" } {
  const table = { fields: CHANGE_FIELDS, rows: upserts };
  return { kind: "change", source, startedAt: at, endedAt: at, upserts: table, deletes, settled };
}

/** Of what is mounted there nothing is told but that the name exists. */
function rowOf(key: string, { attributes, isForeign }: Look): Row {
  return isForeign ? [key] : toRow(key, attributes);
}

function place(name: string, ino: number): number {
  let hash = ino * 31;
  for (let i = 0; i < name.length; i += 1) hash = (hash * 33 + name.charCodeAt(i)) % 65_521;
  return hash;
}
