import type { Row } from "@fustor/core";
import { createScope, isBelow } from "@fustor/schema-fs";
import type { AgentSetting } from "./agent-setting.js";
import { Conversation } from "./conversation.js";
import { DirectoryReader } from "./directory-reader.js";
import type { KernelEvent } from "./host.js";
import { Lister } from "./lister.js";
import { Lookout } from "./lookout.js";
import { OwnClock } from "./own-clock.js";
import { change, rowOf } from "./rows-told.js";
import { Teller } from "./teller.js";
import type { Course } from "./timeline.js";

const RETRIES = 2;

/**
 * One boot of an agent, as source-fs and the pipe make it: events name what is dirty, a later look
 * tells the fact; the leader walks, at first and then again and again, and looks where Fusion asks.
 */
export class SimulatedAgent {
  readonly #setting: AgentSetting;
  readonly #clock: OwnClock;
  readonly #talk: Conversation;
  readonly #teller: Teller;
  readonly #reader: DirectoryReader;
  readonly #lister: Lister;
  readonly #lookout: Lookout;
  readonly #queueMax: number;
  readonly #queue: (KernelEvent | { readonly kind: "overflow" })[] = [];
  #isAlive = true;
  #walks = 0;
  /** Audits of this boot that went from begin to end. */
  cycles = 0;
  #isAuditDue = false;
  /** True while a walk is on its way. */
  isWalking = false;
  /** Looks that are on their way. */
  #looking = 0;
  /** True once events were missed. */
  #hasMissed: boolean;
  /** True while the root was not read since it was lost. */
  #isRootMissed = false;
  readonly bootId: string;
  /** True for the names that this boot reports. */
  readonly admits: (path: string) => boolean;

  constructor(setting: AgentSetting, boot: number) {
    const { host, timeline, chance, strikes, exclude } = setting;
    this.#setting = setting;
    this.#hasMissed = boot > 1;
    const scope = createScope({ filePattern: "*", exclude });
    this.admits = (path) => scope.admits(path, false);
    this.#queueMax = chance.often(0.3) ? 5 : 60;
    this.#clock = new OwnClock(timeline, chance);
    this.bootId = `boot-${String(boot)}`;
    this.#talk = new Conversation(setting, this.#clock, this.bootId, {
      lives: () => this.#isAlive,
      missed: () => {
        this.#hasMissed = true;
      },
      wanted: (directories) => {
        for (const path of directories) {
          this.#lister.forget(path);
          this.#follow(this.#lookout.listUntold(path));
        }
      },
      asked: (probes, listings) => {
        this.#follow(this.#answer(probes, listings));
      },
    });
    const [clock, talk, admits] = [this.#clock, this.#talk, this.admits];
    this.#teller = new Teller(host, clock, talk, strikes);
    this.#reader = new DirectoryReader(setting, clock, admits);
    const [teller, reader] = [this.#teller, this.#reader];
    this.#lister = new Lister({ setting, clock, talk, teller, reader, admits });
    const follow = (course: Course<unknown>): void => {
      this.#follow(course);
    };
    this.#lookout = new Lookout({ host, clock, strikes, teller, lister: this.#lister, follow });
    timeline.follow(this.#pump(), () => this.#isAlive);
    timeline.follow(this.#duties(), () => this.#isAlive);
    host.listener = (event) => {
      this.#hear(event);
    };
  }

  /** True when all that was seen was delivered. */
  get isTold(): boolean {
    return this.#talk.isIdle;
  }

  /** True when the whole tree was told, and every event since, and nothing is on its way. */
  get isUpToDate(): boolean {
    const isWhole = !this.#hasMissed && this.cycles > 0 && this.#lookout.orphans.size === 0;
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
    return isQueued || [...this.#lookout.orphans].some(touches) || this.#talk.carries(touches);
  }

  kill(): void {
    this.#isAlive = false;
    this.#setting.host.listener = undefined;
  }

  /** Nothing happens here for `ms`, and the clock stands still: what was seen before is a hint. */
  suspend(ms: number): void {
    this.#setting.strikes.add("suspend");
    this.#clock.pause(ms);
    const hints = this.#talk.suspend();
    for (const path of hints) this.#queue.push({ kind: "dirty", path, closed: false });
    this.#lost("suspended");
  }

  /** Makes the next audit begin at once, after the one that may be under way. */
  auditNow(): void {
    this.#isAuditDue = true;
  }

  get isSuspended(): boolean {
    return this.#clock.isPaused;
  }

  #hear(event: KernelEvent): void {
    const heard = this.#withinScope(event);
    if (heard === undefined) return;
    if (this.#queue.length < this.#queueMax) {
      this.#queue.push(heard);
    } else if (this.#queue.at(-1)?.kind !== "overflow") {
      this.#setting.strikes.add("overflow");
      this.#queue.push({ kind: "overflow" });
    }
  }

  /** A rename over the edge of what is reported is a creation or a deletion. */
  #withinScope(event: KernelEvent): KernelEvent | undefined {
    if (event.kind === "dirty") return this.admits(event.path) ? event : undefined;
    const [isFrom, isTo] = [this.admits(event.from), this.admits(event.to)];
    if (isFrom && isTo) return event;
    if (!isFrom && !isTo) return undefined;
    this.#setting.strikes.add("move over the scope's edge");
    return { kind: "dirty", path: isFrom ? event.from : event.to, closed: isTo };
  }

  #follow(course: Course<unknown>): void {
    const counted = function* (agent: SimulatedAgent): Course {
      agent.#looking += 1;
      yield* course as Course;
      agent.#looking -= 1;
    };
    this.#setting.timeline.follow(counted(this), () => this.#isAlive);
  }

  *#pump(): Course {
    const { chance, host } = this.#setting;
    for (;;) {
      yield chance.often(0.1) ? chance.between(400, 12_000) : chance.between(5, 400);
      if (this.#clock.isPaused || this.#queue.length === 0) continue;
      if (host.isRootLost) {
        this.#teller.rootLost();
        this.#isRootMissed = true;
        continue;
      }
      if (this.#isRootMissed) {
        // It is read first of all: until then nothing that is not found says anything.
        this.#isRootMissed = false;
        yield* this.#lister.list("/", "on_demand", 0);
        continue;
      }
      const events = this.#queue.splice(0, 1 + chance.below(8));
      let names = new Map<string, boolean>();
      for (const event of events) {
        this.#reader.sawEvent();
        if (event.kind === "dirty") {
          names.set(event.path, event.closed || names.get(event.path) === true);
          continue;
        }
        this.#lookout.look(names);
        names = new Map();
        if (event.kind === "overflow") this.#lost("queue overflow");
        else this.#lookout.lookAtMove(event);
      }
      this.#lookout.look(names);
    }
  }

  *#duties(): Course {
    const { chance } = this.#setting;
    let led = -1;
    for (;;) {
      yield chance.between(200, 1_500);
      const { standing } = this.#talk;
      if (standing?.role !== "leader" || this.#clock.isPaused) continue;
      const isFirst = led !== standing.epoch;
      led = standing.epoch;
      this.isWalking = true;
      yield* this.#walk(isFirst ? "snapshot" : "audit", standing.epoch);
      this.isWalking = false;
      const pause = chance.between(15_000, 60_000);
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
      this.#teller.send("scan", { kind: "mark", ...told, walk, edge, id });
    };
    mark("begin");
    const rest = ["/"];
    const { era } = this.#clock;
    for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
      const listed = yield* this.#lister.list(path, walk, RETRIES);
      if (!this.#lister.goesOn(era)) return;
      if (this.#talk.standing?.epoch !== epoch) return;
      rest.push(...(listed?.directories ?? []));
      yield this.#setting.chance.between(5, 300);
    }
    mark("end");
    this.cycles += 1;
  }

  /** The sentinel: looks at each name twice, and lists. */
  *#answer(probes: readonly string[], listings: readonly string[]): Course {
    const { host, chance } = this.#setting;
    if (host.isRootLost) {
      this.#teller.rootLost();
      return;
    }
    const { era } = this.#clock;
    const at = this.#clock.now();
    const first = new Map(probes.filter(this.admits).map((path) => [path, host.lstat(path)]));
    yield chance.between(1, 200);
    if (!this.#lister.goesOn(era)) return;
    const upserts: Row[] = [];
    const deletes = new Set<string>();
    for (const [path, before] of first) {
      const look = host.lstat(path);
      if (look !== undefined) upserts.push(rowOf(path, look));
      else if (before === undefined && path !== "/") {
        this.#teller.sayAbsent(path, upserts, deletes);
      }
    }
    this.#teller.send("scan", change("sentinel", at, upserts, [...deletes], []));
    for (const path of listings) {
      if (era === this.#clock.era) yield* this.#lister.list(path, "sentinel", 1);
    }
  }

  #lost(reason: string): void {
    this.#hasMissed = true;
    this.#teller.lost(reason);
    this.#lister.forget();
  }
}
