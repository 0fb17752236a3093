import type { FsAttributes } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { fileSystemKind } from "../src/file-systems.js";
import { isMature, type Stamp } from "../src/stamp.js";
import { chooseBackend } from "../src/watch/choose.js";
import { DirtyNames } from "../src/watch/dirty-names.js";
import { HardLinks } from "../src/watch/hard-links.js";
import { pathOf, PathTree } from "../src/watch/path-tree.js";
import { Postponed } from "../src/watch/postponed.js";
import { Quiet } from "../src/watch/quiet.js";
import { Revisits } from "../src/watch/revisits.js";
import { Unwatched } from "../src/watch/unwatched.js";

describe("dirty names", () => {
  const make = (namesMax: number) => {
    const told: string[] = [];
    const dirty = new DirtyNames({
      namesMax,
      onCrowded: (directory) => told.push(directory),
      onFlooded: () => told.push("flooded"),
    });
    return { dirty, told };
  };

  it("are kept once each, by directory", () => {
    const { dirty } = make(10);
    for (const name of ["x", "y", "x"]) dirty.add("/a", name, "written");
    expect(dirty.size).toBe(2);
    expect([...(dirty.take(5)?.names.keys() ?? [])]).toEqual(["x", "y"]);
    expect(dirty.take(5)).toBeUndefined();
    expect(dirty.size).toBe(0);
  });

  it("of a busy directory let the others pass", () => {
    const { dirty } = make(10);
    for (const name of ["1", "2", "3"]) dirty.add("/busy", name, "written");
    dirty.add("/calm", "1", "written");
    const order = [dirty.take(2), dirty.take(2), dirty.take(2)].map((taken) => taken?.directory);
    expect(order).toEqual(["/busy", "/calm", "/busy"]);
  });

  it("give way to a listing of the most crowded directory when there are too many", () => {
    const { dirty, told } = make(201);
    dirty.add("/calm", "1", "written");
    for (let i = 0; i < 201; i += 1) dirty.add("/busy", String(i), "appeared");
    expect(told).toEqual(["/busy"]);
    expect(dirty.size).toBe(1);
  });

  it("are given up when there are too many in too many directories", () => {
    const { dirty, told } = make(100);
    for (let i = 0; i <= 100; i += 1) dirty.add(`/d${String(i)}`, "f", "appeared");
    expect(told).toEqual(["flooded"]);
    expect(dirty.size).toBe(0);
  });
});

describe("revisits", () => {
  const stamp: Stamp = { ino: 1, mtime: 0, mtimeNsec: 0, ctime: 0, ctimeNsec: 0, seenAt: 0 };

  it("come when they are due, the earliest first", () => {
    const revisits = new Revisits(20);
    revisits.addLater("/late", stamp, 3, 1000);
    revisits.addLater("/soon", stamp, 1, 1000);
    expect(revisits.nextAt()).toBe(1025);
    expect(revisits.take(1024)).toBeUndefined();
    expect(revisits.take(2000)?.directory).toBe("/soon");
    expect(revisits.take(2000)?.directory).toBe("/late");
    expect(revisits.size).toBe(0);
  });

  it("wait longer with every try, and end", () => {
    const revisits = new Revisits(20);
    const pauses: number[] = [];
    for (let tries = 1; ; tries += 1) {
      revisits.addLater("/a", stamp, tries, 0);
      const at = revisits.nextAt();
      if (at === undefined) break;
      pauses.push(at);
      revisits.take(at);
    }
    expect(pauses).toEqual([25, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
  });

  it("are not earlier than the storage can prove anything", () => {
    const revisits = new Revisits(62_000);
    revisits.addLater("/a", stamp, 1, 0);
    expect(revisits.nextAt()).toBe(62_005);
  });

  it("are asked for once: what comes first serves both", () => {
    const revisits = new Revisits(20);
    revisits.addNow("/a", 0);
    revisits.addLater("/a", stamp, 1, 0);
    expect(revisits.size).toBe(1);
    expect(revisits.take(0)).toMatchObject({ directory: "/a", tries: 0 });
  });
});

describe("a path tree", () => {
  it("cuts off a directory with all below, and nothing else", () => {
    const tree = new PathTree<number>();
    const paths = ["/", "/a", "/a/b", "/a/b/c", "/ab"];
    const nodes = paths.map((path, i) => tree.set(path, i));
    expect(nodes.map(pathOf)).toEqual(paths);
    expect(tree.cut("/a").sort()).toEqual([1, 2, 3]);
    expect(paths.map((path) => tree.get(path))).toEqual([0, undefined, undefined, undefined, 4]);
    expect(tree.size).toBe(2);
    expect(tree.cut("/a")).toEqual([]);
    expect(tree.cut("/").length).toBe(2);
    expect(tree.size).toBe(0);
  });

  it("removes one path and keeps what is below", () => {
    const tree = new PathTree<number>();
    tree.set("/a", 1);
    tree.set("/a/b", 2);
    tree.delete("/a");
    tree.delete("/none");
    expect([tree.get("/a"), tree.get("/a/b"), tree.size]).toEqual([undefined, 2, 1]);
  });
});

describe("quiet", () => {
  it("comes some time after the last change", () => {
    const quiet = new Quiet();
    quiet.touch("/a", 1000);
    quiet.touch("/a", 1200);
    expect(quiet.take(1499)).toEqual([]);
    expect(quiet.take(1600)).toEqual(["/a"]);
    expect(quiet.nextAt()).toBeUndefined();
  });

  it("is not waited for without end", () => {
    const quiet = new Quiet();
    let taken: string[] = [];
    let now = 1000;
    for (; taken.length === 0; now += 100) {
      quiet.touch("/a", now);
      taken = quiet.take(now);
    }
    expect(now).toBeLessThan(5000);
  });
});

describe("directories that are not watched", () => {
  it("are looked at in rounds, half a minute apart", () => {
    const unwatched = new Unwatched();
    unwatched.add("/a", 0);
    unwatched.add("/b", 0);
    expect(unwatched.take(29_999)).toBeUndefined();
    const round = [unwatched.take(30_000), unwatched.take(30_000), unwatched.take(30_000)];
    expect(round).toEqual([{ directory: "/a" }, { directory: "/b" }, undefined]);
    expect(unwatched.nextAt()).toBe(60_000);
  });
});

describe("directories that are too busy to be watched", () => {
  it("are tried again soon, the first first", () => {
    const postponed = new Postponed();
    expect([postponed.add("/a", 0), postponed.add("/b", 10)]).toEqual([true, true]);
    expect([postponed.nextAt(), postponed.take(199)]).toEqual([200, undefined]);
    expect([postponed.take(210), postponed.take(210), postponed.take(210)]).toEqual([
      "/a",
      "/b",
      undefined,
    ]);
    expect(postponed.nextAt()).toBe(410);
    postponed.delete("/a");
    expect([postponed.has("/a"), postponed.size]).toEqual([false, 1]);
  });

  it("are given up when they were tried too often, or are too many", () => {
    const postponed = new Postponed();
    let tries = 0;
    while (postponed.add("/a", tries * 200)) tries += 1;
    expect([tries, postponed.size]).toEqual([100, 0]);
    for (let i = 0; i < 10_000; i += 1) postponed.add(`/${String(i)}`, 0);
    expect(postponed.add("/more", 0)).toBe(false);
  });
});

describe("hard links", () => {
  const seen = (ino: number, nlink: number, size = 0): FsAttributes => ({
    ...{ type: "f", size, mtime: 1, mtimeNsec: 0, ctime: 1, ctimeNsec: 0, mode: 0o644 },
    ...{ uid: 0, gid: 0, ino, nlink, blocks: 0 },
  });

  it("are told of what was seen under another name, once", () => {
    const links = new HardLinks();
    for (const path of ["/a", "/b", "/c"]) expect(links.see(path, seen(1, 3))).toEqual([]);
    expect(links.see("/b", seen(1, 3, 5))).toEqual(["/a", "/c"]);
    expect(links.see("/a", seen(1, 3, 5))).toEqual([]);
    expect(links.see("/c", seen(1, 3, 5))).toEqual([]);
  });

  it("are nothing to files with one name", () => {
    const links = new HardLinks();
    for (let size = 0; size < 3; size += 1) expect(links.see("/a", seen(1, 1, size))).toEqual([]);
    expect(links.size).toBe(0);
  });

  it("are forgotten when one name is left", () => {
    const links = new HardLinks();
    for (const path of ["/a", "/b"]) links.see(path, seen(1, 2));
    expect(links.see("/a", seen(1, 1))).toEqual(["/b"]);
    expect(links.size).toBe(0);
  });

  it("are told when one of them is gone, or is another file now", () => {
    const links = new HardLinks();
    for (const path of ["/a", "/b", "/c"]) links.see(path, seen(1, 3));
    expect(links.miss("/a")).toEqual(["/b", "/c"]);
    expect(links.see("/b", seen(2, 1))).toEqual(["/c"]);
    expect(links.miss("/none")).toEqual([]);
    expect(links.size).toBe(1);
  });

  it("are kept up to a number of names, those seen last", () => {
    const links = new HardLinks(4);
    for (const ino of [1, 2])
      for (const name of ["a", "b"]) links.see(`/${name}${String(ino)}`, seen(ino, 2));
    links.see("/a1", seen(1, 2));
    links.see("/a3", seen(3, 2));
    expect(links.size).toBe(3);
    expect(links.see("/a1", seen(1, 2, 9))).toEqual(["/b1"]);
    expect(links.see("/a2", seen(2, 2, 9))).toEqual([]);
  });
});

describe("a stamp", () => {
  const at = (ms: number, seenAt = 0): Stamp => {
    const [seconds, nsec] = [Math.floor(ms / 1000), (ms % 1000) * 1e6];
    return { ino: 1, mtime: seconds, mtimeNsec: nsec, ctime: seconds, ctimeNsec: nsec, seenAt };
  };

  it.each([
    ["is older than the granularity", at(1000), 1021, undefined, true],
    ["is as old as the granularity", at(1000), 1020, undefined, false],
    ["lies in the future", at(9000), 1000, undefined, false],
    ["lies in the future, and stood still", at(9000), 1000, at(9000, 970), true],
    ["lies in the future, and was seen just now", at(9000), 1000, at(9000, 990), false],
    ["has changed", at(9000), 1000, at(8000, 900), false],
  ] as const)("that %s", (_, stamp, now, earlier, mature) => {
    expect(isMature(stamp, now, 20, earlier)).toBe(mature);
  });
});

describe("file systems", () => {
  it.each([
    [0xef53, "ext4", true],
    [0x01021994, "tmpfs", true],
    [0x6969, "nfs", false],
    [0x65735546, "fuse", false],
    [-11317950, "cifs", false],
    [0x1234, "0x1234", false],
  ])("with magic number %i", (type, name, local) => {
    expect(fileSystemKind(type, "linux")).toMatchObject({ name, local });
  });
});

describe("the choice of a back end", () => {
  it.each([
    ["auto", undefined, "inotify"],
    ["auto", "parcel", "parcel"],
    ["inotify", "parcel", "inotify"],
    ["parcel", undefined, "parcel"],
  ] as const)("for %s with %s in the environment is %s", (configured, environment, name) => {
    expect(chooseBackend(configured, environment).name).toBe(name);
  });

  it("refuses one that does not exist", () => {
    expect(() => chooseBackend("auto", "magic")).toThrow(/"magic" is no watch back end/);
  });
});
