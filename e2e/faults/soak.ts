import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Chance } from "@fustor/testkit";
import { Agent } from "../support/agent.js";
import type { AtEnd } from "../support/at-end.js";
import { childrenOf } from "../support/children.js";
import { eventuallyEqual } from "../support/equal.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { RandomChanges } from "../support/random-changes.js";
import { RoughNet, type Weather } from "../support/rough-net.js";
import { explainDifference } from "./explain.js";
import { memoryOf } from "./fusion-memory.js";
import { readProcess, slopesOf, type Reading, type Slopes } from "./gauge.js";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly atEnd: AtEnd;
  readonly log: (line: string) => void;
}

/** What a soak found. */
export interface SoakReport {
  /** Of the processes that live from the end of the first third to the end, by name. */
  readonly slopes: ReadonlyMap<string, Slopes>;
  readonly faults: ReadonlyMap<string, number>;
  readonly changes: number;
  /** How long each view took to become its disk in the end, in ms. */
  readonly equalAfterMs: readonly number[];
}

interface Watched {
  readonly name: string;
  readonly agent: Agent;
  readonly net: RoughNet;
  readonly dir: string;
}

const READ_EVERY_MS = 2_000;
const EQUAL_WITHIN_MS = 180_000;
const BURST_FILES = 1_500;
/** What a view remembers on purpose is as much as it will ever be before it is measured. */
const SHORT_MEMORY = { tombstone_ttl_sec: 60, blind_spots_max: 500 };
/**
 * V8 lets the space of young objects grow to 32 MB and shrink again as work comes and goes: more than
 * all that a leak would add in an hour. Here it stays as small as that of the sources.
 */
const STEADY = ["--max-semi-space-size=2"];
/** Of the time: until then everything may be killed. */
const KILLING = 1 / 6;
/** From then on memory is measured: what was killed last has become warm meanwhile. */
const WARM = 1 / 3;
const STORMS: readonly Weather[] = [
  { isCut: true },
  { isSilent: true },
  { delayMs: 1_500 },
  { losesRequests: 0.3, losesAnswers: 0.3 },
  { duplicates: 0.5, replays: 0.3, delayMs: 200 },
];

/**
 * Three agents on two trees, two of them on one, and a Fusion with two views, under every fault at
 * once while the trees change. Rejects when a view does not become its disk once the faults stop.
 *
 * After the first sixth Fusion and the first two agents are hurt in all ways but the one that ends
 * their processes, so that it can be told what these hold of memory and descriptors.
 */
export async function soak({ minutes, seed, atEnd, log }: SoakOptions): Promise<SoakReport> {
  const world = await World.start(seed, atEnd);
  const began = performance.now();
  const minute = (): number => (performance.now() - began) / 60_000;
  const readings = new Map<string, Reading[]>();
  let nextLine = 1;
  let nextReading = 0;
  while (minute() < minutes) {
    await world.strike(minute() < minutes * KILLING);
    if (performance.now() >= nextReading) {
      nextReading = performance.now() + READ_EVERY_MS;
      if (minute() > minutes * WARM) await world.read(readings, minute());
    }
    if (minute() < nextLine) continue;
    nextLine += 1;
    log(`minute ${minute().toFixed(0)}: ${await world.figures()}`);
  }
  const equalAfterMs = await world.settle(log);
  return {
    slopes: new Map([...readings].map(([name, all]) => [name, slopesOf(all)])),
    faults: world.faults,
    changes: world.changes,
    equalAfterMs,
  };
}

class World {
  readonly faults = new Map<string, number>();
  readonly #chance: Chance;
  readonly #fusion: Fusion;
  readonly #agents: readonly Watched[];
  readonly #trees: readonly { readonly view: string; readonly dir: string }[];
  readonly #workers: readonly RandomChanges[];
  /** Faults that are under way: each undoes itself. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  /** Why a fault could not be undone. */
  #broken: unknown;

  private constructor(parts: {
    readonly chance: Chance;
    readonly fusion: Fusion;
    readonly agents: readonly Watched[];
    readonly trees: readonly { readonly view: string; readonly dir: string }[];
    readonly workers: readonly RandomChanges[];
  }) {
    this.#chance = parts.chance;
    this.#fusion = parts.fusion;
    this.#agents = parts.agents;
    this.#trees = parts.trees;
    this.#workers = parts.workers;
  }

  static async start(seed: number, atEnd: AtEnd): Promise<World> {
    const home = await makeFolder("soak", { atEnd });
    const trees = ["one", "two"].map((view) => ({ view, dir: join(home, `tree-${view}`) }));
    for (const { dir } of trees) await mkdir(dir);
    const fusion = await Fusion.start({
      home: join(home, "fusion"),
      pipes: { one: ["one"], two: ["two"] },
      sessionTimeoutSec: 6,
      auditIntervalSec: 15,
      sentinelIntervalSec: 5,
      viewConfig: { hot_file_threshold_sec: 5, ...SHORT_MEMORY },
      checkpointAfterMb: 0.2,
      nodeFlags: STEADY,
      atEnd,
    });
    const keys = new Map([["one", fusion.key]]);
    keys.set("two", await fusion.createKey(["ingest:two"]));
    const agents: Watched[] = [];
    for (const [index, name] of ["a", "b", "c"].entries()) {
      const { view = "", dir = "" } = trees[index === 2 ? 1 : 0] ?? {};
      const net = await RoughNet.start(fusion.endpoint, Chance.for(seed, 10 + index), atEnd);
      const agent = await Agent.start({
        home: join(home, name),
        agentId: name,
        dir,
        endpoint: net.endpoint,
        key: keys.get(view) ?? "",
        senderParams: { request_timeout_sec: 4 },
        nodeFlags: STEADY,
        atEnd,
      });
      agents.push({ name, agent, net, dir });
    }
    const workers = trees.map(({ dir }, index) => new RandomChanges(dir, Chance.for(seed, index)));
    for (const worker of workers) {
      worker.start();
      atEnd(() => worker.pause());
    }
    return new World({ chance: Chance.for(seed, 7), fusion, agents, trees, workers });
  }

  get changes(): number {
    return this.#workers.reduce((sum, { count }) => sum + count, 0);
  }

  /** One fault more, of those that may be; it undoes itself after a while. */
  async strike(mayKill: boolean): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken as Error;
    await sleep(200 + this.#chance.below(1_500));
    const victim = this.#chance.pick(this.#agents);
    const mayEnd = mayKill || victim.name === "c";
    switch (this.#chance.below(8)) {
      case 0:
        if (mayKill) this.#begin("fusion killed", "fusion", () => this.#killFusion());
        return;
      case 1:
        this.#begin("fusion stopped", "fusion", () => this.#pause(this.#fusion, 9_000));
        return;
      case 2:
        if (mayEnd) this.#begin("agent killed", victim.name, () => this.#killAgent(victim.agent));
        return;
      case 3:
        this.#begin("agent stopped", victim.name, () => this.#pause(victim.agent, 12_000));
        return;
      case 4:
        if (mayEnd)
          this.#begin("source killed", victim.name, () => this.#source(victim, "SIGKILL"));
        return;
      case 5:
        this.#begin("source stopped", victim.name, () => this.#source(victim, "SIGSTOP"));
        return;
      case 6:
        this.#begin("storm", `net of ${victim.name}`, () => this.#storm(victim.net));
        return;
      default:
        this.#begin("burst", victim.dir, () => this.#burst(victim.dir));
    }
  }

  async read(readings: Map<string, Reading[]>, minute: number): Promise<void> {
    const processes: (readonly [string, number | undefined])[] = [["fusion", this.#fusion.pid]];
    for (const { name, agent } of this.#agents.slice(0, 2)) {
      processes.push([`agent ${name}`, agent.pid]);
      processes.push([`source of ${name}`, (await childrenOf(agent.pid))[0]]);
    }
    for (const [name, pid] of processes) {
      const reading = pid === undefined ? undefined : await readProcess(pid, minute);
      if (reading === undefined) continue;
      const all = readings.get(name) ?? [];
      all.push(reading);
      readings.set(name, all);
    }
  }

  async figures(): Promise<string> {
    const now = new Map<string, Reading[]>();
    await this.read(now, 0);
    const held = [...now].map(
      ([name, [reading]]) =>
        `${name} ${(reading?.rssMb ?? 0).toFixed(0)} MB ${String(reading?.fds)} fd`,
    );
    const views = this.#trees.map(({ view }) => view);
    return `${String(this.changes)} changes, ${held.join(", ")}; ${await memoryOf(this.#fusion, views)}`;
  }

  /** Lets all faults end, and the views become their disks; returns how long that took. */
  async settle(log: (line: string) => void): Promise<number[]> {
    await Promise.all(this.#underWay.values());
    for (const worker of this.#workers) await worker.pause();
    const took: number[] = [];
    for (const { view, dir } of this.#trees) {
      const address = { ...this.#fusion.view, view };
      try {
        took.push(await eventuallyEqual(dir, address, { withinMs: EQUAL_WITHIN_MS }));
      } catch (error) {
        const why = await explainDifference(dir, address).catch(String);
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${why}`, {
          cause: error,
        });
      }
      log(`view ${view} equals its disk`);
    }
    return took;
  }

  /** One fault at a time for each that can have one. */
  #begin(fault: string, victim: string, strike: () => Promise<void>): void {
    if (this.#underWay.has(victim)) return;
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
    const over = strike().then(
      () => this.#underWay.delete(victim),
      (error: unknown) => (this.#broken ??= error),
    );
    this.#underWay.set(victim, over);
  }

  async #killFusion(): Promise<void> {
    await this.#fusion.kill();
    await sleep(this.#chance.below(3_000));
    await this.#fusion.start();
  }

  async #killAgent(agent: Agent): Promise<void> {
    await agent.kill();
    await sleep(this.#chance.below(3_000));
    agent.start();
  }

  async #pause(process: Fusion | Agent, ms: number): Promise<void> {
    process.pause();
    await sleep(this.#chance.below(ms));
    process.resume();
  }

  /** A source that was stopped is replaced by its agent if that takes too long. */
  async #source({ agent }: Watched, signal: "SIGKILL" | "SIGSTOP"): Promise<void> {
    const [pid] = agent.isRunning() ? await childrenOf(agent.pid) : [];
    if (pid === undefined) return;
    tell(pid, signal);
    if (signal === "SIGKILL") return;
    await sleep(this.#chance.below(10_000));
    tell(pid, "SIGCONT");
  }

  async #storm(net: RoughNet): Promise<void> {
    net.become(this.#chance.pick(STORMS));
    await sleep(2_000 + this.#chance.below(8_000));
    net.become({});
  }

  async #burst(dir: string): Promise<void> {
    const folder = join(dir, "burst");
    await mkdir(folder, { recursive: true });
    // Who works in the tree may be there, too.
    for (let file = 0; file < BURST_FILES; file += 1) {
      await writeFile(join(folder, `f${String(file)}`), "").catch(() => undefined);
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
