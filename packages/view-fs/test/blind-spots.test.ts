import { describe, expect, it } from "vitest";
import { directory, file, Scene, type Agent, type Entries } from "./scene.js";

/** `/` and `/d` were listed whole at 10. */
function listed(max = 100): { scene: Scene; a: Agent } {
  const scene = new Scene({ blind_spots_max: max });
  const a = scene.agent("a");
  a.listing("/", { d: directory(), old: file() }, { at: 10 });
  a.listing("/d", { x: file(), y: file() }, { at: 10 });
  return { scene, a };
}

function audit(a: Agent, path: string, entries: Entries, at: number): void {
  a.listing(path, entries, { at, source: "audit" });
}

function told(scene: Scene) {
  const { additions, modifications, deletions } = scene.view.blindSpots();
  return {
    additions: additions.map(({ path }) => path),
    modifications: modifications.map(({ path }) => path),
    deletions,
  };
}

const NOTHING = { additions: [], modifications: [], deletions: [] };

describe("blind spots", () => {
  it("are what an audit finds different in a directory that was listed before", () => {
    const { scene, a } = listed();
    audit(a, "/d", { x: file({ size: 5 }), z: file() }, 20);
    expect(told(scene)).toEqual({
      additions: ["/d/z"],
      modifications: ["/d/x"],
      deletions: ["/d/y"],
    });
    expect(scene.view.stats().blindSpots).toBe(3);
  });

  it("are not found by a first listing", () => {
    const { scene, a } = listed();
    audit(a, "/", { d: directory(), old: file() }, 20);
    a.listing("/new", { z: file() }, { at: 23, source: "audit", self: directory() });
    expect(told(scene)).toEqual(NOTHING);
  });

  it("are found by whoever lists a known directory again", () => {
    const { scene, a } = listed();
    a.listing("/d", { x: file(), y: file(), z: file() }, { at: 21, source: "on_demand" });
    expect(told(scene).additions).toEqual(["/d/z"]);
  });

  it("name a new directory alone, not what is in it", () => {
    const { scene, a } = listed();
    audit(a, "/", { d: directory(), old: file(), new: directory() }, 20);
    audit(a, "/new", { z: file() }, 21);
    expect(told(scene).additions).toEqual(["/new"]);
  });

  it("name a deleted directory with what was known to be in it", () => {
    const { scene, a } = listed();
    audit(a, "/", { old: file() }, 20);
    expect([...told(scene).deletions].sort()).toEqual(["/d", "/d/x", "/d/y"]);
  });

  it("are not a directory's own times, which follow from its children", () => {
    const { scene, a } = listed();
    audit(a, "/", { d: directory({ mtime: 77 }), old: file() }, 20);
    expect(told(scene)).toEqual(NOTHING);
  });

  it("are not what events told of, nor a listing that was refused", () => {
    const { scene, a } = listed();
    a.upsert("/d/z", file(), 20);
    a.upsert("/d/x", file({ size: 5 }), 20);
    a.remove("/d/y", 20);
    audit(a, "/d", { x: file(), y: file() }, 15);
    audit(a, "/d", { x: file({ size: 5 }), z: file() }, 21);
    expect(told(scene)).toEqual(NOTHING);
  });

  it("stay over further audits until an event on the name explains them", () => {
    const { scene, a } = listed();
    const found = { x: file({ size: 5 }), z: file() };
    audit(a, "/d", found, 20);
    audit(a, "/d", found, 30);
    expect(scene.view.stats().blindSpots).toBe(3);
    a.upsert("/d/z", file(), 40);
    expect(told(scene).additions).toEqual([]);
    a.upsert("/d/x", file({ size: 5 }), 41);
    expect(told(scene).modifications).toEqual([]);
    a.upsert("/d/y", file(), 42);
    expect(told(scene)).toEqual(NOTHING);
  });

  it("keep the net difference: an added file that changes stays added, one that goes was none", () => {
    const { scene, a } = listed();
    audit(a, "/d", { x: file(), y: file(), z: file() }, 20);
    audit(a, "/d", { x: file(), y: file(), z: file({ size: 9 }) }, 30);
    expect(told(scene)).toEqual({ ...NOTHING, additions: ["/d/z"] });
    audit(a, "/d", { x: file(), y: file() }, 40);
    expect(told(scene)).toEqual(NOTHING);
    audit(a, "/d", { x: file(), y: file(), z: file() }, 50);
    expect(told(scene)).toEqual({ ...NOTHING, additions: ["/d/z"] });
  });

  it("keep the newest of each kind when there are too many", () => {
    const { scene, a } = listed(2);
    audit(a, "/d", { x: file(), y: file(), p: file(), q: file(), r: file() }, 20);
    expect(told(scene).additions).toEqual(["/d/q", "/d/r"]);
  });

  it("push out none of another kind when there are too many", () => {
    const { scene, a } = listed(2);
    const changed = { x: file({ size: 5 }), y: file({ size: 5 }) };
    audit(a, "/d", changed, 20);
    audit(a, "/d", { ...changed, p: file(), q: file(), r: file() }, 30);
    expect(told(scene).additions).toEqual(["/d/q", "/d/r"]);
    expect(told(scene).modifications).toEqual(["/d/x", "/d/y"]);
    expect(scene.view.stats().blindSpots).toBe(4);
  });
});
