import type { ViewRecord } from "@fustor/core";
import { describe, expect, it, vi } from "vitest";
import { beginCheckpoint } from "../../src/checkpoint/write.js";
import type { Core } from "../../src/core/core.js";
import { directory, file, Scene, type Agent, type Entries } from "../scene.js";
import { applyAll, begin, restored } from "./picture.js";

/** Longer than anything that is late is waited for. */
const LATER_MS = 4 * 3_600_000;

function names(count: number, mtime = 1): Entries {
  const given = Array.from({ length: count }, (_, i) => `f${String(i + 10)}`);
  return Object.fromEntries(given.map((name) => [name, file({ mtime })] as const));
}

/** A view that was reset, and of which an audit misses more than may go at once. */
function story(): { readonly records: readonly ViewRecord[]; readonly scene: Scene } {
  const scene = new Scene();
  const a = scene.agent("a");
  a.listing("/", { old: file() }, { at: 1_000_000 });
  scene.reset();
  scene.at = 1_000_001;
  a.listing("/", { d: directory() }, { at: 1_000_002 });
  a.listing("/d", names(40), { at: 1_000_003 });
  // The storage's clock is slow by 900 seconds.
  a.change({ "/d/f10": file({ mtime: 100, ctime: 100 }) }, [], { at: 1_000_004 });
  audit(a, 1_000_005, 20);
  return { records: scene.records, scene };
}

function audit(a: Agent, at: number, left: number): void {
  a.mark("begin", at, { walk: "audit", id: String(at) });
  a.listing("/d", names(left), { at: at + 1, source: "audit" });
}

async function copyOf(core: Core): Promise<Core> {
  return (await restored(beginCheckpoint(core, 1).slices)).core;
}

describe("what a checkpoint has beside the tree", () => {
  it("keeps the brake's count of what went in which audit, and of how many", async () => {
    const told = begin();
    applyAll(told, story().records);
    const brake = told.core.world.brake.copy();
    expect(brake).toMatchObject({ cycle: 1, size: 42, removed: 12 });
    expect(brake.holds).toHaveLength(8);
    expect((await copyOf(told.core)).world.brake.copy()).toEqual(brake);
  });

  it("holds on as before: what waits, and what went, count on", async () => {
    const { records, scene } = story();
    const told = begin();
    applyAll(told, records);
    const copy = { core: await copyOf(told.core), changes: [] };
    const known = records.length;
    const b = scene.agent("b", { role: "follower" });
    b.listing("/d", names(5), { at: 1_000_010, source: "on_demand" });
    const rest = scene.records.slice(known);
    applyAll(told, rest);
    applyAll(copy, rest);
    const held = [...told.core.world.brake.held];
    expect(held.length).toBeGreaterThan(0);
    expect([...copy.core.world.brake.held]).toEqual(held);
    expect(copy.core.world.brake.copy()).toEqual(told.core.world.brake.copy());
  });

  it("keeps by how much the storage's clock is off", async () => {
    const told = begin();
    applyAll(told, story().records);
    expect(told.core.world.skew.samples).toEqual([900_004]);
    expect((await copyOf(told.core)).world.skew.ms).toBe(900_004);
  });

  it("keeps when the view began anew: what is older changes nothing", async () => {
    const { records, scene } = story();
    const told = begin();
    applyAll(told, records);
    const copy = { core: await copyOf(told.core), changes: [] };
    expect(copy.core.world.resetAt).toBe(1_000_000);
    const late = scene.agent("late");
    late.listing("/", { old: file() }, { at: 999_999 });
    applyAll(copy, scene.records.slice(records.length));
    expect(copy.core.world.tree.find("/old")).toBeUndefined();
  });

  it("keeps when it was looked through last for what no word can be late for", async () => {
    const told = begin();
    applyAll(told, story().records);
    expect(told.core.copy().prunedAt).toBe(600_000);
    const core = await copyOf(told.core);
    expect(core.copy().prunedAt).toBe(600_000);
    const prune = vi.spyOn(core.world.heard, "prune");
    core.apply({ kind: "tick", at: 1_100_000 });
    expect(prune).not.toHaveBeenCalled();
  });
});

describe("what is kept for late words", () => {
  it("is looked through every ten minutes, whatever records there are, and forgotten", () => {
    const told = begin();
    const { records, scene } = story();
    const b = scene.agent("b", { role: "follower", facts: { attribute_cache_sec: 1 } });
    b.listing("/d", names(20), { at: 1_000_020, source: "on_demand" });
    applyAll(told, records);
    const { heard } = told.core.world;
    expect(heard.size).toBeGreaterThan(0);
    const prune = vi.spyOn(heard, "prune");
    for (let at = 1_060_000; at < 1_060_000 + LATER_MS; at += 60_000) {
      told.core.apply({ kind: "tick", at });
    }
    expect(prune).toHaveBeenCalledTimes(LATER_MS / 600_000);
    expect(heard.size).toBe(0);
  });
});
