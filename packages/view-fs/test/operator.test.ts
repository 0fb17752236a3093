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

  it("stays when an operator rejected, whoever misses it, until it is seen again", () => {
    const { scene, a } = held(4_000, 10);
    scene.apply({ kind: "reject", at: 30, paths: ["/d"] });
    a.mark("begin", 31, { walk: "audit" });
    a.listing("/d", names(10), { at: 32, source: "audit" });
    const b = scene.agent("b");
    b.listing("/d", names(10), { at: 33, source: "on_demand" });
    expect([...scene.view.held()]).toHaveLength(2_990);
    expect(scene.view.stats().files).toBe(3_000);
    a.listing("/d", names(4_000), { at: 40, source: "audit" });
    expect([...scene.view.held()]).toEqual([]);
  });

  it("is a whole tree in small parts, and stays over audits until somebody decides", () => {
    const scene = new Scene({}, createFsView(DEFAULTS));
    const a = scene.agent("a");
    const folders = Array.from({ length: 40 }, (_, i) => `d${String(i).padStart(2, "0")}`);
    const all = Object.fromEntries(folders.map((name) => [name, directory()] as const));
    const left = Object.fromEntries(Object.entries(all).slice(0, 5));
    a.listing("/", all, { at: 10 });
    for (const name of folders) a.listing(`/${name}`, names(100), { at: 11 });
    const audit = (at: number): void => {
      a.mark("begin", at, { walk: "audit" });
      a.listing("/", left, { at: at + 1, source: "audit" });
    };
    audit(20);
    const afterOne = scene.view.stats().files;
    expect(afterOne).toBeGreaterThan(3_000);
    for (const at of [30, 40, 50]) audit(at);
    expect(scene.view.stats().files).toBe(afterOne);
    scene.apply({ kind: "reject", at: 60, paths: ["/d17"] });
    scene.apply({ kind: "approve", at: 61, paths: ["/d18"] });
    for (const at of [70, 80, 90]) audit(at);
    expect(scene.view.stats().files).toBe(afterOne - 100);
    expect(scene.view.node("/d17")).toBeDefined();
    expect(scene.view.node("/d18")).toBeUndefined();
    compareRecords(scene.records, "parts");
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
