import type { Row, ViewRecord } from "@fustor/core";
import { isBelow } from "@fustor/schema-fs";
import type { AgentSetting } from "./agent-setting.js";
import { SimulatedAgent } from "./agent.js";
import type { Believer, CreateBeliever } from "./believer.js";
import { Chance } from "./chance.js";
import { Disk } from "./disk.js";
import { SESSION_TIMEOUT_MS, SimulatedFusion } from "./fusion.js";
import { Host } from "./host.js";
import { Laws, type Breach } from "./laws.js";
import { Link } from "./link.js";
import { Operations } from "./operations.js";
import { Strikes } from "./strikes.js";
import { Timeline, type Course } from "./timeline.js";
import { WORLDS, type WorldName, type WorldSetting } from "./worlds.js";

export interface HistoryOptions {
  readonly seed: number;
  readonly world: WorldName;
  readonly createBeliever: CreateBeliever;
  readonly digestOf: (rows: readonly Row[]) => string;
  /** Operations and faults to leave out, by their number: what shrinking does. */
  readonly without?: ReadonlySet<number>;
  /** Compares the feed's replica after every record. */
  readonly isThorough?: boolean;
  /** Told of what happens, for a person to read. */
  readonly trace?: (line: string) => void;
}

export interface History {
  readonly breaches: readonly Breach[];
  readonly operations: ReadonlyMap<string, number>;
  readonly strikes: ReadonlyMap<string, number>;
  readonly decided: ReadonlyMap<string, number>;
  readonly records: readonly ViewRecord[];
  /** Operations and faults that were planned. */
  readonly steps: number;
  /** Simulated time that it took. */
  readonly endedAt: number;
}

const START = 100_000_000;
const STEPS_MAX = 400_000;
const FAULTS = 14;

/** Lives through one history, and tells which laws did not hold. The seed decides everything. */
export function runHistory(options: HistoryOptions): History {
  return new Play(options).run();
}

class Play {
  readonly #options: HistoryOptions;
  readonly #setting: WorldSetting;
  readonly #timeline = new Timeline(START);
  readonly #strikes = new Strikes();
  readonly #disk: Disk;
  readonly #hosts: Host[];
  readonly #links: Link[];
  readonly #agents: (SimulatedAgent | undefined)[] = [];
  readonly #boots: number[] = [];
  readonly #fusion: SimulatedFusion;
  readonly #laws: Laws;
  readonly #operations = new Map<string, number>();
  #steps = 0;
  #isQuiet = false;
  #wasReset = false;
  /** An agent whose words of before the quiet arrive after everything else. */
  #late: number | undefined;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#setting = WORLDS[options.world];
    const { hosts, lagMs, skewMs, granularityMs } = this.#setting;
    const timeline = this.#timeline;
    this.#disk = new Disk(timeline, this.#chance(1), skewMs, granularityMs);
    this.#hosts = Array.from({ length: hosts }, (_, i) => {
      const id = String.fromCharCode(65 + i);
      return new Host(id, this.#disk, timeline, this.#chance(10 + i), lagMs);
    });
    const slow = lagMs === 0 ? 0.3 : 1;
    this.#links = this.#hosts.map(
      (_, i) => new Link(timeline, this.#chance(20 + i), this.#strikes, slow),
    );
    this.#laws = new Laws(
      this.#disk,
      () => timeline.now,
      () => this.#fusion.believer,
      { lagMs, isThorough: options.isThorough === true },
    );
    this.#fusion = new SimulatedFusion(timeline, this.#strikes, () => this.#believer(), {
      applied: (record, session) => {
        this.#trace(record);
        this.#laws.applied(record, session);
        if (this.#setting.isPrompt) this.#checkPrompt(record);
      },
      restarted: (before, after) => {
        this.#laws.restarted(before, after);
      },
    });
    for (let i = 0; i < this.#setting.agents; i += 1) this.#boot(i);
    if (this.#setting.isPrompt) timeline.follow(this.#watch(), () => true);
  }

  run(): History {
    const until = this.#plan();
    const { timeline } = { timeline: this.#timeline };
    let isOver = timeline.run(() => timeline.now >= until, STEPS_MAX);
    isOver = isOver && this.#calm();
    if (isOver) {
      this.#laws.checkConvergence("convergence");
      this.#laws.checkDrained();
      this.#laws.checkFeed();
      if (this.#late !== undefined) this.#bringLate();
    }
    const breaches = [...this.#laws.breaches];
    if (!isOver) {
      breaches.push({ law: "quiet", path: "/", detail: "it never came to rest", at: timeline.now });
    }
    return {
      breaches,
      operations: this.#operations,
      strikes: this.#strikes.counts,
      decided: this.#fusion.believer.decided,
      records: this.#fusion.log,
      steps: this.#steps,
      endedAt: timeline.now - START,
    };
  }

  #believer(): Believer {
    this.#laws.begin();
    return this.#options.createBeliever((path, change) => {
      this.#laws.changed(path, change);
    });
  }

  #chance(part: number): Chance {
    return Chance.for(this.#options.seed, part);
  }

  #boot(i: number): void {
    const [host, link] = [this.#hosts[i], this.#links[i]];
    if (host === undefined || link === undefined) return;
    const boot = (this.#boots[i] ?? 0) + 1;
    this.#boots[i] = boot;
    const setting: AgentSetting = {
      ...{ host, link, timeline: this.#timeline, fusion: this.#fusion, strikes: this.#strikes },
      chance: this.#chance(100 + 10 * boot + i),
      granularityMs: this.#setting.granularityMs,
      digestOf: this.#options.digestOf,
    };
    this.#agents[i] = new SimulatedAgent(setting, boot);
  }

  /** Plans operations and faults; each has chance of its own. Returns when the last one is over. */
  #plan(): number {
    const chance = this.#chance(2);
    const { operations, pauseMs } = this.#setting;
    let at = chance.between(0, 20_000);
    for (let i = 0; i < operations; i += 1) {
      const own = this.#chance(1_000 + i);
      const host = chance.below(this.#hosts.length);
      this.#step(at, () => {
        this.#operate(host, own);
      });
      at += chance.often(0.6) ? chance.between(0, 500) : chance.between(0, pauseMs);
    }
    for (let i = 0; i < FAULTS; i += 1) {
      const own = this.#chance(5_000 + i);
      this.#step(chance.between(0, at), () => {
        this.#strike(own);
      });
    }
    if (this.#setting.agents > 1 && chance.often(0.3)) {
      const i = chance.below(this.#setting.agents);
      const from = at - chance.between(5_000, 60_000);
      this.#step(from, () => {
        this.#late = i;
        this.#strikes.add("late");
        const link = this.#links[i];
        if (link !== undefined) link.cutUntil = Infinity;
      });
    }
    return START + at;
  }

  #step(at: number, act: () => void): void {
    const number = this.#steps;
    this.#steps += 1;
    if (this.#options.without?.has(number) === true) return;
    this.#timeline.after(START + at - this.#timeline.now, () => {
      if (!this.#isQuiet) act();
    });
  }

  #operate(i: number, chance: Chance): void {
    const host = this.#hosts[i];
    if (host === undefined || this.#agents[i]?.isSuspended === true) return;
    const name = new Operations(this.#disk, this.#timeline, host, chance).run();
    this.#operations.set(name, (this.#operations.get(name) ?? 0) + 1);
    this.#options.trace?.(`${this.#time()} ${host.id} ${name}`);
  }

  // --- faults ---------------------------------------------------------------------------------

  #strike(chance: Chance): void {
    const i = chance.below(this.#setting.agents);
    const [host, link] = [this.#hosts[i], this.#links[i]];
    if (host === undefined || link === undefined) return;
    switch (chance.below(8)) {
      case 0:
      case 1: {
        this.#crash(i, chance.between(500, 30_000));
        return;
      }
      case 2:
        this.#strikes.add("cut");
        link.cutUntil = Math.max(link.cutUntil, this.#timeline.now + chance.between(2_000, 60_000));
        return;
      case 3:
        this.#strikes.add("Fusion crash");
        {
          this.#fusion.crash(chance.between(500, 5_000));
          return;
        }
      case 4:
        this.#agents[i]?.suspend(chance.between(1_500, 45_000));
        return;
      case 5: {
        this.#mount(host, chance);
        return;
      }
      case 6:
        this.#strikes.add("root unmounted");
        host.isRootLost = true;
        this.#timeline.after(chance.between(2_000, 60_000), () => {
          host.isRootLost = false;
        });
        return;
      default:
        if (!chance.often(0.15)) return;
        this.#strikes.add("reset");
        this.#wasReset = true;
        this.#fusion.reset();
    }
  }

  #crash(i: number, downMs: number): void {
    if (this.#agents[i] === undefined) return;
    this.#strikes.add("agent crash");
    this.#agents[i].kill();
    this.#agents[i] = undefined;
    this.#timeline.after(downMs, () => {
      this.#boot(i);
    });
  }

  #mount(host: Host, chance: Chance): void {
    const directories = [...this.#disk.names().values()].filter(({ type }) => type === "d");
    if (directories.length === 0) return;
    const inode = chance.pick(directories);
    this.#strikes.add("mount");
    host.mounts.add(inode);
    this.#timeline.after(chance.between(2_000, 120_000), () => {
      host.mounts.delete(inode);
    });
  }

  // --- the end --------------------------------------------------------------------------------

  /** Faults and writing stop; one audit cycle of the whole; then what is in doubt is looked at. */
  #calm(): boolean {
    const timeline = this.#timeline;
    this.#isQuiet = true;
    for (const host of this.#hosts) {
      host.mounts.clear();
      host.isRootLost = false;
    }
    this.#links.forEach((link, i) => {
      if (i !== this.#late) link.cutUntil = 0;
    });
    const rest = (ms: number): boolean => {
      const until = timeline.now + ms;
      return timeline.run(() => timeline.now >= until, STEPS_MAX);
    };
    // Files that are still open are closed, agents come back, what is under way arrives.
    if (!rest(90_000)) return false;
    if (!rest(this.#setting.lagMs + SESSION_TIMEOUT_MS)) return false;
    if (!this.#audit()) return false;
    const deadline = timeline.now + 4 * this.#setting.lagMs + 400_000;
    return timeline.run(() => this.#laws.isDrained || timeline.now > deadline, STEPS_MAX);
  }

  #audit(): boolean {
    const agent = this.#leader();
    if (agent === undefined) return false;
    const before = agent.cycles;
    // The walk that may be under way does not count.
    const enough = agent.isWalking ? 2 : 1;
    agent.auditNow();
    return this.#timeline.run(() => agent.cycles >= before + enough && agent.isTold, STEPS_MAX);
  }

  #leader(): SimulatedAgent | undefined {
    const i = this.#hosts.findIndex(({ id }) => id === this.#fusion.leader);
    return this.#agents[i];
  }

  /** Words of before the last audit arrive after it: they change nothing. */
  #bringLate(): void {
    const timeline = this.#timeline;
    const link = this.#links[this.#late ?? 0];
    if (link !== undefined) link.cutUntil = 0;
    const until = timeline.now + 4 * this.#setting.lagMs + 300_000;
    const settled = timeline.now + 60_000;
    timeline.run(
      () => (timeline.now > settled && this.#laws.isDrained) || timeline.now > until,
      STEPS_MAX,
    );
    this.#laws.checkConvergence("no resurrection");
  }

  /** After a batch of events: names of which nothing more is to come are as they are told. */
  #checkPrompt(record: ViewRecord): void {
    const agent = this.#agents[0];
    if (record.kind !== "batch" || record.stream !== "realtime" || agent === undefined) return;
    const names = new Set<string>();
    for (const message of record.messages) {
      if (message.kind !== "change" || message.source !== "realtime") continue;
      for (const [key] of message.upserts.rows) names.add(String(key));
      for (const path of message.deletes) names.add(path);
    }
    for (const path of names) if (!agent.isPending(path)) this.#checkName(path);
  }

  /** At rest, all is as it is told. */
  *#watch(): Course {
    for (;;) {
      yield 500;
      const agent = this.#agents[0];
      if (agent?.isUpToDate !== true || this.#wasReset || this.#fusion.isDown) continue;
      this.#strikes.add("up to date");
      const { believer } = this.#fusion;
      // Of what is in a directory that is still to be listed no event told.
      const untold = [...believer.doubts()];
      // Nor of what is behind a mount that is taken away: it is told with the next listing, and
      // until then the view says that it cannot be read.
      for (const { scope, kind } of believer.gaps()) if (kind === "unreadable") untold.push(scope);
      const isTold = (path: string): boolean => !untold.some((other) => isBelow(path, other));
      const names = new Set([...this.#disk.names().keys(), ...believer.rows().keys()]);
      for (const path of names) if (isTold(path)) this.#checkName(path);
    }
  }

  /** What is covered by a mount cannot be told. */
  #checkName(path: string): void {
    if (this.#hosts[0]?.isCovered(path) === false) this.#laws.checkPrompt(path);
  }

  #time(): string {
    return ((this.#timeline.now - START) / 1_000).toFixed(2);
  }

  #trace(record: ViewRecord): void {
    if (this.#options.trace === undefined || record.kind === "tick") return;
    this.#options.trace(`${this.#time()} record ${JSON.stringify(record)}`);
  }
}
