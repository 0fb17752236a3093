import { LISTING_FIELDS } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { compareRecords } from "./core/compare.js";
import { directory, file, Scene } from "./scene.js";

const SHARE = { network: true, attribute_cache_sec: 3 };

describe("words that come late", () => {
  it("shorten no gap: an overflow may be told after the restart that followed it", () => {
    const scene = new Scene();
    scene.agent("a", { bootId: "1" });
    scene.at = 100;
    const a = scene.agent("a", { bootId: "2" });
    scene.at = 101;
    a.lost("/", 20);
    a.listing("/", {}, { at: 50 });
    scene.tick(102);
    expect(scene.gaps()).toEqual(["lost /"]);
    a.listing("/", {}, { at: 110 });
    scene.tick(111);
    expect(scene.gaps()).toEqual([]);
    compareRecords(scene.records, "overflow");
  });

  it("bring names that a newer listing without proof did not show, and leave them in doubt", () => {
    const scene = new Scene();
    const a = scene.agent("a", { facts: SHARE });
    const b = scene.agent("b", { role: "follower", facts: SHARE });
    a.listing("/", {}, { at: 10 });
    a.listing("/", { y: file() }, { at: 50_000, complete: false });
    b.upsert("/x", file(), 40_000);
    b.upsert("/z", file(), 60_000);
    expect(scene.paths()).toEqual(["/x", "/y", "/z"]);
    expect([...scene.view.doubts()]).toContain("/x");
    compareRecords(scene.records, "not shown");
  });

  it("of an older listing without proof do not take the place of a newer one's", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file() }, { at: 50, complete: false });
    a.listing("/", { x: file() }, { at: 20, complete: false, stream: "realtime" });
    a.change({ "/z": file() }, [], { at: 30, source: "on_demand" });
    expect([...scene.view.doubts()]).toContain("/z");
    compareRecords(scene.records, "older");
  });

  it("of what is below take nothing from a newer look at a name that could not be looked into", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", {}, { at: 10 });
    scene.at = 100;
    const observed = { source: "audit", startedAt: 100, endedAt: 100 } as const;
    const rows = { fields: LISTING_FIELDS, rows: [["b"]] };
    const whole = { complete: true, part: 0, last: true };
    a.send("scan", { kind: "listing", ...observed, scope: "/", entries: rows, ...whole });
    // Of before the look: b was another directory then, and was removed.
    a.upsert("/b/x", file(), 40);
    a.remove("/b", 50);
    expect(scene.paths()).toEqual(["/b", "/b/x"]);
    expect([...scene.view.doubts()]).toContain("/b");
    compareRecords(scene.records, "not looked into");
  });

  it("of a deletion explain what an audit found gone", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file() }, { at: 10 });
    a.listing("/", {}, { at: 20, source: "audit" });
    expect(scene.view.blindSpots().deletions).toEqual(["/x"]);
    a.remove("/x", 21);
    expect(scene.view.blindSpots().deletions).toEqual([]);
    compareRecords(scene.records, "explained");
  });
});

describe("a move", () => {
  it("takes nothing from a directory that another told of first", () => {
    const scene = new Scene();
    const a = scene.agent("a", { facts: SHARE });
    const b = scene.agent("b", { role: "follower", facts: SHARE });
    a.listing("/", { d: directory({ ino: 7 }) }, { at: 10 });
    b.upsert("/e/made/since", file(), 20_000);
    a.move("/d", "/e", directory({ ino: 7 }), 40_000);
    expect(scene.paths()).toContain("/e/made/since");
    expect(scene.view.takeWanted()).toEqual(["/e"]);
    compareRecords(scene.records, "told first");
  });

  it("leaves room for what was seen under the new name at that very moment", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory({ ino: 7 }) }, { at: 10 });
    a.move("/d", "/e", directory({ ino: 7 }), 20);
    a.listing("/e", { x: file() }, { at: 20, source: "on_demand" });
    expect(scene.paths()).toEqual(["/e", "/e/x"]);
    compareRecords(scene.records, "same moment");
  });
});
