import { describe, expect, it } from "vitest";
import { compareRecords } from "./core/compare.js";
import { createFsView } from "../src/index.js";
import { DEFAULTS, directory, file, Scene, type Agent, type Entries } from "./scene.js";

/** Names of a directory: enough for the brake to take hold when most are missing. */
function names(count: number): Entries {
  const given = Array.from({ length: count }, (_, i) => `f${String(i).padStart(4, "0")}`);
  return Object.fromEntries(given.map((name) => [name, file()] as const));
}

/** An audit of `/d` that finds `left` of the names that an earlier one found. */
function held(count: number, left: number): { scene: Scene; a: Agent } {
  const scene = new Scene({}, createFsView(DEFAULTS));
  const a = scene.agent("a");
  a.listing("/", { d: directory() }, { at: 10 });
  a.mark("begin", 11, { walk: "audit" });
  a.listing("/d", names(count), { at: 12, source: "audit" });
  a.mark("begin", 20, { walk: "audit" });
  a.listing("/d", names(left), { at: 21, source: "audit" });
  return { scene, a };
}

describe("what the brake holds", () => {
  it("goes with the next listing that misses it, once an operator approved", () => {
    const { scene, a } = held(4_000, 10);
    expect([...scene.view.held()]).toHaveLength(2_990);
    scene.apply({ kind: "approve", at: 30, paths: ["/d/f2000", "/other"] });
    expect(scene.view.doubtsDue(40).listings).toEqual(["/d"]);
    a.listing("/d", names(10), { at: 41, source: "sentinel" });
    expect(scene.view.node("/d/f2000")).toBeUndefined();
    expect([...scene.view.held()]).toHaveLength(2_989);
    scene.apply({ kind: "approve", at: 50, paths: ["/"] });
    a.listing("/d", names(10), { at: 51, source: "sentinel" });
    expect([...scene.view.held()]).toEqual([]);
    expect(scene.view.stats().files).toBe(10);
  });

  it("stays when an operator rejected, and is held again when it is missed again", () => {
    const { scene, a } = held(4_000, 10);
    scene.apply({ kind: "reject", at: 30, paths: ["/d"] });
    expect([...scene.view.held()]).toEqual([]);
    expect(scene.view.explain("/d/f2000")?.isHeld).toBeUndefined();
    a.listing("/d", names(10), { at: 31, source: "audit" });
    expect([...scene.view.held()]).toHaveLength(2_990);
    expect(scene.view.stats().files).toBe(3_000);
  });

  it("is held, approved and rejected alike by the core and the model", () => {
    const { scene, a } = held(40, 3);
    scene.apply({ kind: "approve", at: 30, paths: ["/d/f0020", "/d/f0030"] });
    a.listing("/d", names(3), { at: 31, source: "audit" });
    scene.apply({ kind: "reject", at: 40, paths: ["/d"] });
    a.listing("/d", names(3), { at: 41, source: "audit" });
    compareRecords(scene.records, "operator");
  });
});

describe("a root of another identity", () => {
  it("is not heard until an operator accepts it, and then has to be listed anew", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { old: file() }, { at: 10 });
    a.close();
    const b = scene.agent("a", { identity: "other" });
    b.listing("/", { young: file() }, { at: 20 });
    expect(scene.paths()).toEqual(["/old"]);
    expect(scene.gaps()).toEqual(["unreadable /"]);
    scene.apply({ kind: "accept-root", at: 30, agentId: "a", identity: "other" });
    expect(scene.gaps()).toEqual(["lost /", "unreadable /"]);
    b.listing("/", { young: file() }, { at: 40 });
    scene.tick(41);
    expect(scene.paths()).toEqual(["/young"]);
    expect(scene.gaps()).toEqual([]);
    compareRecords(scene.records, "root");
  });

  it("makes no difference when it is the root that the agent has, or nobody's", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", {}, { at: 10 });
    scene.apply({ kind: "accept-root", at: 20, agentId: "a", identity: "ext4:2" });
    scene.apply({ kind: "accept-root", at: 20, agentId: "nobody", identity: "other" });
    expect(scene.gaps()).toEqual([]);
  });
});
