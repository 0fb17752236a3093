import { describe, expect, it } from "vitest";
import { PathMap } from "../../src/core/path-map.js";
import { Chance } from "../chance.js";

describe("a map of paths", () => {
  it("gives what was set, and nothing for the names on the way to it", () => {
    const map = new PathMap<number>();
    map.set("/a/b/c", 1);
    map.set("/", 2);
    expect([map.get("/a/b/c"), map.get("/"), map.get("/a/b"), map.get("/x")]).toEqual([
      1,
      2,
      undefined,
      undefined,
    ]);
    expect(map.size).toBe(2);
  });

  it("counts a path once, however often it is set", () => {
    const map = new PathMap<number>();
    map.set("/a", 1);
    map.set("/a", 2);
    expect([map.size, map.get("/a")]).toEqual([1, 2]);
  });

  it("gives the values above a path from the root's down, without its own", () => {
    const map = new PathMap<string>();
    for (const path of ["/", "/a", "/a/b/c", "/a/x"]) map.set(path, path);
    expect([...map.above("/a/b/c")]).toEqual(["/", "/a"]);
    expect([...map.above("/a/b/c/d/e")]).toEqual(["/", "/a", "/a/b/c"]);
    expect([...map.above("/")]).toEqual([]);
  });

  it("finds what is at and below a path, and no path that only begins alike", () => {
    const map = new PathMap<number>();
    for (const path of ["/a", "/a/b", "/a/b/c", "/ab", "/b"]) map.set(path, 1);
    expect(sorted(map.within("/a"))).toEqual(["/a", "/a/b", "/a/b/c"]);
    expect(sorted(map.within("/"))).toEqual(["/a", "/a/b", "/a/b/c", "/ab", "/b"]);
    expect(map.within("/none")).toEqual([]);
  });

  it("keeps no names that lead to nothing any more", () => {
    const map = new PathMap<number>();
    map.set("/a/b/c", 1);
    map.set("/a/x", 2);
    expect(map.delete("/a/b/c")).toBe(true);
    expect([map.node("/a/b"), map.node("/a")?.name]).toEqual([undefined, "a"]);
    expect(map.delete("/a")).toBe(false); // has no value of its own
    expect(map.delete("/a/x")).toBe(true);
    expect([map.node("/a"), map.size]).toEqual([undefined, 0]);
  });

  it("keeps a name with nothing below it as long as it has a value", () => {
    const map = new PathMap<number>();
    map.set("/a", 1);
    map.set("/a/b", 2);
    map.delete("/a/b");
    expect(map.get("/a")).toBe(1);
  });

  it("is empty after it was cleared", () => {
    const map = new PathMap<number>();
    map.set("/a/b", 1);
    map.clear();
    expect([map.size, map.get("/a/b"), map.within("/")]).toEqual([0, undefined, []]);
  });

  it.each([1, 2, 3, 4, 5])("agrees with a plain map, seed %i", (seed) => {
    const chance = new Chance(seed);
    const map = new PathMap<number>();
    const plain = new Map<string, number>();
    for (let i = 0; i < 500; i += 1) {
      const depth = chance.below(4);
      const path = `/${Array.from({ length: depth }, () => "ab"[chance.below(2)]).join("/")}`;
      if (chance.often(0.5)) {
        map.set(path, i);
        plain.set(path, i);
      } else {
        expect(map.delete(path)).toBe(plain.delete(path));
      }
      const isWithin = (other: string) =>
        path === "/" || other === path || other.startsWith(`${path}/`);
      const expected = [...plain].filter(([other]) => isWithin(other));
      expect(new Map(map.within(path))).toEqual(new Map(expected));
      expect(map.size).toBe(plain.size);
    }
  });
});

function sorted(entries: readonly (readonly [string, unknown])[]): string[] {
  return entries.map(([path]) => path).sort();
}
