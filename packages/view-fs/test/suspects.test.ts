import type { FsAttributes } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { directory, file, Scene, type Agent } from "./scene.js";

const NOW = 1_000_000;

/** The leader looks at a suspect. */
function look(a: Agent, found: FsAttributes, at: number): void {
  a.change({ "/x": found }, [], { at, source: "sentinel" });
}

describe("a file written to", () => {
  it("is suspect until its writer has finished", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.change({ "/x": file() }, [], { at: NOW });
    expect(scene.view.node("/x")?.suspect).toBe(true);
    expect([...scene.view.suspects()]).toEqual([{ path: "/x", until: NOW + 60_000 }]);
    a.change({ "/x": file({ size: 2 }) }, [], { at: NOW + 5, settled: ["/x"] });
    expect(scene.suspects()).toEqual([]);
    expect(scene.view.stats().suspects).toBe(0);
  });

  it("is suspect until a look finds that it stood still over the threshold", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.change({ "/x": file() }, [], { at: NOW });
    a.change({ "/x": file({ size: 2 }) }, [], { at: NOW + 30_000 });
    look(a, file({ size: 2 }), NOW + 89_999);
    scene.tick(NOW + 200_000);
    expect(scene.suspects()).toEqual(["/x"]);
    look(a, file({ size: 2 }), NOW + 200_000);
    expect(scene.suspects()).toEqual([]);
  });

  it("is handed out to be looked at from time to time", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.change({ "/x": file() }, [], { at: NOW });
    expect(scene.view.doubtsDue(NOW + 29_999).probes).toEqual([]);
    expect(scene.view.doubtsDue(NOW + 30_000).probes).toEqual(["/x"]);
    const { sessionId } = a;
    const handed = { probes: ["/x"], listings: [] };
    scene.view.apply({ kind: "asked", at: NOW + 31_000, sessionId, ...handed });
    expect(scene.view.doubtsDue(NOW + 60_000).probes).toEqual([]);
    expect(scene.view.doubtsDue(NOW + 61_000).probes).toEqual(["/x"]);
  });

  it("stands still for longer where caches are in between", () => {
    const scene = new Scene();
    const a = scene.agent("a", { facts: { network: true, attribute_cache_sec: 30 } });
    a.change({ "/x": file() }, [], { at: NOW });
    look(a, file(), NOW + 89_999);
    expect(scene.suspects()).toEqual(["/x"]);
    look(a, file(), NOW + 90_000);
    expect(scene.suspects()).toEqual([]);
  });

  it("is no longer suspect when it is gone, or no file any more", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.change({ "/x": file(), "/d/y": file(), "/z": file() }, [], { at: NOW });
    a.remove("/x", NOW + 1);
    a.remove("/d", NOW + 1);
    a.change({ "/z": file({ type: "l" }) }, [], { at: NOW + 2 });
    expect(scene.suspects()).toEqual([]);
    expect(scene.view.stats().suspects).toBe(0);
  });
});

describe("a file found by a listing", () => {
  it.each([
    ["modified a second ago", -1, NOW + 60_000],
    ["modified at this moment", 0, NOW + 60_000],
    ["from the future", 3_000_000_000, NOW + 60_000],
    ["from a minute ago", -60, undefined],
    ["from before the epoch", -99_999, undefined],
  ])("%s", (_name, ageSec, until) => {
    const scene = new Scene();
    const mtime = NOW / 1_000 + ageSec;
    scene.agent("a").listing("/", { x: file({ mtime }) }, { at: NOW });
    expect(Array.from(scene.view.suspects(), (suspect) => suspect.until)).toEqual(
      until === undefined ? [] : [until],
    );
    if (until === undefined) return;
    const again = scene.agent("a");
    again.listing("/", { x: file({ mtime }) }, { at: until - 1 });
    expect(scene.view.stats().suspects).toBe(1);
    again.listing("/", { x: file({ mtime }) }, { at: until });
    expect(scene.view.stats().suspects).toBe(0);
  });

  it("is not suspect when it is as its writer left it", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const left = file({ mtime: NOW / 1_000 });
    a.upsert("/x", left, NOW);
    a.listing("/", { x: left }, { at: NOW + 5, source: "audit" });
    expect(scene.suspects()).toEqual([]);
  });

  it("is suspect for longer when it moves while it is suspect", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.change({ "/x": file() }, [], { at: NOW });
    a.listing("/", { x: file({ size: 2 }) }, { at: NOW + 30_000 });
    expect([...scene.view.suspects()]).toEqual([{ path: "/x", until: NOW + 90_000 }]);
  });

  it("is judged the same when its row came as a change", () => {
    const scene = new Scene();
    const fresh = file({ mtime: NOW / 1_000 });
    scene.agent("a").change({ "/x": fresh, "/y": file() }, [], { at: NOW, source: "snapshot" });
    expect(scene.suspects()).toEqual(["/x"]);
  });
});

describe("suspicion", () => {
  it("falls on files only", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const mtime = NOW / 1_000;
    a.listing("/", { d: directory({ mtime }), l: file({ type: "l", mtime }) }, { at: NOW });
    a.change({ "/e": directory({ mtime }) }, [], { at: NOW });
    expect(scene.suspects()).toEqual([]);
  });

  it("is off with a threshold of 0", () => {
    const scene = new Scene({ hot_file_threshold_sec: 0 });
    scene.agent("a").change({ "/x": file() }, [], { at: NOW });
    expect(scene.suspects()).toEqual([]);
  });

  it("counts as a change when it clears", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.change({ "/x": file() }, [], { at: NOW });
    const { revision } = scene.view;
    look(a, file(), NOW + 1);
    expect(scene.view.revision).toBe(revision);
    look(a, file(), NOW + 60_000);
    expect(scene.view.revision).toBe(revision + 1);
  });
});
