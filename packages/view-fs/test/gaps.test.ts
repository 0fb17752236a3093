import { describe, expect, it } from "vitest";
import { directory, file, Scene } from "./scene.js";

describe("an unreadable directory", () => {
  it("keeps all that was known and leaves a gap until it is listed whole", () => {
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
    expect(scene.view.stats().gaps).toBe(1);
    a.listing("/d", { x: file() }, { at: 31 });
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
    expect(scene.gaps()).toEqual([]);
  });
});

describe("lost events", () => {
  it("leave a gap that a walk closes which covers it and began later", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 10, { walk: "audit", id: "1" });
    a.lost("/d", 20);
    a.lost("/", 21);
    a.mark("end", 30, { walk: "audit", id: "1" });
    expect(scene.gaps()).toEqual(["lost /", "lost /d"]);

    a.mark("begin", 40, { walk: "scan", scope: "/d", id: "2" });
    a.mark("end", 41, { walk: "scan", scope: "/d", id: "2" });
    expect(scene.gaps()).toEqual(["lost /"]);

    a.mark("begin", 50, { walk: "audit", id: "3" });
    a.mark("end", 51, { walk: "audit", id: "3" });
    expect(scene.gaps()).toEqual([]);
  });

  it("are closed by another agent's walk only beyond the doubt of the clocks", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    scene.agent("b", { role: "follower" }).lost("/", 1_000);
    a.mark("begin", 1_500, { id: "1" });
    a.mark("end", 1_600, { id: "1" });
    expect(scene.gaps()).toEqual(["lost /"]);
    a.mark("begin", 2_500, { id: "2" });
    a.mark("end", 2_600, { id: "2" });
    expect(scene.gaps()).toEqual([]);
  });

  it("count from the first, and are good only with a walk after the last", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.lost("/", 10);
    a.mark("begin", 20, { id: "1" });
    a.lost("/", 30);
    a.mark("end", 40, { id: "1" });
    expect([...scene.view.gaps()]).toEqual([
      { scope: "/", kind: "lost", reason: "queue overflow", since: 10 },
    ]);
  });

  it("need a walk after the last of them, in whatever order they were told", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b", { role: "follower" });
    a.lost("/", 30_000);
    b.lost("/", 10_000);
    a.mark("begin", 25_000);
    a.mark("end", 26_000);
    expect(scene.gaps()).toEqual(["lost /"]);
  });

  it("do not end with a walk whose session was interrupted", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.lost("/", 10);
    a.mark("begin", 20);
    a.close();
    scene.agent("a").mark("end", 30);
    expect(scene.gaps()).toEqual(["lost /"]);
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
