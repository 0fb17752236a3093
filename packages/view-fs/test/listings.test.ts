import { LISTING_FIELDS } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { directory, file, Scene } from "./scene.js";

describe("a complete listing", () => {
  it("replaces the children of its directory, subtrees included", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory(), keep: file() }, { at: 10 });
    a.listing("/d", { x: file(), y: file() }, { at: 11 });

    a.listing("/", { keep: file({ size: 5 }), fresh: file() }, { at: 20 });

    expect(scene.paths()).toEqual(["/fresh", "/keep"]);
    expect(scene.view.node("/keep")?.attributes?.size).toBe(5);
    expect(scene.view.stats()).toMatchObject({ files: 2, directories: 1, bytes: 6 });
  });

  it("sets the directory's own row", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", {}, { at: 10, self: directory({ mtime: 7 }) });
    expect(scene.view.node("/")?.attributes?.mtime).toBe(7);
  });

  it("leaves alone what an event told later than it began", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { old: file(), gone: file() }, { at: 10 });
    a.upsert("/new", file({ size: 2 }), 25);
    a.upsert("/old", file({ size: 3 }), 25);
    a.remove("/gone", 25);

    a.listing("/", { old: file({ size: 9 }), gone: file() }, { at: 20, until: 30 });

    expect(scene.paths()).toEqual(["/new", "/old"]);
    expect(scene.view.node("/old")?.attributes?.size).toBe(3);
  });

  it("begun after an event, corrects what it told", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/x", file({ size: 2 }), 10);
    a.upsert("/y", file(), 10);

    a.listing("/", { x: file({ size: 3 }) }, { at: 11 });

    expect(scene.paths()).toEqual(["/x"]);
    expect(scene.view.node("/x")?.attributes?.size).toBe(3);
  });

  it("does not remove a directory in which something was seen later", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", { e: directory(), old: file() }, { at: 11 });
    a.listing("/d/e", { old: file() }, { at: 12 });
    a.upsert("/d/e/new", file(), 25);

    a.listing("/", {}, { at: 20, until: 30 });

    expect(scene.paths()).toEqual(["/d", "/d/e", "/d/e/new", "/d/e/old", "/d/old"]);
    expect([...scene.view.doubts()]).toContain("/d");
  });

  it("of a slower stream brings nothing back that a newer listing did not show", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file(), d: directory() }, { at: 10 });
    a.listing("/", {}, { at: 30, source: "on_demand" });

    a.listing("/", { x: file(), d: directory() }, { at: 20, source: "audit" });
    a.listing("/d", { y: file() }, { at: 21, source: "audit" });

    expect(scene.paths()).toEqual([]);
  });

  it("of a slower stream removes nothing that a newer listing showed", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file({ size: 3 }) }, { at: 30, source: "on_demand" });

    a.listing("/", {}, { at: 20, source: "snapshot" });

    expect(scene.paths()).toEqual(["/x"]);
  });

  it("keeps a directory that turned into something else only for what was seen there later", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory(), e: directory() }, { at: 10 });
    a.listing("/d", { x: file() }, { at: 11 });
    a.upsert("/e/x", file(), 30);

    a.listing("/", { d: file(), e: file() }, { at: 20, until: 40 });

    expect(scene.paths()).toEqual(["/d", "/e", "/e/x"]);
    expect(scene.view.node("/d")?.isDirectory).toBe(false);
    expect(scene.view.node("/e")?.isDirectory).toBe(true);
  });
});

describe("a listing that is not believed in all it names", () => {
  it("leaves in doubt what it was not believed in", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b", { role: "follower" });
    b.remove("/x", 300);
    a.listing("/", { x: file() }, { at: 200, until: 400 });
    expect(scene.paths()).toEqual([]);
    expect([...scene.view.doubts()]).toEqual(["/x"]);
    expect(scene.view.doubtsDue(1_000).probes).toEqual(["/x"]);
  });
});

describe("an incomplete listing", () => {
  it("adds and updates, and removes nothing", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file(), y: file() }, { at: 10 });
    a.listing("/", { x: file({ size: 4 }), z: file() }, { at: 20, complete: false });
    expect(scene.paths()).toEqual(["/x", "/y", "/z"]);
    expect(scene.view.node("/x")?.attributes?.size).toBe(4);
  });
});

describe("a listing in parts", () => {
  function threeParts(change: (part: 0 | 1 | 2) => { part?: number; complete?: boolean }) {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { gone: file(), kept: file() }, { at: 10 });
    const send = (part: 0 | 1 | 2, name: string) => {
      a.listing("/", { [name]: file() }, { at: 20, part, last: part === 2, ...change(part) });
    };
    send(0, "kept");
    send(1, "b");
    expect(scene.paths()).toContain("/gone");
    send(2, "c");
    return scene.paths();
  }

  it("removes what no part named, once the last is there", () => {
    expect(threeParts(() => ({}))).toEqual(["/b", "/c", "/kept"]);
  });

  it("removes nothing when a part is missing", () => {
    expect(threeParts((part) => (part === 1 ? { part: 2 } : {}))).toContain("/gone");
  });

  it("removes nothing when a part was not complete", () => {
    expect(threeParts((part) => (part === 0 ? { complete: false } : {}))).toContain("/gone");
  });

  it.each(["closed and opened", "made a follower and a leader"])(
    "removes nothing when the session was %s between parts",
    (what) => {
      const scene = new Scene();
      let a = scene.agent("a");
      a.listing("/", { gone: file(), kept: file() }, { at: 10 });
      a.listing("/", { kept: file() }, { at: 20, part: 0, last: false });
      if (what === "closed and opened") {
        a.close();
        a = scene.agent("a");
      } else {
        a.role("follower");
        a.role("leader");
      }
      a.listing("/", { b: file() }, { at: 20, part: 1, last: true });
      expect(scene.paths()).toEqual(["/gone", "/kept"]);
    },
  );

  it("starts afresh with a new part 0", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { gone: file() }, { at: 10 });
    a.listing("/", { gone: file() }, { at: 20, part: 0, last: false });
    a.listing("/", { x: file() }, { at: 30, part: 0, last: false });
    a.listing("/", { y: file() }, { at: 30, part: 1, last: true });
    expect(scene.paths()).toEqual(["/x", "/y"]);
  });

  it.each(["another agent", "the other stream"])(
    "keeps what it named, whatever %s lists between its parts",
    (who) => {
      const all = Array.from({ length: 20 }, (_, i) => [`f${String(i)}`, file()] as const);
      const everything = Object.fromEntries(all);
      const scene = new Scene();
      const a = scene.agent("a");
      const b = scene.agent("b", { role: "follower" });
      a.listing("/", everything, { at: 10 });
      const parts = { at: 20_000, source: "audit" } as const;
      a.listing("/", Object.fromEntries(all.slice(0, 10)), { ...parts, part: 0, last: false });
      const between = who === "another agent" ? b : a;
      between.listing("/", everything, { at: 5_000, source: "on_demand" });
      a.listing("/", Object.fromEntries(all.slice(10)), { ...parts, part: 1, last: true });
      expect(scene.paths()).toHaveLength(20);
    },
  );

  it("counts as one look from the first part's start", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", {}, { at: 20, part: 0, last: false });
    a.upsert("/new", file(), 25);
    a.listing("/", {}, { at: 30, part: 1, last: true });
    expect(scene.paths()).toEqual(["/new"]);
  });
});

describe("the scope of the reporting agent", () => {
  it("says which names its silence removes", () => {
    const scene = new Scene();
    const b = scene.agent("b", { role: "follower" });
    const a = scene.agent("a", { scope: { filePattern: "*.csv", exclude: ["private/"] } });
    b.change(
      { "/1.csv": file(), "/2.tmp": file(), "/private/p.csv": file(), "/d/3.csv": file() },
      [],
      { at: 10 },
    );
    a.listing("/", {}, { at: 5_000 });
    expect(scene.paths()).toEqual(["/2.tmp", "/private", "/private/p.csv"]);
  });

  it("removes nothing when it cannot be understood", () => {
    const scene = new Scene();
    const a = scene.agent("a", { scope: { filePattern: 7 } });
    a.listing("/", { x: file() }, { at: 10 });
    a.listing("/", {}, { at: 20 });
    expect(scene.paths()).toEqual(["/x"]);
  });

  it("does not keep out what it does not admit", () => {
    const scene = new Scene();
    const a = scene.agent("a", { scope: { filePattern: "*.csv" } });
    const b = scene.agent("b", { role: "follower" });
    a.listing("/", {}, { at: 50_000 });
    b.change({ "/x.tmp": file(), "/x.csv": file() }, [], { at: 10 });
    expect(scene.paths()).toEqual(["/x.tmp"]);
  });
});

describe("a network file system", () => {
  const facts = { network: true, attribute_cache_sec: 60 };

  it("removes and revives by listing only beyond the lag of its caches", () => {
    const scene = new Scene();
    const a = scene.agent("a", { facts });
    const b = scene.agent("b", { role: "follower", facts });
    b.upsert("/x", file(), 100_000);
    b.remove("/y", 100_000);

    a.listing("/", { y: file() }, { at: 160_000 });
    expect(scene.paths()).toEqual(["/x"]);

    a.listing("/", { y: file() }, { at: 162_000 });
    expect(scene.paths()).toEqual(["/y"]);
  });

  it.each([
    ["speaks v1", { dialect: "v1", facts: {} }],
    ["tells no facts of it", { dialect: "v2", facts: {} }],
  ] as const)("may be what an agent reads that %s", (_, options) => {
    const scene = new Scene();
    const a = scene.agent("a", options);
    const b = scene.agent("b", { role: "follower" });
    a.listing("/", { old: file() }, { at: 10_000 });
    b.upsert("/x", file({ size: 2 }), 100_000);
    a.upsert("/y", file(), 100_000);

    a.listing("/", { x: file({ size: 1 }) }, { at: 159_000 });
    expect(scene.paths()).toEqual(["/x", "/y"]);
    expect(scene.view.node("/x")?.attributes?.size).toBe(2);

    a.listing("/", { x: file({ size: 1 }) }, { at: 162_000 });
    expect(scene.paths()).toEqual(["/x"]);
    expect(scene.view.node("/x")?.attributes?.size).toBe(1);
  });

  it("is taken to cache for a minute when its agent does not say", () => {
    const scene = new Scene();
    const a = scene.agent("a", { facts: { network: true } });
    a.upsert("/x", file(), 100_000);
    a.listing("/", {}, { at: 159_000 });
    expect(scene.paths()).toEqual(["/x"]);
    a.listing("/", {}, { at: 161_000 });
    expect(scene.paths()).toEqual([]);
  });
});

describe("rows that make no sense", () => {
  it("are passed over, the others apply", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const rows = [[null], [], ["", "f"], ["..", "f"], ["a/b", "f"], ["good", "f", 3], ["odd"]];
    const message = { kind: "listing", source: "snapshot", startedAt: 1, endedAt: 1 } as const;
    const entries = { fields: LISTING_FIELDS, rows };
    a.send("scan", { ...message, scope: "/", entries, complete: true, part: 0, last: true });
    a.send("scan", { ...message, scope: "no/path", entries, complete: true, part: 0, last: true });
    expect(scene.paths()).toEqual(["/good", "/odd"]);
    expect(scene.view.node("/odd")).toMatchObject({ attributes: undefined, isDirectory: false });
  });
});
