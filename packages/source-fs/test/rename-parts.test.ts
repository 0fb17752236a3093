import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { DirtyNames } from "../src/watch/dirty-names.js";
import { Lately } from "../src/watch/lately.js";
import { Moves } from "../src/watch/moves.js";
import { pathOf, PathTree } from "../src/watch/path-tree.js";
import { RenamePairs, type Arrival, type Departure } from "../src/watch/rename-pairs.js";

describe("the parts of a rename", () => {
  const make = () => {
    const clock = new ManualClock();
    const gone: Departure[] = [];
    const unsure: Arrival[] = [];
    const pairs = new RenamePairs({
      clock,
      onGone: (departure) => gone.push(departure),
      onUnsure: (arrival) => unsure.push(arrival),
    });
    return { clock, gone, unsure, pairs };
  };
  const a = { path: "/a", isDirectory: true };

  it("come together by their cookie, once", async () => {
    const { clock, gone, pairs } = make();
    pairs.depart(7, a);
    expect([pairs.arrive(8), pairs.arrive(7), pairs.arrive(7)]).toEqual([undefined, a, undefined]);
    await clock.advance(1000);
    expect(gone).toEqual([]);
  });

  it("are a name that is gone when no other half comes soon", async () => {
    const { clock, gone, pairs } = make();
    pairs.depart(7, a);
    await clock.advance(40);
    pairs.depart(8, { path: "/b", isDirectory: false });
    await clock.advance(15);
    expect(gone).toEqual([a]);
    await clock.advance(1000);
    expect(gone).toHaveLength(2);
    expect([pairs.arrive(7), clock.sleepers]).toEqual([undefined, 0]);
  });

  it("are not sure when the directory itself does not say that it moved", async () => {
    const { clock, unsure, pairs } = make();
    pairs.confirm(1, { from: "/a", to: "/b" });
    pairs.confirm(2, { from: "/c", to: "/d" });
    expect(pairs.takeArrival(2)).toEqual({ from: "/c", to: "/d" });
    await clock.advance(1000);
    expect(unsure).toEqual([{ from: "/a", to: "/b" }]);
    expect(pairs.takeArrival(1)).toBeUndefined();
  });

  it("are in the directory that was renamed meanwhile", async () => {
    const { clock, gone, unsure, pairs } = make();
    pairs.depart(7, { path: "/d/x", isDirectory: false });
    pairs.confirm(1, { from: "/d/y", to: "/z" });
    pairs.rename({ from: "/d", to: "/e" });
    await clock.advance(1000);
    expect(gone).toEqual([{ path: "/e/x", isDirectory: false }]);
    expect(unsure).toEqual([{ from: "/e/y", to: "/z" }]);
  });

  it("are bounded", () => {
    const { gone, pairs } = make();
    for (let cookie = 0; cookie < 5000; cookie += 1) pairs.depart(cookie, a);
    expect(gone.length).toBeGreaterThan(3900);
    pairs.close();
  });

  it("leave no timer behind", () => {
    const { clock, gone, pairs } = make();
    pairs.depart(7, a);
    pairs.close();
    expect([clock.sleepers, gone]).toEqual([0, []]);
  });
});

describe("renames that wait to be told", () => {
  const make = (renames: string) => {
    const givenUp: string[] = [];
    const moves = new Moves((directory) => givenUp.push(directory));
    for (const rename of renames.split(" ")) {
      const [from = "", to = "", type = "d"] = rename.split(/[>:]/);
      moves.add({ from, to, isDirectory: type === "d" });
    }
    const told = moves.take().map(({ from, to }) => `${from}>${to}`);
    return { told, givenUp, moves };
  };

  it.each([
    ["of one thing are one", "/a>/b /b>/c", ["/a>/c"], []],
    ["there and back are none", "/a>/b /b>/a", [], []],
    ["of two things are two", "/a>/b /c>/a", ["/a>/b", "/c>/a"], []],
    ["keep their order where one takes another along", "/a/x>/b /a>/c", ["/a/x>/b", "/a>/c"], []],
    ["to below a directory that is renamed then are none", "/a>/p/a /p>/q", ["/p>/q"], ["/q/a"]],
    ["of a file there are none either, and it is dirty", "/a>/p/a:f /p>/q", ["/p>/q"], []],
    ["of things that change places are none", "/a>/b:d /b>/a:f", ["/b>/a"], ["/b"]],
    ["out of itself are none", "/a/x>/b /b>/a", [], ["/a"]],
    ["over another one are the last", "/a>/b:f /c>/b:f", ["/c>/b"], []],
  ])("%s", (_, renames, told, givenUp) => {
    expect(make(renames)).toMatchObject({ told, givenUp });
  });

  it("are bounded", () => {
    const many = Array.from({ length: 300 }, (_, i) => `/a${String(i)}>/b${String(i)}`);
    const { told, givenUp } = make(many.join(" "));
    expect([told.length, givenUp.length]).toEqual([256, 44]);
  });

  it("say where what was at a path is now", () => {
    const { moves } = make("/a>/b /b/x>/y /f>/g:f");
    expect(["/a/x/1", "/a/z", "/y/1", "/f"].map((path) => moves.follow(path))).toEqual([
      "/y/1",
      "/b/z",
      "/y/1",
      "/f",
    ]);
  });
});

describe("what was looked at lately", () => {
  const rename = { from: "/a", to: "/b" };

  it("is to be looked at under its new name", async () => {
    const clock = new ManualClock();
    const lately = new Lately(clock);
    lately.looked("/a/old");
    await clock.advance(1999);
    lately.looked("/a/x");
    lately.looked("/ab");
    const ended = lately.beginListing("/a/y");
    expect(lately.after(rename)).toBeUndefined();
    ended();
    await clock.advance(1);
    expect(lately.after(rename)).toEqual({
      names: new Set(["/b/x", "/b"]),
      directories: ["/b/y"],
    });
  });

  it("is so together with the directory that it may have come to or gone from", () => {
    const lately = new Lately(new ManualClock());
    lately.looked("/a/c/x");
    lately.looked("/a");
    const { names } = lately.after(rename) ?? {};
    expect(names).toEqual(new Set(["/b/c/x", "/b/c", "/b", "/"]));
  });

  it("is not known during a walk, and for a while after it", async () => {
    const clock = new ManualClock();
    const lately = new Lately(clock);
    const ends = [lately.beginWalk(), lately.beginWalk()];
    await clock.advance(60_000);
    ends[0]?.();
    expect(lately.after(rename)).toBeUndefined();
    await clock.advance(60_000);
    expect(lately.after(rename)).toBeUndefined();
    ends[1]?.();
    expect(lately.after(rename)).toBeUndefined();
    await clock.advance(2000);
    expect(lately.after(rename)).toEqual({ names: new Set(), directories: [] });
  });

  it("is not known after more than is kept in mind", async () => {
    const clock = new ManualClock();
    const lately = new Lately(clock);
    for (let i = 0; i < 5000; i += 1) lately.looked(`/c/${String(i)}`);
    expect(lately.after(rename)).toBeUndefined();
    await clock.advance(2000);
    expect(lately.after(rename)).toEqual({ names: new Set(), directories: [] });
  });
});

describe("a directory that is renamed", () => {
  it("takes along what is below it in a path tree, in place of what was there", () => {
    const tree = new PathTree<number>();
    const places = ["/", "/a", "/a/x", "/a/x/y", "/ab", "/b/c", "/b"].map((path, i) =>
      tree.set(path, i),
    );
    expect(tree.move("/a", "/b/c").sort()).toEqual([5]);
    expect(places.slice(0, 5).map(pathOf)).toEqual(["/", "/b/c", "/b/c/x", "/b/c/x/y", "/ab"]);
    expect([tree.get("/a"), tree.get("/b/c/x/y"), tree.get("/b"), tree.size]).toEqual([
      undefined,
      3,
      6,
      6,
    ]);
    expect(tree.move("/b/c/x", "/n/e/w")).toEqual([]);
    expect([tree.get("/n/e/w/y"), tree.get("/b/c"), tree.get("/b/c/x")]).toEqual([3, 1, undefined]);
    expect(tree.move("/none", "/b")).toEqual([]);
    expect(tree.cut("/b")).toEqual([6, 1]);
  });

  it("takes along the dirty names below it", () => {
    const fail = () => {
      throw new Error("full");
    };
    const dirty = new DirtyNames({ onCrowded: fail, onFlooded: fail });
    dirty.add("/a", "1", "closed");
    dirty.add("/a/x", "2", "written");
    dirty.add("/b", "1", "appeared");
    dirty.add("/b", "3", "appeared");
    dirty.add("/ab", "4", "appeared");
    dirty.rename({ from: "/a", to: "/b" });
    expect(dirty.size).toBe(4);
    expect(dirty.pick("/b", "1")).toEqual({ moved: false, closed: true });
    expect(dirty.pick("/b/x", "2")).toEqual({ moved: false, closed: false });
    expect(dirty.pick("/a", "1")).toBeUndefined();
    const rest = [dirty.take(9), dirty.take(9), dirty.take(9)].map((taken) => taken?.directory);
    expect([rest, dirty.size]).toEqual([["/b", "/ab", undefined], 0]);
  });
});
