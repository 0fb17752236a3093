import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Chance } from "@fustor/testkit";
import { Agent } from "../support/agent.js";
import type { AtEnd } from "../support/at-end.js";
import { eventuallyEqual } from "../support/equal.js";
import { eventually, Hopeless } from "../support/eventually.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { RandomChanges } from "../support/random-changes.js";
import { readView } from "../support/view.js";
import { Wire } from "../support/wire.js";
import { Acknowledged } from "./acknowledged.js";
import { explainDifference } from "./explain.js";
import { LastingFiles } from "./lasting-files.js";
import { Story } from "./story.js";

export interface KillLoopOptions {
  readonly rounds: number;
  /** What is done, and when who is killed, follows from it; what the processes make of it does not. */
  readonly seed: number;
  readonly atEnd: AtEnd;
  readonly log?: (line: string) => void;
  /** The view is compared with the disk after so many rounds. Default: 10. */
  readonly roundsPerLook?: number;
}

/** What a loop did, to show that it did something. */
export interface KillLoopReport {
  readonly rounds: number;
  readonly fusionKills: number;
  readonly agentKills: number;
  /** Of them, in the middle of a start. */
  readonly killsAtStart: number;
  readonly changes: number;
  readonly batchesTaken: number;
  /** Acknowledged facts that were looked for after a kill of Fusion, all loops together. */
  readonly factsChecked: number;
}

/** How long both work before somebody is killed. */
const WORK_MS = 400;
/** A start takes about so long: a moment of chance in it is in the middle of the start. */
const START_MS = 900;
/** Small, so that kills also meet checkpoints, new segments and cuts of the log. */
const CHECKPOINT_AFTER_MB = 0.02;
/** What hundreds of rounds leave behind would make every start longer than the round. */
const SHORT_MEMORY = { tombstone_ttl_sec: 300, blind_spots_max: 500 };
/**
 * In a folder; so few that the tree has some hundred at most. Of a larger one a single walk may miss
 * a thousand, and then the brake waits for a person's word.
 */
const NAMES = 8;
const WITHIN_MS = 180_000;

/**
 * Kills agent and Fusion with SIGKILL, again and again and at any moment, while a tree changes.
 * Rejects when an acknowledged batch is not in the view after the restart, when a process does not
 * come up again by itself, and when the view does not become the disk.
 */
export async function killLoop(options: KillLoopOptions): Promise<KillLoopReport> {
  const { rounds, seed, atEnd, log, roundsPerLook = 10 } = options;
  const loop = await KillLoop.start(seed, atEnd);
  for (let round = 0; round <= rounds; round += 1) {
    try {
      if (round === 0) {
        await loop.equal();
        continue;
      }
      await loop.round();
      if (round % roundsPerLook === 0 || round === rounds) await loop.equal();
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new Error(`round ${String(round)} of seed ${String(seed)}: ${said}\n${loop.output()}`);
    }
    if (round % 10 === 0) log?.(describe({ ...loop.report, rounds: round }));
  }
  return { ...loop.report, rounds };
}

export function describe(report: KillLoopReport): string {
  return Object.entries(report)
    .map(([name, count]) => `${name} ${String(count)}`)
    .join(", ");
}

interface Parts {
  readonly dir: string;
  readonly fusion: Fusion;
  readonly agent: Agent;
  readonly wire: Wire;
  readonly changes: RandomChanges;
  readonly lasting: LastingFiles;
  readonly acknowledged: Acknowledged;
  readonly story: Story;
  readonly chance: Chance;
  /** How many batches were acknowledged. */
  readonly taken: { count: number };
}

class KillLoop {
  readonly #dir: string;
  readonly #fusion: Fusion;
  readonly #agent: Agent;
  readonly #wire: Wire;
  readonly #changes: RandomChanges;
  readonly #lasting: LastingFiles;
  readonly #acknowledged: Acknowledged;
  readonly #story: Story;
  readonly #chance: Chance;
  readonly #counts = { fusionKills: 0, agentKills: 0, killsAtStart: 0, factsChecked: 0 };
  readonly #taken: Parts["taken"];

  private constructor(parts: Parts) {
    this.#dir = parts.dir;
    this.#fusion = parts.fusion;
    this.#agent = parts.agent;
    this.#wire = parts.wire;
    this.#changes = parts.changes;
    this.#lasting = parts.lasting;
    this.#acknowledged = parts.acknowledged;
    this.#story = parts.story;
    this.#chance = parts.chance;
    this.#taken = parts.taken;
  }

  static async start(seed: number, atEnd: AtEnd): Promise<KillLoop> {
    const dir = await makeFolder("killed", { atEnd });
    const home = await makeFolder("home", { atEnd });
    await mkdir(join(dir, "work"));
    const changes = new RandomChanges(join(dir, "work"), Chance.for(seed, 1), { names: NAMES });
    const lasting = await LastingFiles.in(join(dir, "lasting"));
    atEnd(() => Promise.all([changes.pause(), lasting.pause()]));
    const fusion = await Fusion.start({
      home: join(home, "fusion"),
      sessionTimeoutSec: 20,
      sentinelIntervalSec: 2,
      // What is written under one name of a file may show under another only then.
      auditIntervalSec: 5,
      checkpointAfterMb: CHECKPOINT_AFTER_MB,
      viewConfig: SHORT_MEMORY,
      atEnd,
    });
    const acknowledged = new Acknowledged();
    const story = new Story();
    const taken = { count: 0 };
    const wire = await Wire.start(fusion.endpoint, atEnd, (passed) => {
      acknowledged.hear(passed);
      story.hear(passed);
      if (passed.status === 200) taken.count += 1;
    });
    const { key } = fusion;
    const { endpoint } = wire;
    const agent = await Agent.start({ home: join(home, "agent"), dir, endpoint, key, atEnd });
    const chance = Chance.for(seed, 2);
    const told = { acknowledged, story, taken };
    const loop = new KillLoop({ dir, fusion, agent, wire, changes, lasting, chance, ...told });
    loop.#change();
    return loop;
  }

  get report(): Omit<KillLoopReport, "rounds"> {
    return { ...this.#counts, changes: this.#changes.count, batchesTaken: this.#taken.count };
  }

  output(): string {
    return [this.#fusion, this.#agent]
      .map((each) => `${each.isRunning() ? "runs" : "has ended"}:\n${each.output().slice(-3_000)}`)
      .join("\n---\n");
  }

  async round(): Promise<void> {
    const chance = this.#chance;
    // Mostly while something flows, and sometimes before it could begin to.
    if (chance.often(0.8)) await this.#flow();
    await sleep(chance.below(WORK_MS));
    const who = chance.pick(["fusion", "fusion", "agent", "both"] as const);
    await Promise.all([
      who === "agent" ? undefined : this.#killFusion(),
      who === "fusion" ? undefined : this.#killAgent(),
    ]);
  }

  /** Waits until the view is the disk, while nothing changes. */
  async equal(): Promise<void> {
    await Promise.all([this.#changes.pause(), this.#lasting.pause()]);
    const check = (): void => {
      this.#checkRunning();
    };
    const options = { withinMs: WITHIN_MS, check };
    try {
      await eventuallyEqual(this.#dir, this.#fusion.view, options);
    } catch (error) {
      const why = await explainDifference(this.#dir, this.#fusion.view).catch(String);
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${why}`, {
        cause: error,
      });
    }
    this.#change();
  }

  #change(): void {
    this.#changes.start();
    this.#lasting.start();
  }

  /** Waits until a further batch has been acknowledged. */
  async #flow(): Promise<void> {
    const before = this.#taken.count;
    const hasFlowed = (): true | undefined => {
      this.#checkRunning();
      return this.#taken.count > before || undefined;
    };
    await eventually(hasFlowed, { what: "a batch to be taken", withinMs: WITHIN_MS });
  }

  /** Whoever was started again runs until it is killed again. */
  #checkRunning(): void {
    if (!this.#agent.isRunning()) throw new Hopeless("The agent has ended by itself.");
    if (!this.#fusion.isRunning()) throw new Hopeless("Fusion has ended by itself.");
  }

  async #killFusion(): Promise<void> {
    this.#counts.fusionKills += 1;
    await this.#fusion.kill();
    // Nothing new comes before the look at what came back.
    this.#wire.cut();
    while (this.#chance.often(0.3)) {
      this.#counts.killsAtStart += 1;
      const starting = this.#fusion.start().catch(() => undefined);
      await sleep(this.#chance.below(START_MS));
      await this.#fusion.kill();
      await starting;
    }
    await this.#fusion.start();
    const breaches = this.#acknowledged.breaches(await readView(this.#fusion.view));
    this.#counts.factsChecked += this.#acknowledged.size;
    if (breaches.length > 0) {
      const shown = breaches.slice(0, 10).map(({ says }) => says);
      const story = this.#story.of(breaches[0]?.path ?? "/");
      throw new Error(["acknowledged and gone:", ...shown, "what passed:", ...story].join("\n"));
    }
    this.#wire.mend();
  }

  async #killAgent(): Promise<void> {
    this.#counts.agentKills += 1;
    await this.#agent.kill();
    while (this.#chance.often(0.3)) {
      this.#counts.killsAtStart += 1;
      this.#agent.start();
      await sleep(this.#chance.below(START_MS));
      await this.#agent.kill();
    }
    this.#agent.start();
  }
}
