import { describe, expect, it } from "vitest";
import { Tree, walk, type Step } from "../../src/tree/index.js";
import { Chance } from "../chance.js";
import { DIRECTORY, FILE } from "./rows.js";

describe("a walk", () => {
  it("gives parents before children, siblings in the order of insertion", () => {
    const { tree } = createForest(["/b", "/a", "/b/y", "/b/x"]);
    expect(paths(walk(tree, tree.root))).toEqual(["/", "/b", "/b/y", "/b/x", "/a"]);
  });

  it("goes no deeper than it was told", () => {
    const { tree } = createForest(["/a", "/a/b", "/a/b/c"]);
    expect(paths(walk(tree, tree.root, 0))).toEqual(["/"]);
    expect(paths(walk(tree, tree.root, 2))).toEqual(["/", "/a", "/a/b"]);
  });

  it("begins anywhere, and counts depth from there", () => {
    const { tree, id } = createForest(["/a", "/a/b", "/a/b/c"]);
    expect([...walk(tree, id("/a/b"))]).toEqual([
      { id: id("/a/b"), path: "/a/b", depth: 0 },
      { id: id("/a/b/c"), path: "/a/b/c", depth: 1 },
    ]);
  });

  it("leaves a directory that is moved away while it is in it", () => {
    const { tree, id } = createForest(["/a", "/a/b", "/a/b/1", "/a/b/2", "/z"]);
    const seen: string[] = [];
    for (const { path } of walk(tree, tree.root)) {
      seen.push(path);
      if (path === "/a/b/1") tree.move(id("/a"), id("/z"), "a");
    }
    expect(seen.slice(0, 5)).toEqual(["/", "/a", "/a/b", "/a/b/1", "/z"]);
    expect(seen).toContain("/z/a/b/2"); // by its new path, since it had not been there
  });

  it("does not take a new directory with an old id for the one it was in", () => {
    const { tree, id } = createForest(["/a", "/a/1", "/a/2", "/z"]);
    const seen: string[] = [];
    for (const { path } of walk(tree, tree.root)) {
      seen.push(path);
      if (path !== "/a/1") continue;
      tree.remove(id("/a"));
      const fresh = tree.insert(tree.root, "fresh", DIRECTORY);
      tree.insert(fresh, "x", FILE);
      tree.insert(fresh, "y", FILE);
    }
    expect(seen).toEqual(["/", "/a", "/a/1", "/z"]);
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "meets what stands unchanged exactly once while all else changes, seed %i",
    (seed) => {
      const chance = new Chance(seed);
      const tree = new Tree({ digestMask: 0 });
      const still = new Set<string>();
      const restless: number[] = [];
      const stillDirectories = [tree.root];
      for (let i = 0; i < 200; i += 1) {
        const parent = chance.pick(stillDirectories);
        const isDirectory = chance.often(0.2);
        const name = `still-${String(i)}`;
        const id = tree.insert(parent, name, isDirectory ? DIRECTORY : FILE);
        if (isDirectory) stillDirectories.push(id);
        still.add(tree.path(id));
      }
      const change = (i: number) => {
        const at = chance.below(restless.length + 1);
        const id = restless[at];
        if (id === undefined || !tree.isLive(id) || chance.often(0.4)) {
          const row = chance.often(0.5) ? DIRECTORY : FILE;
          restless.push(tree.insert(chance.pick(stillDirectories), `r-${String(i)}`, row));
        } else if (chance.often(0.5)) {
          tree.move(id, chance.pick(stillDirectories), `r-${String(i)}`);
        } else {
          tree.remove(id);
          restless.splice(at, 1);
        }
      };
      for (let i = 0; i < 60; i += 1) change(i);
      const met = new Map<string, number>();
      let i = 60;
      for (const { id, path } of walk(tree, tree.root)) {
        expect(tree.find(path)).toBe(id);
        met.set(path, (met.get(path) ?? 0) + 1);
        for (let n = chance.below(4); n > 0; n -= 1) change((i += 1));
      }
      expect([...still].filter((path) => met.get(path) !== 1)).toEqual([]);
    },
  );
});

/** A tree of these paths, parents first. What has something below it, or one letter, is a directory. */
function createForest(all: readonly string[]) {
  const tree = new Tree({ digestMask: 0 });
  for (const path of all) {
    const slash = path.lastIndexOf("/");
    const parent = tree.find(path.slice(0, slash) || "/") ?? 0;
    tree.insert(parent, path.slice(slash + 1), /\d$/.test(path) ? FILE : DIRECTORY);
  }
  return { tree, id: (path: string) => tree.find(path) ?? 0 };
}

function paths(steps: Iterable<Step>): string[] {
  return [...steps].map(({ path }) => path);
}
