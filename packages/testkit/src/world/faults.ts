import type { Chance } from "./chance.js";
import type { Crew } from "./crew.js";
import { Disk } from "./disk.js";
import type { SimulatedFusion } from "./fusion.js";
import type { Host } from "./host.js";
import type { Link } from "./link.js";
import type { Strikes } from "./strikes.js";
import type { Timeline } from "./timeline.js";
import type { WorldSetting } from "./worlds.js";

/** Patterns that an operator leaves out for a while: a name at any depth, or at the top alone. */
const EXCLUDES = [["e"], ["b"], ["/a"]] as const;

export interface FaultsSetting {
  readonly world: WorldSetting;
  readonly timeline: Timeline;
  readonly strikes: Strikes;
  readonly disk: Disk;
  readonly links: readonly Link[];
  readonly fusion: SimulatedFusion;
  readonly crew: Crew;
}

/** What goes wrong, and what operators do about it. */
export class Faults {
  readonly #setting: FaultsSetting;
  /** True once the view began anew. */
  wasReset = false;

  constructor(setting: FaultsSetting) {
    this.#setting = setting;
  }

  strike(chance: Chance): void {
    const { crew, links, timeline, strikes, fusion } = this.#setting;
    const i = chance.below(crew.size);
    const [host, link] = [crew.host(i), links[i]];
    if (host === undefined || link === undefined) return;
    switch (chance.below(11)) {
      case 0:
      case 1:
        if (crew.crash(i, chance.between(500, 30_000))) strikes.add("agent crash");
        return;
      case 2:
        strikes.add("cut");
        link.cutUntil = Math.max(link.cutUntil, timeline.now + chance.between(2_000, 60_000));
        return;
      case 3:
        strikes.add("Fusion crash");
        fusion.crash(chance.between(500, 5_000));
        return;
      case 4:
        crew.agent(i)?.suspend(chance.between(1_500, 45_000));
        return;
      case 5:
        this.#mount(host, chance);
        return;
      case 6:
        strikes.add("root unmounted");
        host.isRootLost = true;
        timeline.after(chance.between(2_000, 60_000), () => {
          host.isRootLost = false;
        });
        return;
      case 7:
        if (!chance.often(0.15)) return;
        strikes.add("reset");
        this.wasReset = true;
        fusion.reset();
        return;
      case 8:
        if (chance.often(0.5)) this.#renumber(i, host, chance);
        else this.#mountAnother(i, host, chance);
        return;
      default: {
        const exclude = chance.often(0.4) ? [] : chance.pick(EXCLUDES);
        if (crew.exclude(i, exclude, chance.between(500, 10_000))) strikes.add("another scope");
      }
    }
  }

  /** An operator looks at what is held: some of it may go, some has to stay. */
  visit(chance: Chance): void {
    const { fusion, strikes } = this.#setting;
    const held = [...fusion.believer.held()];
    const kind = chance.often(0.5) ? "approve" : "reject";
    const paths = held.filter(() => chance.often(0.5));
    if (paths.length === 0 || fusion.isDown) return;
    strikes.add(kind);
    fusion.decide(kind, paths);
  }

  /** All is as it was, but for what is said in the end about names that are left out. */
  end(exclude: readonly string[], without: number | undefined): void {
    const { crew, fusion, timeline } = this.#setting;
    for (let i = 0; i < crew.size; i += 1) {
      const host = crew.host(i);
      if (host === undefined) continue;
      host.mounts.clear();
      host.isRootLost = false;
      if (host.foreign !== undefined) this.#mountAgain(i, host);
      // Who is cut off stays as it is: its words of before are still to come.
      if (i !== without) crew.exclude(i, exclude, 500);
      timeline.after(20_000, () => {
        fusion.accept(host.id, host.treeId);
      });
    }
  }

  #mount(host: Host, chance: Chance): void {
    const { disk, timeline, strikes } = this.#setting;
    const directories = [...disk.names().values()].filter(({ type }) => type === "d");
    if (directories.length === 0) return;
    const inode = chance.pick(directories);
    strikes.add("mount");
    host.mounts.add(inode);
    timeline.after(chance.between(2_000, 120_000), () => {
      host.mounts.delete(inode);
    });
  }

  /** The same tree under another identity: nothing is heard of it until an operator accepts it. */
  #renumber(i: number, host: Host, chance: Chance): void {
    const { crew, fusion, timeline, strikes } = this.#setting;
    strikes.add("root renumbered");
    host.treeId = `tree ${String(chance.below(1_000))}`;
    crew.crash(i, chance.between(500, 5_000));
    timeline.after(chance.between(5_000, 60_000), () => {
      fusion.accept(host.id, host.treeId);
    });
  }

  /** Another tree is mounted in its place for a while. */
  #mountAnother(i: number, host: Host, chance: Chance): void {
    const { crew, fusion, timeline, strikes, world } = this.#setting;
    if (host.foreign !== undefined || !fusion.hasMet(host.id)) return;
    strikes.add("another root");
    host.foreign = new Disk(timeline, chance, world.skewMs, world.granularityMs);
    host.foreign.make("/a", "d");
    host.foreign.make("/a/z", "f");
    crew.crash(i, chance.between(500, 5_000));
    timeline.after(chance.between(10_000, 60_000), () => {
      if (host.foreign !== undefined) this.#mountAgain(i, host);
    });
  }

  #mountAgain(i: number, host: Host): void {
    host.foreign = undefined;
    this.#setting.crew.crash(i, 1_000);
  }
}
