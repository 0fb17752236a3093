import { describe, expect, it } from "vitest";
import { directory, file, Scene, type Agent } from "./scene.js";

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

/** Their clocks are known to a second only. */
function blur(scene: Scene, ...agents: readonly Agent[]): void {
  for (const { sessionId } of agents) {
    scene.apply({ kind: "clock", at: scene.at, sessionId, offsetMs: 0, errorMs: 1_000 });
  }
}

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

  it("are made good by what the same boot listed later, however little", () => {
    const scene = new Scene();
    const [a, b] = [scene.agent("a"), scene.agent("b", { role: "follower" })];
    blur(scene, a, b);
    b.lost("/", 100);
    b.listing("/", {}, { at: 100, source: "on_demand" });
    a.listing("/", {}, { at: 102 });
    scene.tick(103);
    expect(scene.gaps()).toEqual(["lost /"]);
    b.listing("/", {}, { at: 104, source: "on_demand" });
    scene.tick(105);
    expect(scene.gaps()).toEqual([]);
  });

  it("are not made good by what caches may have answered", () => {
    const scene = new Scene();
    const a = scene.agent("a", { facts: { network: true, attribute_cache_sec: 1 } });
    a.lost("/", 100);
    a.listing("/", {}, { at: 1_100 });
    scene.tick(1_101);
    expect(scene.gaps()).toEqual(["lost /"]);
    a.listing("/", {}, { at: 1_101 });
    scene.tick(1_102);
    expect(scene.gaps()).toEqual([]);
  });

  it("wait for clocks that can be compared when two boots lost something there", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.lost("/", 100);
    a.close();
    scene.at = 110;
    const next = scene.agent("a", { bootId: "next" });
    blur(scene, next);
    next.lost("/", 200);
    next.listing("/", {}, { at: 300 });
    scene.tick(301);
    expect(scene.gaps()).toEqual(["lost /"]);
    next.listing("/", {}, { at: 5_000 });
    scene.tick(5_001);
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

  it("say why since when, also when more is lost for another reason", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", {}, { at: 10 });
    a.lost("/", 20);
    a.close();
    scene.at = 30;
    scene.agent("a", { bootId: "next" });
    const [gap, ...others] = scene.view.gaps();
    expect(gap).toMatchObject({ scope: "/", reason: "queue overflow", since: 20 });
    expect(others).toEqual([]);
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
