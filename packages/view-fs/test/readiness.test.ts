import { describe, expect, it } from "vitest";
import { directory, file, Scene } from "./scene.js";

describe("readiness", () => {
  it("comes with the end of a whole snapshot, and not before", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    expect(scene.view.readiness()).toEqual({
      ready: false,
      reason: "no snapshot was completed yet",
    });
    a.mark("begin", 10);
    a.listing("/", { x: file() }, { at: 11 });
    expect(scene.view.readiness()).toEqual({
      ready: false,
      reason: "the first snapshot is under way",
    });
    const { revision } = scene.view;
    a.mark("end", 12);
    expect(scene.view.readiness()).toEqual({ ready: true });
    expect(scene.view.revision).toBe(revision + 1);
  });

  it.each([
    ["of a part of the root", { scope: "/d" }, { scope: "/d" }],
    ["that is an audit", { walk: "audit" as const }, { walk: "audit" as const }],
    ["with another id at its end", { id: "1" }, { id: "2" }],
    ["with another scope at its end", {}, { scope: "/d" }],
  ])("does not come with a walk %s", (_name, begin, end) => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 10, begin);
    a.mark("end", 11, end);
    expect(scene.view.readiness().ready).toBe(false);
  });

  it("does not come with a follower's snapshot", () => {
    const scene = new Scene();
    const b = scene.agent("b", { role: "follower" });
    b.mark("begin", 10);
    b.role("leader");
    b.mark("end", 11);
    expect(scene.view.readiness().ready).toBe(false);
  });

  it("does not come with a snapshot that was interrupted", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 10);
    a.close();
    const again = scene.agent("a");
    again.mark("end", 11);
    again.mark("begin", 12);
    again.role("follower");
    again.role("leader");
    again.mark("end", 13);
    expect(scene.view.readiness().ready).toBe(false);
  });

  it("comes although one name in the root could not be read", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 10);
    a.listing("/", { x: file() }, { at: 11 });
    a.unreadable("/", { at: 11 });
    a.mark("end", 12);
    expect(scene.view.readiness()).toEqual({ ready: true });
  });

  it("does not come with a snapshot that could not read the root", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 10);
    a.unreadable("/", { at: 11 });
    a.mark("end", 12);
    expect(scene.view.readiness().ready).toBe(false);
  });

  it("does not come with a snapshot that told of a directory no more than its digest", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 1);
    a.listing("/", { d: directory() }, { at: 2 });
    a.digest("/d", 3);
    a.mark("end", 4);
    expect(scene.view.readiness().ready).toBe(false);
  });

  it("comes when what a digest did not confirm was listed before the end", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 1);
    a.listing("/", { d: directory() }, { at: 2 });
    a.digest("/d", 3);
    a.listing("/d", { x: file() }, { at: 4 });
    a.mark("end", 5);
    expect(scene.view.readiness().ready).toBe(true);
  });

  it("outlives sessions, and ends with a reset", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 10);
    a.mark("end", 11);
    a.close();
    expect(scene.view.readiness().ready).toBe(true);
    scene.reset();
    expect(scene.view.readiness().ready).toBe(false);
  });
});

describe("a reset", () => {
  it("empties the view while its revision rises, and a walk under way does not count", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file() }, { at: 10 });
    a.lost("/", 10);
    a.remove("/y", 10);
    a.change({ "/z": file() }, [], { at: 10 });
    a.mark("begin", 11);
    const { revision } = scene.view;

    scene.reset();

    expect(scene.view.revision).toBeGreaterThan(revision);
    expect(scene.paths()).toEqual([]);
    expect(scene.view.stats()).toEqual({
      files: 0,
      directories: 1,
      unlisted: 1,
      bytes: 0,
      suspects: 0,
      blindSpots: 0,
      gaps: 1,
      held: 0,
      tombstones: 0,
      lastEvidenceAt: undefined,
      lastAuditAt: undefined,
      auditsCompleted: 0,
      asOf: 11,
    });
    a.mark("end", 12);
    expect(scene.view.readiness().ready).toBe(false);
    a.listing("/", { x: file() }, { at: 5 });
    expect(scene.paths()).toEqual([]);
    a.listing("/", { x: file() }, { at: 12 });
    expect(scene.paths()).toEqual(["/x"]);
  });
});

describe("leadership", () => {
  it("is needed for snapshots and audits, not for what is asked on demand", () => {
    const scene = new Scene();
    const b = scene.agent("b", { role: "follower" });
    b.listing("/", { snapshot: file() }, { at: 10, source: "snapshot" });
    b.listing("/", { audit: file() }, { at: 11, source: "audit" });
    b.unreadable("/d", { at: 12 });
    expect(scene.paths()).toEqual([]);
    expect(scene.gaps()).toEqual([]);
    b.listing("/", { demand: file() }, { at: 13, source: "on_demand", stream: "scan" });
    expect(scene.paths()).toEqual(["/demand"]);
  });

  it("is not needed to say that events were lost", () => {
    const scene = new Scene();
    scene.agent("b", { role: "follower" }).lost("/d", 10);
    expect(scene.gaps()).toEqual(["lost /d"]);
  });

  it("has to be given: a session that was told nothing follows", () => {
    const scene = new Scene();
    const a = scene.agent("a", { role: "follower" });
    a.listing("/", { x: file() }, { at: 10 });
    expect(scene.paths()).toEqual([]);
    a.role("leader");
    a.listing("/", { x: file() }, { at: 11 });
    expect(scene.paths()).toEqual(["/x"]);
  });
});

describe("sessions", () => {
  it("that are not open are not heard", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.close();
    a.role("leader");
    a.upsert("/x", file(), 10);
    a.close();
    expect(scene.paths()).toEqual([]);
  });
});

describe("figures", () => {
  it("tell of the last evidence, the audits, and the last record", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.mark("begin", 10, { walk: "audit" });
    expect(scene.view.stats().lastEvidenceAt).toBeUndefined();
    a.listing("/", {}, { at: 11, source: "audit" });
    a.mark("end", 20, { walk: "audit" });
    a.upsert("/x", file(), 15);
    scene.tick(30);
    expect(scene.view.stats()).toMatchObject({
      lastEvidenceAt: 15,
      lastAuditAt: 20,
      auditsCompleted: 1,
      asOf: 30,
    });
  });
});
