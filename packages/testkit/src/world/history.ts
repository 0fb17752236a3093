import type { ViewRecord } from "@fustor/core";
import type { DigestOf } from "./agent-setting.js";
import type { Believer, CreateBeliever } from "./believer.js";
import { Chance } from "./chance.js";
import { Crew } from "./crew.js";
import { Disk } from "./disk.js";
import { Faults } from "./faults.js";
import { SESSION_TIMEOUT_MS, SimulatedFusion } from "./fusion.js";
import { Host } from "./host.js";
import { Laws, type Breach } from "./laws.js";
import { Link } from "./link.js";
import { Operations } from "./operations.js";
import { Promptness } from "./promptness.js";
import { Strikes } from "./strikes.js";
import { Timeline } from "./timeline.js";
import { WORLDS, type WorldName, type WorldSetting } from "./worlds.js";

export interface HistoryOptions {
  readonly seed: number;
  readonly world: WorldName;
  readonly createBeliever: CreateBeliever;
  readonly digestOf: DigestOf;
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
const FAULTS = 18;
/** How often an operator looks in. */
const VISITS = 6;

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
  readonly #fusion: SimulatedFusion;
  readonly #crew: Crew;
  readonly #faults: Faults;
  readonly #laws: Laws;
  readonly #prompt: Promptness | undefined;
  readonly #operations = new Map<string, number>();
  #steps = 0;
  #isQuiet = false;
  /** An agent whose words of before the quiet arrive after everything else. */
  #late: number | undefined;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#setting = WORLDS[options.world];
    const { lagMs, skewMs, granularityMs, sights } = this.#setting;
    const [timeline, strikes, world] = [this.#timeline, this.#strikes, this.#setting];
    const disk = new Disk(timeline, this.#chance(1), skewMs, granularityMs);
    this.#disk = disk;
    this.#hosts = Array.from({ length: world.hosts }, (_, i) => {
      const id = String.fromCharCode(65 + i);
      const host = { lagMs, sight: sights[i]?.sight };
      return new Host(id, disk, timeline, this.#chance(10 + i), host);
    });
    const slow = lagMs === 0 ? 0.3 : 1;
    const links = this.#hosts.map(
      (_, i) => new Link(timeline, this.#chance(20 + i), strikes, slow),
    );
    this.#links = links;
    const laws = new Laws(
      disk,
      () => timeline.now,
      () => this.#fusion.believer,
      { lagMs, isThorough: options.isThorough === true, fields: sights.map((s) => s.digestFields) },
    );
    this.#laws = laws;
    const fusion = new SimulatedFusion(timeline, strikes, () => this.#believer(), {
      applied: (record, session) => {
        this.#trace(record);
        laws.applied(record, session);
        this.#prompt?.applied(record, session);
      },
      restarted: (before, after) => {
        laws.restarted(before, after);
      },
    });
    this.#fusion = fusion;
    const crew = new Crew({
      ...{ world, timeline, strikes, hosts: this.#hosts, links, fusion },
      digestOf: options.digestOf,
      chance: (part) => this.#chance(part),
    });
    this.#crew = crew;
    this.#faults = new Faults({ world, timeline, strikes, disk, links, fusion, crew });
    const [host] = this.#hosts;
    if (world.isPrompt && host !== undefined) {
      this.#prompt = new Promptness({
        ...{ host, fusion, disk, laws, strikes, agent: () => crew.agent(0) },
        wasReset: () => this.#faults.wasReset,
      });
      timeline.follow(this.#prompt.watch(), () => true);
    }
    crew.start();
  }

  run(): History {
    const until = this.#plan();
    const timeline = this.#timeline;
    let isOver = timeline.run(() => timeline.now >= until, STEPS_MAX);
    isOver = isOver && this.#calm();
    if (isOver) {
      this.#laws.checkConvergence("convergence", this.#crew.scopeWithout(this.#late));
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
        this.#faults.strike(own);
      });
    }
    for (let i = 0; i < VISITS; i += 1) {
      const own = this.#chance(6_000 + i);
      this.#step(chance.between(0, at), () => {
        this.#faults.visit(own);
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
    if (host === undefined || this.#crew.agent(i)?.isSuspended === true) return;
    const name = new Operations(this.#disk, this.#timeline, host, chance).run();
    this.#operations.set(name, (this.#operations.get(name) ?? 0) + 1);
    this.#options.trace?.(`${this.#time()} ${host.id} ${name}`);
  }

  // --- the end --------------------------------------------------------------------------------

  /** Faults and writing stop; one audit cycle of the whole; then what is in doubt is looked at. */
  #calm(): boolean {
    const chance = this.#chance(3);
    this.#isQuiet = true;
    // Some names are left out for good, by all who are there to do so.
    const isLeftOut = this.#late === undefined && chance.often(0.3);
    this.#faults.end(isLeftOut ? this.#crew.excluded(0) : [], this.#late);
    this.#links.forEach((link, i) => {
      if (i !== this.#late) link.cutUntil = 0;
    });
    // Files that are still open are closed, agents come back, what is under way arrives.
    if (!this.#rest(90_000)) return false;
    if (!this.#rest(this.#setting.lagMs + SESSION_TIMEOUT_MS)) return false;
    if (!this.#audit()) return false;
    const isAtRest = this.#drain();
    // What the operator lets go is gone once its directory was listed again.
    if (!isAtRest || chance.often(0.5)) return isAtRest;
    this.#laws.expectToGo();
    this.#fusion.decide("approve", ["/"]);
    return this.#drain();
  }

  #rest(ms: number): boolean {
    const until = this.#timeline.now + ms;
    return this.#timeline.run(() => this.#timeline.now >= until, STEPS_MAX);
  }

  #drain(): boolean {
    const timeline = this.#timeline;
    const deadline = timeline.now + 4 * this.#setting.lagMs + 400_000;
    return timeline.run(() => this.#laws.isDrained || timeline.now > deadline, STEPS_MAX);
  }

  #audit(): boolean {
    // So many heartbeats may be lost by chance that the leader's session has just timed out.
    this.#timeline.run(() => this.#crew.leader !== undefined, STEPS_MAX);
    const agent = this.#crew.leader;
    if (agent === undefined) return false;
    const before = agent.cycles;
    // The walk that may be under way does not count.
    const enough = agent.isWalking ? 2 : 1;
    agent.auditNow();
    return this.#timeline.run(() => agent.cycles >= before + enough && agent.isTold, STEPS_MAX);
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
    this.#laws.checkConvergence("no resurrection", this.#crew.scopeWithout(this.#late));
  }

  #time(): string {
    return ((this.#timeline.now - START) / 1_000).toFixed(2);
  }

  #trace(record: ViewRecord): void {
    if (this.#options.trace === undefined || record.kind === "tick") return;
    this.#options.trace(`${this.#time()} record ${JSON.stringify(record)}`);
  }
}
