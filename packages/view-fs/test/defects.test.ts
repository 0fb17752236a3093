import { describe, expect, it } from "vitest";
import { directory, file, Scene } from "./scene.js";

/**
 * Defects of earlier systems, in the order in which they are listed by those who design this one.
 * `e2e/simulation/defects.mjs` brings each of them back, to see that its test fails. What is no
 * matter of the view has its test elsewhere:
 *
 * - a session that expired while data flowed, and an agent that followed its own dead self:
 *   "stays alive by its pushes alone" and "lets a restarted agent take over ..." in
 *   packages/server/test/sessions.test.ts
 * - a snapshot longer than the time-out: "is kept alive by an upload that is slow to come" there
 * - state in memory only: packages/server/test/restart.test.ts
 * - requests without a key, and keys in clear: access.test.ts and keys.test.ts there
 * - a server on every address with nothing to serve: config.test.ts there
 * - a limit that counted the view instead of the answer: limits.test.ts there
 * - symbolic links that were followed, new directories that nobody watched, bursts and overflows at
 *   the source: snapshot.test.ts, changes.test.ts and watcher.test.ts of packages/source-fs/test
 */
describe("known defects of others do not return", () => {
  it("shows both names right after mv a b; mv b a", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const it = file({ mtime: -5_000_000 });
    a.upsert("/a", it, 10);
    a.change({ "/b": it }, ["/a"], { at: 20 });
    expect(scene.paths()).toEqual(["/b"]);
    a.change({ "/a": it }, ["/b"], { at: 30 });
    expect(scene.paths()).toEqual(["/a"]);
  });

  it("shows a file that was made again with an older mtime", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/x", file({ mtime: 1_000 }), 10);
    a.remove("/x", 20);
    a.upsert("/x", file({ mtime: -9_000_000 }), 21);
    expect(scene.paths()).toEqual(["/x"]);
  });

  it("deletes nothing when a directory could not be read", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", { x: file(), e: directory() }, { at: 10 });
    a.mark("begin", 20, { walk: "audit" });
    a.listing("/", { d: directory() }, { at: 20, source: "audit" });
    a.unreadable("/d", { at: 21, source: "audit" });
    a.mark("end", 22, { walk: "audit" });
    expect(scene.paths()).toEqual(["/d", "/d/e", "/d/x"]);
  });

  it("deletes nothing because of an audit that lost a batch", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory(), e: directory() }, { at: 10 });
    a.listing("/d", { x: file() }, { at: 10 });
    a.listing("/e", { y: file() }, { at: 10 });
    a.mark("begin", 20, { walk: "audit" });
    a.listing("/", { d: directory(), e: directory() }, { at: 20, source: "audit" });
    a.listing("/e", { y: file() }, { at: 20, source: "audit" });
    a.mark("end", 22, { walk: "audit" });
    expect(scene.paths()).toEqual(["/d", "/d/x", "/e", "/e/y"]);
  });

  it("sees what was appended in a directory that stood still itself", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const self = directory({ mtime: 1 });
    a.listing("/", { x: file({ size: 1 }) }, { at: 10, self });
    a.listing("/", { x: file({ size: 9 }) }, { at: 20, source: "audit", self });
    expect(scene.view.node("/x")?.attributes?.size).toBe(9);
    expect(scene.view.blindSpots().modifications.map(({ path }) => path)).toEqual(["/x"]);
  });

  it("drops none of two events in the same millisecond", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/x", file({ size: 1 }), 10);
    a.upsert("/x", file({ size: 2 }), 10);
    a.upsert("/y", file(), 10);
    a.remove("/y", 10);
    expect(scene.paths()).toEqual(["/x"]);
    expect(scene.view.node("/x")?.attributes?.size).toBe(2);
  });

  it("goes on to hear events after a burst of thousands", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const burst = Array.from({ length: 3_000 }, (_, i) => [`/x${String(i)}`, file()] as const);
    a.change(Object.fromEntries(burst), [], { at: 10 });
    a.remove("/x2999", 20);
    a.upsert("/after", file(), 21);
    expect(scene.view.stats().files).toBe(3_000);
    expect(scene.view.node("/after")).toBeDefined();
  });

  it("keeps in mind that a queue of events ran over, until all was listed", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", { x: file() }, { at: 11 });
    a.lost("/", 20);
    a.listing("/", { d: directory() }, { at: 30 });
    scene.tick(31);
    expect(scene.paths()).toEqual(["/d", "/d/x"]);
    expect(scene.gaps()).toEqual(["lost /"]);
    a.listing("/d", {}, { at: 40 });
    scene.tick(41);
    expect(scene.gaps()).toEqual([]);
  });

  it("drops no event because the agent's clock went back", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/x", file({ size: 1 }), 1_000_000);
    // Its own time goes on: what went back is how that compares with Fusion's.
    const { sessionId } = a;
    scene.view.apply({
      ...{ kind: "clock", at: scene.at, sessionId },
      ...{ offsetMs: -600_000, errorMs: 5 },
    });
    a.upsert("/x", file({ size: 2 }), 1_000_001);
    expect(scene.view.node("/x")?.attributes?.size).toBe(2);
  });

  it("is not emptied by a root that is not mounted", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file(), y: file() }, { at: 10 });
    a.unreadable("/", { at: 20 });
    a.change({}, ["/x"], { at: 21, source: "sentinel" });
    expect(scene.paths()).toEqual(["/x", "/y"]);
    // What is below the mount point is another root.
    const bare = scene.agent("a", { identity: "tmpfs:1" });
    bare.listing("/", {}, { at: 30 });
    expect(scene.paths()).toEqual(["/x", "/y"]);
    expect(scene.gaps()).toContain("unreadable /");
  });

  it("shows symlinks as symlinks", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { link: file({ type: "l", size: 7 }) }, { at: 10 });
    expect(scene.view.node("/link")).toMatchObject({
      isDirectory: false,
      attributes: { type: "l", size: 7 },
    });
  });

  it("wants a new directory listed, whoever told of what is in it", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", {}, { at: 10 });
    a.upsert("/new/deep/x", file(), 20);
    expect(scene.view.doubtsDue(30).listings).toEqual(["/new", "/new/deep"]);
  });

  it("keeps the row of a directory that was renamed", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { old: directory({ mtime: 5 }) }, { at: 10 });
    a.listing("/old", { x: file() }, { at: 10 });
    a.change({ "/new": directory({ mtime: 5 }) }, ["/old"], { at: 20 });
    a.listing("/new", { x: file() }, { at: 21, source: "on_demand" });
    expect(scene.paths()).toEqual(["/new", "/new/x"]);
    expect(scene.view.node("/new")?.attributes?.mtime).toBe(5);
  });

  it("is ready when the snapshot was applied, not when its end was announced first", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 10);
    expect(scene.view.readiness().ready).toBe(false);
    a.listing("/", { x: file() }, { at: 11 });
    expect(scene.view.readiness().ready).toBe(false);
    a.mark("end", 12);
    expect(scene.view.readiness().ready).toBe(true);
  });

  it("sets no time to 0 that a look left out", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const x = file({ mtime: 1_234, size: 5 });
    a.listing("/", { x }, { at: 10 });
    const upserts = { fields: ["path", "type", "size"], rows: [["/x", "f", 6]] };
    const look = { source: "sentinel", startedAt: 20, endedAt: 20, upserts, deletes: [] } as const;
    scene.at = 20;
    a.send("scan", { kind: "change", ...look });
    expect(scene.view.node("/x")?.attributes).toEqual({ ...x, size: 6 });
  });

  it("is not empty for good after a reset", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file() }, { at: 10 });
    scene.reset();
    expect(scene.paths()).toEqual([]);
    expect(scene.gaps()).toEqual(["lost /"]);
    a.listing("/", { x: file() }, { at: 20 });
    scene.tick(21);
    expect(scene.paths()).toEqual(["/x"]);
    expect(scene.gaps()).toEqual([]);
  });

  it("stays whole while leadership changes", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b", { role: "follower" });
    a.mark("begin", 10);
    a.listing("/", { x: file() }, { at: 10 });
    a.mark("end", 12);
    a.close();
    b.role("leader");
    b.mark("begin", 5_000);
    expect(scene.view.readiness().ready).toBe(true);
    expect(scene.paths()).toEqual(["/x"]);
  });

  it("keeps a directory's own times", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory({ mtime: 1 }) }, { at: 10 });
    a.change({ "/d/x": file(), "/d": directory({ mtime: 2 }) }, [], { at: 11 });
    expect(scene.view.node("/d")?.attributes?.mtime).toBe(2);
    a.listing("/d", { x: file() }, { at: 12, self: directory({ mtime: 3 }) });
    expect(scene.view.node("/d")?.attributes?.mtime).toBe(3);
  });
});

describe("what is like them", () => {
  it("lets a file of the far future harm no other", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.upsert("/2099", file({ mtime: 4_070_908_800 }), 10);
    a.upsert("/x", file({ mtime: 1 }), 11);
    a.listing("/", { "2099": file({ mtime: 4_070_908_800 }), y: file() }, { at: 12 });
    expect(scene.paths()).toEqual(["/2099", "/y"]);
    scene.tick(70_000);
    expect(scene.suspects()).toEqual([]);
  });

  it("tells the storage's time by what nobody can set, so that fresh files stay suspect", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const far = file({ mtime: 4_070_908_800, ctime: 0 });
    a.change({ "/2099": far }, [], { at: 10 });
    a.listing("/", { "2099": far, fresh: file({ mtime: 0, ctime: 0 }), old: file() }, { at: 12 });
    expect(scene.suspects()).toEqual(["/2099", "/fresh"]);
  });

  it("finds deletions made while the agent was down", () => {
    const scene = new Scene();
    const a = scene.agent("a", { bootId: "1" });
    a.mark("begin", 10);
    a.listing("/", { x: file(), d: directory() }, { at: 10 });
    a.listing("/d", { y: file() }, { at: 11 });
    a.mark("end", 12);
    a.upsert("/z", file(), 13);
    a.close();
    const again = scene.agent("a", { bootId: "2", clockOffsetMs: -5 });
    again.mark("begin", 30);
    again.listing("/", { x: file() }, { at: 30 });
    again.mark("end", 30);
    expect(scene.paths()).toEqual(["/x"]);
  });

  it("believes nothing of a leader that was replaced", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file() }, { at: 10 });
    a.role("follower");
    scene.agent("b");
    a.listing("/", {}, { at: 9_000, source: "audit" });
    expect(scene.paths()).toEqual(["/x"]);
  });

  it("survives names that mean something to JavaScript", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    for (const name of names) a.change({ [`/${name}`]: file() }, [], { at: 10, settled: [] });
    a.listing("/constructor", { valueOf: file() }, { at: 11, self: directory() });
    expect(scene.paths()).toContain("/constructor/valueOf");
    expect(scene.view.stats().files).toBe(4);
  });

  it("survives paths as deep as they come", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    // No system call takes a path of more than 4,096 bytes.
    const path = "/d".repeat(2_046);
    a.upsert(`${path}/x`, file(), 10);
    expect([...scene.view.walk("/")]).toHaveLength(2_048);
    expect([...scene.view.search("x")]).toHaveLength(1);
    a.remove("/d", 20);
    expect(scene.paths()).toEqual([]);
    expect(scene.view.stats()).toMatchObject({ files: 0, directories: 1, bytes: 0 });
  });
});
