import { createScope, joinPath, type FsAttributes } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import type { Evidence } from "../src/arbiter.js";
import { Chance } from "./chance.js";
import { NaiveListing, NaiveModel } from "./naive-model.js";
import { directory, file, Scene } from "./scene.js";

const SEEDS = 150;
const STEPS = 80;
const NAMES = ["a", "b", "c"];
const SCOPE = createScope({ filePattern: "*", exclude: [] });
const LAGS = { near: 0, other: 0, far: 5_000 } as const;
type AgentId = keyof typeof LAGS;

describe("the tree behaves like the plain model", () => {
  it(`over ${String(SEEDS)} histories of ${String(STEPS)} reports in any order`, () => {
    const decided = { removed: 0, refused: 0, buried: 0 };
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const run = new Run(seed);
      for (let step = 0; step < STEPS; step += 1) {
        const before = run.model.entries.size;
        run.step();
        if (run.model.entries.size < before) decided.removed += 1;
        if (run.wasRefused()) decided.refused += 1;
        expect(run.view(), `seed ${String(seed)}, step ${String(step)}`).toEqual(run.expected());
        expect(run.totals(), `seed ${String(seed)}, step ${String(step)}`).toEqual(run.recounted());
      }
      decided.buried += run.model.graves.size;
    }
    // A rule that never decided anything was not tested.
    for (const count of Object.values(decided)) expect(count).toBeGreaterThan(SEEDS);
  });
});

/** One random history, told to both. */
class Run {
  readonly model = new NaiveModel(evidence("near", -Infinity, -Infinity, { agentId: "nobody" }));
  readonly #chance: Chance;
  readonly #scene = new Scene({ tombstones_max: 1_000_000, hot_file_threshold_sec: 0 });
  readonly #agents;
  #now = 1_000_000;
  #lastPath = "/a";
  #lastSize = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    const facts = { network: true, attribute_cache_sec: LAGS.far / 1_000 };
    this.#agents = {
      near: this.#scene.agent("near"),
      other: this.#scene.agent("other"),
      far: this.#scene.agent("far", { facts }),
    };
  }

  step(): void {
    this.#now += this.#chance.below(1_500);
    const kind = this.#chance.next();
    if (kind < 0.55) this.#change();
    else if (kind < 0.85) this.#listing();
    else this.#listingInParts();
  }

  /** True when the last row that was told is not what the model shows. */
  wasRefused(): boolean {
    return this.model.entries.get(this.#lastPath)?.attributes?.size !== this.#lastSize;
  }

  view(): string[] {
    const nodes = this.#scene.view.walk("/");
    return Array.from(nodes, (node) => describeEntry(node.path, node.attributes)).sort();
  }

  expected(): string[] {
    const { entries } = this.model;
    return Array.from(entries, ([path, entry]) => describeEntry(path, entry.attributes)).sort();
  }

  totals() {
    const { files, directories, bytes, tombstones } = this.#scene.view.stats();
    return { files, directories, bytes, tombstones };
  }

  recounted(): ReturnType<Run["totals"]> {
    const all = [...this.model.entries.values()].map(({ attributes }) => attributes);
    const files = all.filter((attributes) => attributes !== undefined && attributes.type !== "d");
    return {
      files: files.length,
      directories: all.length - files.length,
      bytes: files.reduce((sum, attributes) => sum + (attributes?.size ?? 0), 0),
      tombstones: [...this.model.graves.values()].filter(({ absent }) => absent).length,
    };
  }

  #change(): void {
    const { id, at, until } = this.#look();
    const upserts = new Map<string, FsAttributes>();
    const deletes: string[] = [];
    for (let i = this.#chance.below(3); i >= 0; i -= 1) {
      const path = this.#path();
      if (upserts.has(path) || deletes.includes(path)) continue;
      if (this.#chance.often(0.5)) upserts.set(path, this.#row(path));
      else deletes.push(path);
    }
    const realtime = this.#chance.often(0.8);
    const source = realtime ? "realtime" : "on_demand";
    this.#agents[id].change(Object.fromEntries(upserts), deletes, { at, until, source });
    this.model.change(evidence(id, at, until, { realtime, stream: "realtime" }), upserts, deletes);
  }

  #listing(): void {
    const { id, at, until } = this.#look();
    const path = this.#directory();
    const rows = this.#rows(path);
    const complete = this.#chance.often(0.8);
    const stream = this.#chance.often(0.5) ? "realtime" : "scan";
    const source = stream === "realtime" ? "on_demand" : "audit";
    this.#agents[id].listing(path, Object.fromEntries(rows), { at, until, source, complete });
    const told = evidence(id, at, until, { stream });
    this.model.listing(told, path, rows, new NaiveListing(), { whole: complete });
  }

  /** Two parts with something in between. */
  #listingInParts(): void {
    const { id, at, until } = this.#look();
    const path = this.#directory();
    const [first, second] = [this.#rows(path), this.#rows(path)];
    const send = (part: number, rows: ReadonlyMap<string, FsAttributes>): void => {
      const options = { at, until, part, last: part === 1, source: "audit" } as const;
      this.#agents[id].listing(path, Object.fromEntries(rows), options);
    };
    const told = evidence(id, at, until, {});
    send(0, first);
    const listing = new NaiveListing();
    const isOpen = this.model.listing(told, path, first, listing, { whole: false });
    const before = this.model.entries.get(path);
    if (this.#chance.often(0.7)) this.#change();
    send(1, second);
    // A directory that was made again in between is another one.
    const isSame = isOpen && this.model.entries.get(path) === before;
    this.model.listing(told, path, second, listing, { whole: isSame });
  }

  #look(): { readonly id: AgentId; readonly at: number; readonly until: number } {
    const id = this.#chance.pick(["near", "near", "other", "far"] as const);
    const at = this.#now - this.#chance.below(4_000);
    return { id, at, until: at + this.#chance.pick([0, 0, 1, 400]) };
  }

  #path(): string {
    let path = joinPath("/", this.#chance.pick(NAMES));
    while (this.#chance.often(0.5)) path = joinPath(path, this.#chance.pick(NAMES));
    return path;
  }

  #directory(): string {
    return this.#chance.often(0.3) ? "/" : this.#path();
  }

  #rows(path: string): Map<string, FsAttributes> {
    const names = NAMES.filter(() => this.#chance.often(0.5));
    return new Map(names.map((name) => [name, this.#row(joinPath(path, name))]));
  }

  #row(path: string): FsAttributes {
    this.#lastPath = path;
    this.#lastSize = this.#chance.below(1_000_000);
    return this.#chance.often(0.4)
      ? directory({ size: this.#lastSize })
      : file({ size: this.#lastSize });
  }
}

function describeEntry(path: string, attributes: FsAttributes | undefined): string {
  return `${path} ${attributes?.type ?? "?"} ${String(attributes?.size)}`;
}

function evidence(
  agentId: AgentId,
  startedAt: number,
  endedAt: number,
  given: Partial<Evidence>,
): Evidence {
  return {
    agentId,
    bootId: `${agentId}-boot`,
    stream: "scan",
    realtime: false,
    audit: false,
    startedAt,
    endedAt,
    own: { startedAt, endedAt },
    lagMs: LAGS[agentId],
    knownLagMs: LAGS[agentId],
    scope: SCOPE,
    ...given,
  };
}
