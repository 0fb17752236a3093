import { describe, expect, it, vi } from "vitest";
import { directory, file, Scene } from "./scene.js";

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with its Map
const REAL_GET = Map.prototype.get;

describe("a tombstone", () => {
  it("keeps out older listings, also of a name that was never heard of", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.remove("/d/x", 20);
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", { x: file(), y: file() }, { at: 11 });
    expect(scene.paths()).toEqual(["/d", "/d/y"]);
  });

  it("lets newer listings and any later creation pass", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.remove("/x", 20);
    a.remove("/y", 20);
    expect(scene.view.stats().tombstones).toBe(2);
    a.listing("/", { x: file() }, { at: 21 });
    a.upsert("/y", file({ mtime: -9_999_999 }), 22);
    expect(scene.paths()).toEqual(["/x", "/y"]);
  });

  it("of a directory shields what was below it, also when the directory is back", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory() }, { at: 5 });
    a.remove("/d", 20);
    a.listing("/d", { x: file() }, { at: 10 });
    expect(scene.paths()).toEqual([]);

    a.upsert("/d", directory(), 30);
    a.listing("/d", { x: file() }, { at: 10 });
    expect(scene.paths()).toEqual(["/d"]);
    a.listing("/d", { x: file() }, { at: 31 });
    expect(scene.paths()).toEqual(["/d", "/d/x"]);
  });

  it("of a directory stands for all in it where they are many", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const names = Array.from({ length: 300 }, (_, i) => [`f${String(i)}`, file()] as const);
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", Object.fromEntries(names), { at: 11 });
    a.remove("/d", 12);
    expect(scene.view.stats().tombstones).toBe(1);
    a.listing("/d", { f1: file() }, { at: 11 });
    expect(scene.paths()).toEqual([]);
  });

  it("is not replaced by an older one", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b", { role: "follower" });
    a.remove("/x", 5_000);
    b.remove("/x", 100);
    a.listing("/", { x: file() }, { at: 3_000 });
    expect(scene.paths()).toEqual([]);
  });

  it("expires with a tick, after its time to live", () => {
    const scene = new Scene({ tombstone_ttl_sec: 10 });
    const a = scene.agent("a");
    a.remove("/x", 1_000);
    scene.tick(11_000);
    expect(scene.view.stats().tombstones).toBe(1);
    const { revision } = scene.view;
    scene.tick(11_001);
    expect(scene.view.stats().tombstones).toBe(0);
    expect(scene.view.revision).toBe(revision + 1);
  });

  it("has a deep path looked up name by name, not once more for each directory above", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.remove("/gone", 10);
    const path = `${"/dir".repeat(2_000)}/x`;
    let looked = 0;
    const get = vi.spyOn(Map.prototype, "get").mockImplementation(function (
      this: Map<unknown, unknown>,
      key: unknown,
    ) {
      if (typeof key === "string") looked += key.length;
      return REAL_GET.call(this, key) as unknown;
    });
    try {
      a.upsert(path, file(), 20);
    } finally {
      get.mockRestore();
    }
    expect(scene.view.node(path)).toBeDefined();
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(10 * path.length);
  });

  it("is found at any depth", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const deep = "/d".repeat(50);
    a.remove(`${deep}/x`, 20);
    a.remove("/d/d/y", 20);
    a.change({ [`${deep}/x`]: file(), "/d/d/y": file() }, [], { at: 10, source: "snapshot" });
    expect(scene.paths().filter((path) => /[xy]$/.test(path))).toEqual([]);
    expect([...scene.view.doubts()]).toEqual(expect.arrayContaining([`${deep}/x`, "/d/d/y"]));
  });

  it("is folded into its directory's where there are too many", () => {
    const scene = new Scene({ tombstones_max: 2 });
    const a = scene.agent("a");
    a.listing("/", { d: directory() }, { at: 5 });
    a.listing("/d", { "1": file() }, { at: 5 });
    a.remove("/d/1", 10);
    a.remove("/e/2", 11);
    a.remove("/e/3", 12);
    expect(scene.view.stats().tombstones).toBe(2);
    expect([...scene.view.doubts()]).toContain("/d");
    a.change({ "/d/other": file() }, [], { at: 9, source: "on_demand" });
    expect(scene.view.node("/d/other")).toBeUndefined();
    a.change({ "/d/other": file() }, [], { at: 13, source: "on_demand" });
    expect(scene.view.node("/d/other")).toBeDefined();
  });
});
