import { digestMask, type FsAttributes } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { page, Tree, type NodeId } from "../../src/tree/index.js";
import { DIRECTORY, FILE } from "./rows.js";

describe("the columnar tree", () => {
  it("uses an id again, in another generation", () => {
    const tree = createTree();
    const first = tree.insert(tree.root, "a", FILE);
    const generation = tree.generation(first);
    tree.remove(first);
    expect(tree.isLive(first)).toBe(false);
    const second = tree.insert(tree.root, "b", FILE);
    expect(second).toBe(first);
    expect(tree.generation(second)).not.toBe(generation);
  });

  it("starts a node that uses an id again with nothing of the one before", () => {
    const tree = createTree();
    const first = tree.insert(tree.root, "a", DIRECTORY);
    tree.insert(first, "b", FILE);
    tree.setSeen(first, 5, 6, 7);
    tree.setFlags(first, 8);
    tree.setListed(first, { at: 9, by: 10, error: 11, complete: true });
    const fresh = createTree();
    const other = fresh.insert(fresh.root, "c", undefined, true);
    tree.remove(first);
    const second = tree.insert(tree.root, "c", undefined, true);
    expect(second).toBe(first);
    expect(describeDirectory(tree, second)).toEqual(describeDirectory(fresh, other));
  });

  it("keeps what a directory rests on, its error never smaller than it was", () => {
    const tree = createTree();
    const id = tree.insert(tree.root, "a", DIRECTORY);
    expect(tree.seen(id)).toEqual({ at: -Infinity, by: 0, error: 0 });
    expect(tree.listed(id).complete).toBe(false);
    tree.setSeen(id, 1_700_000_000_123.25, 65_535, 2.1);
    expect(tree.seen(id)).toEqual({ at: 1_700_000_000_123.25, by: 65_535, error: 3 });
    tree.setListed(id, { at: 1, by: 2, error: 1e9, complete: true });
    expect(tree.listed(id)).toEqual({ at: 1, by: 2, error: 65_535, complete: true });
  });

  it("finds a directory where it is, also when it was asked for before it moved or went", () => {
    const tree = createTree();
    const above = tree.insert(tree.root, "above", DIRECTORY);
    const id = tree.insert(above, "a", DIRECTORY);
    expect([tree.directoryAt("/above/a"), tree.directoryAt("/above/a")]).toEqual([id, id]);
    tree.move(above, tree.root, "moved");
    expect(tree.directoryAt("/above/a")).toBeUndefined();
    expect(tree.directoryAt("/moved/a")).toBe(id);
    tree.remove(id);
    expect(tree.directoryAt("/moved/a")).toBeUndefined();
    const file = tree.insert(above, "a", FILE);
    expect(tree.find("/moved/a")).toBe(file);
    expect(tree.directoryAt("/moved/a")).toBeUndefined();
    expect(tree.directoryAt("/")).toBe(tree.root);
  });

  it("keeps sums exact where a number is not", () => {
    const tree = createTree();
    const a = tree.insert(tree.root, "a", DIRECTORY);
    const b = tree.insert(tree.root, "b", DIRECTORY);
    const huge = [1, 2, 3].map((i) => tree.insert(a, `huge-${String(i)}`, sized(2 ** 53)));
    tree.insert(a, "one", sized(1));
    tree.move(a, b, "a"); // beyond 2^53 in one piece
    for (const id of huge) tree.remove(id);
    expect(tree.usage(b).bytes).toBe(1);
    expect(tree.usage(tree.root).bytes).toBe(1);
  });

  it("finds the newest time again where it has gone", () => {
    const tree = createTree();
    const a = tree.insert(tree.root, "a", undefined, true);
    tree.insert(a, "old", { ...FILE, mtime: 10, mtimeNsec: 0 });
    const young = tree.insert(a, "young", { ...FILE, mtime: 20, mtimeNsec: 0 });
    tree.update(young, { ...FILE, mtime: 5, mtimeNsec: 1 });
    expect(tree.usage(tree.root).newest).toEqual({ seconds: 10, nsec: 0 });
    tree.remove(a);
    expect(tree.usage(tree.root).newest).toBeUndefined();
  });

  it("finds the newest time again where it came with a whole directory and went in it", () => {
    const tree = createTree();
    const directory = tree.insert(tree.root, "d", DIRECTORY);
    const newest = tree.insert(directory, "newest", { ...FILE, mtime: 1_900_000_000 });
    expect(tree.usage(tree.root).newest?.seconds).toBe(1_900_000_000);
    tree.move(directory, tree.root, "e");
    tree.remove(newest);
    expect(tree.usage(tree.root).newest?.seconds).toBe(DIRECTORY.mtime);
  });

  it("sums up chains of directories as deep as they come, and what is left of them", () => {
    const tree = createTree();
    const chain: NodeId[] = [tree.root];
    for (let depth = 0; depth < 5_000; depth += 1) {
      const at = chain.at(-1) ?? tree.root;
      tree.insert(at, "file", { ...FILE, size: 3 });
      chain.push(tree.insert(at, "d", DIRECTORY));
    }
    expect(tree.sums(tree.root)).toMatchObject({ files: 5_000, directories: 5_000, bytes: 15_000 });
    expect(tree.sums(chain[4_000] ?? 0)).toMatchObject({ files: 1_000, directories: 1_000 });
    for (const id of chain.reverse().slice(0, 3_000)) {
      for (const child of tree.childrenOf(id)) tree.remove(child);
      tree.remove(id);
    }
    expect(tree.sums(tree.root)).toMatchObject({ files: 2_001, directories: 2_000 });
  });

  it("counts what stands in a directory of 100,000 and what is left of it", () => {
    const tree = createTree();
    const ids: NodeId[] = [];
    for (let i = 0; i < 100_000; i += 1) {
      ids.push(tree.insert(tree.root, `file-${String(i)}`, FILE));
    }
    expect(ids.every((id, i) => tree.child(tree.root, `file-${String(i)}`) === id)).toBe(true);
    const freeBefore = tree.children.freeBytes;
    for (let i = 0; i < 100_000; i += 1) if (i % 10 !== 3) tree.remove(ids[i] ?? 0);
    expect(tree.childCount(tree.root)).toBe(10_000);
    expect(tree.usage(tree.root).files).toBe(10_000);
    expect(tree.children.freeBytes - freeBefore).toBeGreaterThan(400_000); // the list shrank
    expect(tree.child(tree.root, "file-13")).toBe(ids[13]);
    expect(tree.child(tree.root, "file-14")).toBeUndefined();
    expect([...tree.childrenOf(tree.root)]).toEqual(ids.filter((_, i) => i % 10 === 3));
  });

  it("takes no more memory when the same comes and goes", () => {
    const tree = createTree();
    const churn = (round: number) => {
      const top = tree.insert(tree.root, "top", DIRECTORY);
      for (let d = 0; d < 40; d += 1) {
        const directory = tree.insert(top, `d-${String(d)}`, DIRECTORY);
        for (let f = 0; f < 40; f += 1) {
          const attributes = {
            ...FILE,
            nlink: f,
            uid: d,
            gid: round,
            mtime: f === 0 ? 2 ** 40 : 0,
          };
          tree.insert(directory, `f-${String(f)}`, attributes);
        }
      }
      tree.remove(top);
    };
    churn(0);
    const before = shape(tree);
    expect(before.beyond).toBe(0);
    for (let i = 0; i < 50; i += 1) churn(i);
    expect(shape(tree)).toEqual(before);
  });

  it("gives each removed node while it can still be asked", () => {
    const tree = createTree();
    const a = tree.insert(tree.root, "a", DIRECTORY);
    tree.insert(a, "b", DIRECTORY);
    tree.insert(a, "c", FILE);
    const told: string[] = [];
    tree.remove(a, (id) => told.push(tree.path(id)));
    expect(told.sort()).toEqual(["/a", "/a/b", "/a/c"]);
    expect(told.indexOf("/a/b")).not.toBe(-1);
  });

  it.each<[string, (tree: Tree, file: NodeId, directory: NodeId) => void]>([
    ["inserting a taken name", (tree) => tree.insert(tree.root, "file", FILE)],
    ["inserting no name", (tree) => tree.insert(tree.root, "", FILE)],
    ["inserting into a file", (tree, file) => tree.insert(file, "x", FILE)],
    [
      "moving into itself",
      (tree, _, directory) => {
        tree.move(directory, directory, "x");
      },
    ],
    [
      "moving to a taken name",
      (tree, file, directory) => {
        tree.move(file, directory, "inner");
      },
    ],
    [
      "moving the root",
      (tree, _, directory) => {
        tree.move(tree.root, directory, "x");
      },
    ],
    [
      "removing the root",
      (tree) => {
        tree.remove(tree.root);
      },
    ],
    [
      "removing what is gone",
      (tree) => {
        tree.remove(1_000);
      },
    ],
    ["making a file a directory", (tree, file) => tree.update(file, DIRECTORY)],
  ])("throws at %s, and stays whole", (_, act) => {
    const tree = createTree();
    const file = tree.insert(tree.root, "file", FILE);
    const directory = tree.insert(tree.root, "directory", DIRECTORY);
    tree.insert(directory, "inner", FILE);
    expect(() => {
      act(tree, file, directory);
    }).toThrow(/corrupt/);
    expect(tree.path(directory)).toBe("/directory");
    expect(tree.usage(tree.root).directories).toBe(1);
  });

  it("throws instead of looping when a directory stands below itself", () => {
    const tree = createTree();
    const a = tree.insert(tree.root, "a", DIRECTORY);
    const b = tree.insert(a, "b", DIRECTORY);
    tree.nodes.directories.place(a >>> 1, b >>> 1, tree.nodes.nameOf(a));
    expect(() => tree.path(b)).toThrow(/corrupt/);
    expect(() => tree.isWithin(b, 99)).toThrow(/corrupt/);
    expect(() => {
      tree.insert(b, "c", FILE);
      tree.usage(b);
    }).toThrow(/corrupt/);
  });

  it("pages through a directory that changes between the pages", () => {
    const tree = createTree();
    for (let i = 0; i < 100; i += 1)
      tree.insert(tree.root, `n-${String(i).padStart(3, "0")}`, FILE);
    const seen: string[] = [];
    for (let round = 0; ; round += 1) {
      const names = page(tree, tree.root, seen.at(-1), 10).map((id) => tree.name(id));
      seen.push(...names);
      if (names.length < 10) break;
      // Odd ones go, others come; the even ones stand throughout.
      const odd = tree.child(tree.root, `n-0${String(round)}1`);
      if (odd !== undefined) tree.remove(odd);
      tree.insert(tree.root, `n-0${String(round)}0-new`, FILE);
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    const even = Array.from({ length: 50 }, (_, i) => `n-${String(i * 2).padStart(3, "0")}`);
    expect(seen).toEqual(expect.arrayContaining(even));
  });
});

function createTree(): Tree {
  return new Tree({ digestMask: digestMask(["ino"]) });
}

function sized(size: number): FsAttributes {
  return { ...FILE, size };
}

function describeDirectory(tree: Tree, id: NodeId) {
  return {
    attributes: tree.attributes(id),
    seen: tree.seen(id),
    listed: tree.listed(id),
    flags: tree.flags(id),
    usage: tree.usage(id),
    digest: tree.digest(id),
    children: tree.childCount(id),
  };
}

/** How much memory each group of columns has, and how many ids were given out. */
function shape(tree: Tree) {
  const groups = Object.entries(tree.columns).map(([group, buffers]) => [group, buffers.length]);
  const { files, directories } = tree.nodes;
  const beyond = tree.beyondColumns;
  return {
    groups,
    beyond,
    ends: [files.end, directories.end, tree.names.end],
    free: tree.children.freeBytes,
  };
}
