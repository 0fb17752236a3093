import { CHANGE_FIELDS, toRow } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { directory, file, Scene } from "./scene.js";

describe("realtime facts", () => {
  it("create, change and remove", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/x", file({ size: 1 }), 10);
    a.upsert("/x", file({ size: 2 }), 11);
    a.upsert("/y", file(), 12);
    a.remove("/y", 13);
    expect(scene.paths()).toEqual(["/x"]);
    expect(scene.view.node("/x")?.attributes?.size).toBe(2);
  });

  it("of one agent apply in order of arrival, but for what began earlier", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/x", file({ size: 1 }), 50);
    a.upsert("/x", file({ size: 2 }), 50);
    a.upsert("/x", file({ size: 3 }), 40);
    expect(scene.view.node("/x")?.attributes?.size).toBe(2);
    expect([...scene.view.doubts()]).toContain("/x");
  });

  it("are heard from followers too", () => {
    const scene = new Scene();
    scene.agent("b", { role: "follower" }).upsert("/x", file(), 10);
    expect(scene.paths()).toEqual(["/x"]);
  });

  it("lose against strictly newer ones of another agent", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b", { role: "follower" });
    a.upsert("/x", file({ size: 5 }), 50);
    a.remove("/y", 50);
    b.remove("/x", 40);
    b.upsert("/y", file(), 40);
    expect(scene.paths()).toEqual(["/x"]);
    b.remove("/x", 60);
    b.upsert("/y", file(), 60);
    expect(scene.paths()).toEqual(["/y"]);
  });

  it("are not made weaker by a listing that confirms them", () => {
    const scene = new Scene();
    const facts = { network: true, attribute_cache_sec: 60 };
    const a = scene.agent("a", { facts });
    const b = scene.agent("b", { role: "follower", facts });
    b.upsert("/x", file(), 110_000);
    b.listing("/", { x: file() }, { at: 175_000, source: "on_demand" });
    a.remove("/x", 100_000);
    expect(scene.paths()).toEqual(["/x"]);
  });

  it("bring a name back that a listing had shown before it went", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b", { role: "follower" });
    a.listing("/", { x: file(), d: directory() }, { at: 100 });
    a.listing("/d", { y: file() }, { at: 100 });
    b.upsert("/d/keep", file(), 130);
    a.change({}, ["/x", "/d/y"], { at: 105 });
    expect(scene.paths()).toEqual(["/d", "/d/keep"]);
    b.change({ "/x": file(), "/d/y": file() }, [], { at: 131 });
    expect(scene.paths()).toEqual(["/d", "/d/keep", "/d/y", "/x"]);
  });

  it("compare across agents in Fusion's time", () => {
    const scene = new Scene();
    const a = scene.agent("a", { clockOffsetMs: 3_600_000 });
    const b = scene.agent("b", { clockOffsetMs: -3_600_000 });
    a.upsert("/x", file(), 4_000_000);
    b.remove("/x", 4_000_001);
    expect(scene.paths()).toEqual([]);
  });

  it("make placeholders of directories that are not known yet", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/d/e/x", file(), 10);
    expect(scene.view.node("/d/e")).toMatchObject({ isDirectory: true, attributes: undefined });
    expect(scene.view.stats()).toMatchObject({ files: 1, directories: 3 });

    a.listing("/", { d: directory({ mtime: 5 }) }, { at: 11 });

    expect(scene.view.node("/d")?.attributes?.mtime).toBe(5);
    expect(scene.paths()).toEqual(["/d", "/d/e", "/d/e/x"]);
  });

  it("below a file that is older replace it by a directory, below a newer one are refused", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b");
    a.upsert("/d", file({ size: 3 }), 10);
    b.upsert("/d/x", file(), 20);
    expect(scene.paths()).toEqual(["/d", "/d/x"]);
    expect(scene.view.stats()).toMatchObject({ files: 1, directories: 2, bytes: 1 });

    a.upsert("/e", file(), 50);
    b.upsert("/e/x", file(), 40);
    expect(scene.paths()).toEqual(["/d", "/d/x", "/e"]);
  });

  it("remove no directory in which something was seen later, but leave it in doubt", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b");
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", { x: file(), y: file() }, { at: 10 });
    b.upsert("/d/x", file({ size: 2 }), 30);
    a.remove("/d", 20);
    expect(scene.paths()).toEqual(["/d", "/d/x", "/d/y"]);
    expect([...scene.view.doubts()]).toContain("/d");
  });

  it("of a move take what is below the old name along to the new one", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { old: directory() }, { at: 10 });
    a.listing("/old", { x: file() }, { at: 10 });
    a.send("realtime", {
      kind: "change",
      source: "realtime",
      startedAt: 100,
      endedAt: 100,
      upserts: { fields: CHANGE_FIELDS, rows: [toRow("/new", directory())] },
      deletes: [],
      moves: [["/old", "/new"]],
    });
    expect(scene.paths()).toEqual(["/new", "/new/x"]);
  });

  it("of absence come before those of presence within one message", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/d/old", file(), 10);
    a.change({ "/d/new": file() }, ["/d"], { at: 20 });
    expect(scene.paths()).toEqual(["/d", "/d/new"]);
  });

  it("set the root's own attributes and never remove it", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.change({ "/": directory({ mtime: 9 }) }, [], { at: 10 });
    a.change({ "/": file() }, ["/"], { at: 11 });
    expect(scene.view.node("/")).toMatchObject({ isDirectory: true, attributes: { mtime: 9 } });
  });

  it("with a path that is none are passed over", () => {
    const scene = new Scene();
    scene
      .agent("a")
      .change({ "a/b": file(), "/a//b": file(), "/../x": file(), "/x": file() }, ["", "x"], {
        at: 10,
      });
    expect(scene.paths()).toEqual(["/x"]);
  });
});

describe("looks that no event asked for", () => {
  it("never equal an event: an older one loses, a newer one counts", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/x", file(), 50);
    a.change({}, ["/x"], { at: 40, source: "on_demand" });
    expect(scene.paths()).toEqual(["/x"]);
    a.change({}, ["/x"], { at: 60, source: "on_demand" });
    expect(scene.paths()).toEqual([]);
  });

  it("find no absence outside their agent's scope", () => {
    const scene = new Scene();
    scene.agent("b").upsert("/x.tmp", file(), 10);
    const a = scene.agent("a", { scope: { filePattern: "*", exclude: ["*.tmp"] } });
    a.change({}, ["/x.tmp"], { at: 5_000, source: "on_demand" });
    expect(scene.paths()).toEqual(["/x.tmp"]);
  });
});
