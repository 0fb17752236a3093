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
function held(count: number, left: number, also: Entries = {}): { scene: Scene; a: Agent } {
  const scene = new Scene({}, createFsView(DEFAULTS));
  const a = scene.agent("a");
  a.listing("/", { d: directory() }, { at: 10 });
  a.mark("begin", 11, { walk: "audit" });
  a.listing("/d", { ...names(count), ...also }, { at: 12, source: "audit" });
  a.mark("begin", 20, { walk: "audit" });
  a.listing("/d", names(left), { at: 21, source: "audit" });
  return { scene, a };
}

describe("what the brake lets through", () => {
  it("is what others came for: a small tree may change all of its names again and again", () => {
    const { scene, a } = held(400, 400);
    const named = (round: number): Entries =>
      Object.fromEntries(
        Object.keys(names(400)).map((name) => [`${name}-${String(round)}`, file()]),
      );
    for (let round = 0; round < 10; round += 1) {
      a.listing("/d", named(round), { at: 22 + round, source: "on_demand" });
    }
    expect([...scene.view.held()]).toEqual([]);
    expect(scene.view.stats().files).toBe(400);
  });

  it("is a directory that is found under another name, at the second look of its only host", () => {
    const { scene, a } = held(4_000, 4_000);
    a.listing("/", { e: directory() }, { at: 30, source: "audit" });
    expect([...scene.view.held()]).toEqual(["/d"]);
    a.listing("/e", names(4_000), { at: 31, source: "audit" });
    a.mark("begin", 40, { walk: "audit" });
    a.listing("/", { e: directory() }, { at: 41, source: "audit" });
    expect([...scene.view.held()]).toEqual([]);
    expect(scene.view.stats().files).toBe(4_000);
  });
});

describe("what the brake holds", () => {
  it("is measured by what there was, also before the second walk begins", () => {
    const scene = new Scene({}, createFsView(DEFAULTS));
    const a = scene.agent("a");
    a.mark("begin", 9, { walk: "snapshot" });
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", names(4_000), { at: 12 });
    a.listing("/d", {}, { at: 20, source: "on_demand" });
    expect(scene.view.stats().files).toBe(3_000);
    a.listing("/", { d: directory(), e: directory() }, { at: 30, source: "on_demand" });
    a.listing("/e", names(500), { at: 31, source: "on_demand" });
    a.mark("begin", 40, { walk: "audit" });
    a.listing("/d", {}, { at: 41, source: "audit" });
    expect(scene.view.stats().files).toBe(3_500);
  });

  it("goes with the next listing that misses it, once an operator approved", () => {
    const { scene, a } = held(4_000, 10);
    expect([...scene.view.held()]).toHaveLength(2_990);
    expect(scene.view.stats().held).toBe(2_990);
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

  it("goes with its directory, also where that could not be read any more", () => {
    const { scene, a } = held(4_000, 10);
    a.unreadable("/d", { at: 25, source: "audit" });
    scene.apply({ kind: "approve", at: 30, paths: ["/"] });
    a.listing("/", {}, { at: 41, source: "sentinel" });
    // The directory itself was held by nobody yet.
    expect([...scene.view.held()]).toEqual(["/d"]);
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

  it("is looked at again when an older word that comes late says that it was a file", () => {
    const { scene, a } = held(4_000, 10, { y: directory(), z: directory() });
    expect([...scene.view.held()]).toEqual(expect.arrayContaining(["/d/y", "/d/z"]));
    const b = scene.agent("b", { role: "follower" });
    b.change({ "/d/y": file() }, [], { at: 15 });
    b.change({ "/d/z": file() }, [], { at: 30 });
    expect([...scene.view.held()]).not.toContain("/d/y");
    expect(scene.view.node("/d/y")).toMatchObject({ isDirectory: false });
    // The other was seen since it was missed.
    expect([...scene.view.doubts()]).not.toContain("/d/z");
    expect(scene.view.doubtsDue(10_000).probes).toContain("/d/y");
    a.change({}, ["/d/y"], { at: 10_000, source: "sentinel" });
    expect([...scene.view.held()]).toContain("/d/y");
  });

  it("is not there after all because an older word that comes late says so", () => {
    const { scene, a } = held(4_000, 10);
    const b = scene.agent("b", { role: "follower" });
    b.change({ "/d/f2000": file() }, [], { at: 15 });
    expect([...scene.view.held()]).toContain("/d/f2000");
    a.mark("begin", 30, { walk: "audit" });
    a.listing("/d", names(10), { at: 31, source: "audit" });
    b.change({ "/d/f2001": file() }, [], { at: 25 });
    expect([...scene.view.held()]).toContain("/d/f2001");
    b.change({ "/d/f2001": file() }, [], { at: 32 });
    expect([...scene.view.held()]).not.toContain("/d/f2001");
  });

  it("stays held when it turns out to be something else, unless that was seen later", () => {
    const { scene, a } = held(40, 3);
    const b = scene.agent("b", { role: "follower" });
    b.change({ "/d/f0020": directory() }, [], { at: 15 });
    a.listing("/d", names(3), { at: 31, source: "audit" });
    compareRecords(scene.records, "another type");
  });

  it("is held no more once another thing has its name, though caches may deceive still", () => {
    const scene = new Scene({}, createFsView(DEFAULTS));
    const a = scene.agent("a", { facts: { network: true, attribute_cache_sec: 60 } });
    const all = names(1_100);
    a.listing("/", { d: directory() }, { at: 10_000 });
    a.listing("/d", all, { at: 10_000 });
    a.mark("begin", 200_000, { walk: "audit" });
    a.listing("/", { d: file({ ino: 9 }) }, { at: 200_001, source: "audit" });
    expect([...scene.view.held()]).toEqual(["/d"]);
    const gone = Object.keys(all).map((name) => `/d/${name}`);
    a.change({ "/d": file({ ino: 9 }) }, gone, { at: 220_000 });
    expect(scene.view.node("/d")).toMatchObject({ isDirectory: false });
    expect([...scene.view.held()]).toEqual([]);
    compareRecords(scene.records, "another thing");
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
