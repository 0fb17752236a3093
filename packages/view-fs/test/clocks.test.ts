import { CHANGE_FIELDS, toRow } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { file, Scene } from "./scene.js";

const HOUR = 3_600_000;

describe("an agent whose times come from the future", () => {
  it("is overruled by what others see after it was heard", () => {
    const scene = new Scene();
    const wrong = scene.agent("wrong", { role: "follower", clockErrorMs: HOUR });
    const right = scene.agent("right");
    wrong.upsert("/removed", file(), 10_000);
    wrong.upsert("/changed", file({ size: 1 }), 10_000);
    wrong.remove("/back", 10_000);

    right.listing("/", { changed: file({ size: 2 }), back: file() }, { at: 20_000 });

    expect(scene.paths()).toEqual(["/back", "/changed"]);
    expect(scene.view.node("/changed")?.attributes?.size).toBe(2);
  });

  it("closes its gaps in time, and others close them too", () => {
    const scene = new Scene();
    const wrong = scene.agent("wrong", { role: "follower", clockErrorMs: HOUR });
    const right = scene.agent("right");
    wrong.lost("/", 10_000);
    right.listing("/", {}, { at: 20_000 });
    scene.tick(20_001);
    expect(scene.gaps()).toEqual([]);
  });

  it("is still heard in the order of its own looks", () => {
    const scene = new Scene();
    const wrong = scene.agent("wrong", { clockErrorMs: HOUR });
    wrong.listing("/", { x: file({ size: 1 }), gone: file() }, { at: 10 });
    wrong.upsert("/x", file({ size: 2 }), 100);
    wrong.upsert("/new", file(), 100);
    wrong.remove("/gone", 100);

    // Arrives last and was looked at before.
    scene.at = 200;
    wrong.listing("/", { x: file({ size: 1 }), gone: file() }, { at: 50 });
    expect(scene.paths()).toEqual(["/new", "/x"]);
    expect(scene.view.node("/x")?.attributes?.size).toBe(2);

    wrong.listing("/", { x: file({ size: 3 }) }, { at: 300 });
    expect(scene.paths()).toEqual(["/x"]);
    expect(scene.view.node("/x")?.attributes?.size).toBe(3);
  });

  it("is never the last evidence of a time that has not come", () => {
    const scene = new Scene();
    scene.agent("wrong", { clockErrorMs: HOUR }).upsert("/x", file(), 10_000);
    expect(scene.view.stats().lastEvidenceAt).toBe(10_000);
    scene.tick(200_000);
    expect(scene.suspects()).toEqual([]);
  });
});

describe("an agent whose clock was compared again", () => {
  it("is heard in the time that this gave, from then on", () => {
    const scene = new Scene();
    const a = scene.agent("a", { clockOffsetMs: 1_000 });
    const b = scene.agent("b", { role: "follower" });
    const { sessionId } = a;
    scene.at = 100_000;
    scene.view.apply({ kind: "clock", at: 100_000, sessionId, offsetMs: 50_000, errorMs: 5 });
    b.upsert("/x", file({ size: 1 }), 40_000);
    a.send("realtime", {
      kind: "change",
      source: "realtime",
      startedAt: 0,
      endedAt: 0,
      upserts: { fields: CHANGE_FIELDS, rows: [toRow("/x", file({ size: 2 }))] },
      deletes: [],
    });
    b.upsert("/x", file({ size: 3 }), 45_000);
    expect(scene.view.node("/x")?.attributes?.size).toBe(2);
  });
});
