import { isBelow, joinPath } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { Chance } from "./chance.js";
import { Scene, type Agent } from "./scene.js";
import { SimulatedAgent, type Host } from "./simulated-agent.js";
import { SimulatedDisk } from "./simulated-disk.js";

const SEEDS = 30;
const OPERATIONS = 120;
const NAMES = ["a", "b", "c", "d"];

describe("on a simulated disk", () => {
  it.each([
    ["one agent", { agents: 1, queueMax: 1_000, restarts: 0, clockErrorMs: 0 }],
    ["two agents", { agents: 2, queueMax: 1_000, restarts: 0, clockErrorMs: 0 }],
    [
      "two agents whose clocks differ",
      { agents: 2, queueMax: 1_000, restarts: 0, clockErrorMs: 400 },
    ],
    ["queues that overflow", { agents: 1, queueMax: 6, restarts: 0, clockErrorMs: 0 }],
    ["agents that die", { agents: 2, queueMax: 20, restarts: 2, clockErrorMs: 400 }],
  ])("%s: what events told is right at once, and all is right in the end", (_name, options) => {
    const met = { checked: 0, overflows: 0, restarts: 0 };
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const world = new SimulatedWorld(seed, options);
      world.run();
      expect(world.mistakes, `seed ${String(seed)}`).toEqual([]);
      met.checked += world.checked;
      met.overflows += world.overflows;
      met.restarts += world.restarts;
    }
    // What never happened was not tested.
    if (options.queueMax > 100) expect(met.checked).toBeGreaterThan(SEEDS * 100);
    if (options.queueMax < 10) expect(met.overflows).toBeGreaterThan(SEEDS);
    expect(met.restarts).toBe(options.restarts * SEEDS);
  });
});

interface Options {
  readonly agents: number;
  readonly queueMax: number;
  readonly restarts: number;
  readonly clockErrorMs: number;
}

class SimulatedWorld {
  readonly mistakes: string[] = [];
  checked = 0;
  overflows = 0;
  restarts = 0;
  readonly #options: Options;
  readonly #scene = new Scene();
  readonly #disk = new SimulatedDisk();
  readonly #chance: Chance;
  readonly #plan: { readonly at: number; readonly order: number; readonly act: () => void }[] = [];
  readonly #host: Host;
  readonly #agents: SimulatedAgent[] = [];
  /** Names whose last change an event told, with nothing above them moved since. */
  readonly #told = new Set<string>();
  #planned = 0;
  #walks = 0;
  #missedEvents = false;

  constructor(seed: number, options: Options) {
    this.#options = options;
    this.#chance = new Chance(seed);
    this.#host = {
      scene: this.#scene,
      disk: this.#disk,
      chance: this.#chance,
      timeline: {
        later: (ms, act) => {
          this.#later(ms, act);
        },
      },
    };
    this.#disk.onChange = (paths) => {
      if (this.#agents.length === 0) return;
      for (const path of paths) this.#told.add(path);
      for (const agent of this.#agents) {
        if (agent.hear(paths)) continue;
        this.overflows += 1;
        this.#missedEvents = true;
      }
    };
    this.#disk.onMoved = (top) => {
      for (const path of this.#told) if (isBelow(path, top)) this.#told.delete(path);
    };
  }

  run(): void {
    for (let i = 0; i < 10; i += 1) this.#operate();
    this.#pass(5_000);
    for (let i = 0; i < this.#options.agents; i += 1) this.#agents.push(this.#start(i));
    this.#walk("snapshot");
    for (let i = 1; i <= OPERATIONS; i += 1) {
      this.#operate();
      this.#pass(this.#chance.pick([0, 1, 1, 5, 40, 200]));
      if (i % 30 === 0) this.#walk("audit");
      if (this.#options.restarts > 0 && i % (OPERATIONS / this.#options.restarts) === 0) {
        this.#restart();
      }
    }
    this.#settle();
    if (!this.#missedEvents) this.#compareAll("after the last event");
    this.#pass(2_000);
    this.#walk("audit");
    this.#settle();
    this.#scene.tick(this.#disk.now + 120_000);
    this.#compareAll("after a last audit");
    const { gaps, suspects } = this.#scene.view.stats();
    if (gaps + suspects > 0) this.mistakes.push("gaps or suspects are left");
    if (!this.#scene.view.readiness().ready) this.mistakes.push("not ready");
  }

  #start(index: number): SimulatedAgent {
    return new SimulatedAgent(this.#host, this.#openSession(index), this.#options.queueMax);
  }

  #openSession(index: number): Agent {
    const error = this.#options.clockErrorMs;
    return this.#scene.agent(`agent-${String(index)}`, {
      role: index === 0 ? "leader" : "follower",
      bootId: String(this.#planned),
      // The agent's own clock is right, so its offset is nothing but the error.
      clockOffsetMs: error === 0 ? 0 : this.#chance.below(2 * error) - error,
    });
  }

  #restart(): void {
    this.restarts += 1;
    this.#missedEvents = true;
    this.#agents[0]?.kill();
    for (let i = 0; i < 3; i += 1) this.#operate();
    this.#pass(this.#chance.below(2_000));
    this.#agents[0] = this.#start(0);
    this.#walk("snapshot");
  }

  #walk(walk: "snapshot" | "audit"): void {
    this.#walks += 1;
    this.#agents[0]?.walk(walk, String(this.#walks));
  }

  #operate(): void {
    const disk = this.#disk;
    const kind = this.#chance.next();
    const path = this.#anyPath();
    if (kind < 0.35) disk.create(this.#newPath(), "f", this.#chance.often(0.3) ? 1 : undefined);
    else if (kind < 0.5) disk.create(this.#newPath(), "d");
    else if (kind < 0.65) disk.write(path);
    else if (kind < 0.75) disk.remove(path);
    else if (kind < 0.9) disk.rename(path, this.#newPath());
    else {
      const aside = joinPath("/", "aside");
      disk.rename(path, aside);
      disk.rename(aside, path);
    }
  }

  #anyPath(): string {
    return this.#chance.pick(this.#disk.paths());
  }

  #newPath(): string {
    const directories = this.#disk.paths().filter((path) => this.#disk.look(path)?.type === "d");
    const shallow = directories.filter((path) => path.split("/").length < 5);
    return joinPath(this.#chance.pick(shallow), this.#chance.pick(NAMES));
  }

  #later(ms: number, act: () => void): void {
    this.#planned += 1;
    const item = { at: this.#disk.now + ms, order: this.#planned, act };
    const index = this.#plan.findIndex(({ at }) => at > item.at);
    if (index === -1) this.#plan.push(item);
    else this.#plan.splice(index, 0, item);
  }

  #pass(ms: number): void {
    const end = this.#disk.now + ms;
    for (let next = this.#plan[0]; next !== undefined && next.at <= end; next = this.#plan[0]) {
      this.#plan.shift();
      this.#disk.now = next.at;
      next.act();
    }
    this.#disk.now = end;
    this.#checkTold();
  }

  #settle(): void {
    for (let i = 0; i < 10_000; i += 1) {
      this.#pass(50);
      if (this.#agents.every((agent) => agent.isIdle)) return;
    }
    this.mistakes.push("never came to rest");
  }

  /** A name whose last event has arrived from everybody is right, whatever listings say. */
  #checkTold(): void {
    if (this.#missedEvents) return;
    for (const path of this.#told) {
      if (this.#agents.some((agent) => agent.isPending(path))) continue;
      this.checked += 1;
      this.#compare(path, "while events flow");
    }
  }

  #compareAll(when: string): void {
    const shown = Array.from(this.#scene.view.walk("/"), ({ path }) => path);
    for (const path of new Set([...shown, ...this.#disk.paths()])) this.#compare(path, when);
    const { files, directories } = this.#scene.view.stats();
    if (files + directories !== shown.length) this.mistakes.push(`${when}: the totals are wrong`);
  }

  #compare(path: string, when: string): void {
    const [shown, real] = [this.#scene.view.node(path), this.#disk.look(path)];
    const isRight =
      shown?.attributes?.ino === real?.ino &&
      shown?.attributes?.size === real?.size &&
      shown?.attributes?.mtimeNsec === real?.mtimeNsec &&
      (shown === undefined) === (real === undefined);
    if (isRight || this.mistakes.length > 3) return;
    const [was, is] = [JSON.stringify(shown?.attributes), JSON.stringify(real)];
    this.mistakes.push(`${when}, at ${String(this.#disk.now)}: ${path} is ${is} and not ${was}`);
  }
}
