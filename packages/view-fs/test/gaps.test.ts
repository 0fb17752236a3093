import { describe, expect, it } from "vitest";
import { directory, file, Scene } from "./scene.js";

describe("an unreadable directory", () => {
  it("keeps all that was known and leaves a gap until it is listed", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", { x: file() }, { at: 11 });
    a.unreadable("/d", { at: 20 });
    a.unreadable("/d", { at: 25 });
    expect(scene.paths()).toEqual(["/d", "/d/x"]);
    expect([...scene.view.gaps()]).toEqual([
      { scope: "/d", kind: "unreadable", reason: "EACCES", since: 20 },
    ]);

    a.listing("/d", { x: file() }, { at: 30, complete: false });
    expect(scene.view.stats().gaps).toBe(0);
  });

  it("is no gap any more when it is gone", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory() }, { at: 10 });
    a.unreadable("/d/e", { at: 11 });
    a.unreadable("/d", { at: 11 });
    a.listing("/d", { e: directory() }, { at: 10, source: "on_demand" });
    a.remove("/d", 20);
    a.listing("/", {}, { at: 21 });
    scene.tick(22);
    expect(scene.gaps()).toEqual([]);
  });
});

describe("lost events", () => {
  it("leave a gap that closes once every directory in it was listed later", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory() }, { at: 10 });
    a.listing("/d", { e: directory() }, { at: 11 });
    a.listing("/d/e", {}, { at: 12 });
    a.lost("/d", 20);
    a.lost("/", 21);
    a.listing("/d", { e: directory() }, { at: 30 });
    scene.tick(31);
    expect(scene.gaps()).toEqual(["lost /", "lost /d"]);
    a.listing("/d/e", {}, { at: 32 });
    scene.tick(33);
    expect(scene.gaps()).toEqual(["lost /"]);
    a.listing("/", { d: directory() }, { at: 40 });
    scene.tick(41);
    expect(scene.gaps()).toEqual([]);
  });

  it("do not close before a directory that came meanwhile was listed", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", {}, { at: 10 });
    a.lost("/", 20);
    a.listing("/", { d: directory() }, { at: 30 });
    scene.tick(31);
    expect(scene.gaps()).toEqual(["lost /"]);
    a.listing("/d", {}, { at: 32 });
    scene.tick(33);
    expect(scene.gaps()).toEqual([]);
  });

  it("are closed by the leader, or by who lost them", () => {
    const scene = new Scene();
    scene.agent("a");
    const b = scene.agent("b", { role: "follower" });
    const c = scene.agent("c", { role: "follower" });
    b.lost("/", 1_000);
    c.listing("/", {}, { at: 2_000, source: "on_demand" });
    scene.tick(2_001);
    expect(scene.gaps()).toEqual(["lost /"]);
    b.listing("/", {}, { at: 3_000, source: "on_demand" });
    scene.tick(3_001);
    expect(scene.gaps()).toEqual([]);
  });

  it("count from the first, and are good only with listings after the last", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.lost("/", 10);
    a.lost("/", 30);
    a.listing("/", {}, { at: 20 });
    scene.tick(40);
    expect([...scene.view.gaps()]).toEqual([
      { scope: "/", kind: "lost", reason: "queue overflow", since: 10 },
    ]);
  });

  it("may be made good by a listing without proof once nothing in it is in doubt", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file(), y: file() }, { at: 10 });
    a.lost("/", 20);
    a.listing("/", { x: file() }, { at: 30, complete: false });
    scene.tick(31);
    expect(scene.gaps()).toEqual(["lost /"]);
    a.change({}, ["/y"], { at: 40, source: "sentinel" });
    scene.tick(41);
    expect(scene.gaps()).toEqual([]);
  });

  it("become one gap of the whole root when there are too many", () => {
    const scene = new Scene({ gaps_max: 3 });
    const a = scene.agent("a");
    for (const name of ["1", "2", "3"]) a.lost(`/${name}`, 10);
    a.unreadable("/4", { at: 11 });
    expect([...scene.view.gaps()]).toEqual([
      { scope: "/", kind: "lost", reason: "too many gaps", since: 11 },
    ]);
  });
});
