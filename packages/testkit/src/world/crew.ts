import { createScope, type Scope } from "@fustor/schema-fs";
import type { DigestOf } from "./agent-setting.js";
import { SimulatedAgent } from "./agent.js";
import type { Chance } from "./chance.js";
import type { SimulatedFusion } from "./fusion.js";
import type { Host } from "./host.js";
import type { Link } from "./link.js";
import type { Strikes } from "./strikes.js";
import type { Timeline } from "./timeline.js";
import type { WorldSetting } from "./worlds.js";

export interface CrewSetting {
  readonly world: WorldSetting;
  readonly timeline: Timeline;
  readonly strikes: Strikes;
  readonly hosts: readonly Host[];
  readonly links: readonly Link[];
  readonly fusion: SimulatedFusion;
  readonly digestOf: DigestOf;
  readonly chance: (part: number) => Chance;
}

/** The agents of a world: each is at its host, or on its way back. */
export class Crew {
  readonly #setting: CrewSetting;
  readonly #agents: (SimulatedAgent | undefined)[] = [];
  readonly #boots: number[] = [];
  /** What each agent leaves out from its next start on. */
  readonly #excludes: (readonly string[])[] = [];

  constructor(setting: CrewSetting) {
    this.#setting = setting;
  }

  get size(): number {
    return this.#setting.world.agents;
  }

  agent(i: number): SimulatedAgent | undefined {
    return this.#agents[i];
  }

  host(i: number): Host | undefined {
    return i < this.size ? this.#setting.hosts[i] : undefined;
  }

  /** The agent that leads. */
  get leader(): SimulatedAgent | undefined {
    const { hosts, fusion } = this.#setting;
    return this.#agents[hosts.findIndex(({ id }) => id === fusion.leader)];
  }

  start(): void {
    for (let i = 0; i < this.size; i += 1) this.#boot(i);
  }

  /** Dies, and comes back after `downMs`; one that is on its way back already comes as it would. */
  crash(i: number, downMs: number): boolean {
    const agent = this.#agents[i];
    if (agent === undefined) return false;
    agent.kill();
    this.#agents[i] = undefined;
    this.#setting.timeline.after(downMs, () => {
      this.#boot(i);
    });
    return true;
  }

  /** The agent is started anew with other names left out, unless it leaves out the same. */
  exclude(i: number, exclude: readonly string[], downMs: number): boolean {
    if (String(this.excluded(i)) === String(exclude)) return false;
    this.#excludes[i] = exclude;
    this.crash(i, downMs);
    return true;
  }

  /** What the agent leaves out, or will when it is back. */
  excluded(i: number): readonly string[] {
    return this.#excludes[i] ?? [];
  }

  /** The names that all agents but this one report, once each is back. */
  scopeWithout(without: number | undefined): Scope {
    const exclude = this.#excludes.filter((_, i) => i !== without).flat();
    return createScope({ filePattern: "*", exclude });
  }

  #boot(i: number): void {
    const { world, hosts, links, chance, ...setting } = this.#setting;
    const [host, link] = [hosts[i], links[i]];
    if (host === undefined || link === undefined) return;
    const boot = (this.#boots[i] ?? 0) + 1;
    this.#boots[i] = boot;
    this.#agents[i] = new SimulatedAgent(
      {
        ...setting,
        ...{ host, link, chance: chance(100 + 10 * boot + i) },
        granularityMs: world.granularityMs,
        identity: host.identity,
        exclude: this.excluded(i),
        digestFields: world.sights[i]?.digestFields,
      },
      boot,
    );
  }
}
