import type { ChangeEvent, UsageRow } from "@fustor/client";
import { describe, expect, it } from "vitest";
import { Activity } from "../src/top/activity.js";
import { GrowthWatch } from "../src/top/growth.js";

function event(path: string, kind: ChangeEvent["kind"] = "updated"): ChangeEvent {
  return { kind, path, revision: 1, is_directory: false };
}

describe("activity", () => {
  it("is counted by kind and by directory, over the time it took", () => {
    const activity = new Activity(0);
    activity.add([event("/a/x", "created"), event("/a/y"), event("/b/z", "deleted")]);
    activity.turn(2_000);
    expect(activity.rates()).toEqual({
      seconds: 2,
      events: 3,
      per_second: 1.5,
      created: 1,
      updated: 1,
      deleted: 1,
      moved: 0,
    });
    expect(activity.hottest(1)).toEqual([{ path: "/a", events: 2, per_second: 1 }]);
  });

  it("is forgotten after a minute", () => {
    const activity = new Activity(0);
    activity.add([event("/old/x")]);
    activity.turn(10_000);
    activity.add([event("/new/x")]);
    activity.turn(40_000);
    activity.turn(75_000);
    expect(activity.hottest(9).map(({ path }) => path)).toEqual(["/new"]);
    expect(activity.rates()).toMatchObject({ seconds: 65, events: 1 });
  });

  it("does not hold more directories than it may", () => {
    const activity = new Activity(0);
    for (let index = 0; index < 10_050; index += 1) activity.add([event(`/${String(index)}/x`)]);
    activity.add([event("/0/y")]);
    activity.turn(1_000);
    expect(activity.rates().events).toBe(10_051);
    expect(activity.hottest(20_000)).toHaveLength(10_000);
    expect(activity.hottest(1)[0]).toMatchObject({ path: "/0", events: 2 });
  });
});

const row = (path: string, bytes: number, children: UsageRow[] = [], isCut = false): UsageRow => ({
  path,
  name: path,
  type: "d",
  files: bytes / 10,
  directories: 1,
  bytes,
  allocated_bytes: bytes,
  newest_mtime: null,
  newest_mtime_ns: null,
  children,
  ...(isCut
    ? { rest: { entries: 1, files: 0, directories: 0, bytes: 0, allocated_bytes: 0 } }
    : {}),
});

describe("growth", () => {
  it("is that of a directory itself, and not of what is below it again", () => {
    const growth = new GrowthWatch();
    growth.begin(row("/", 100, [row("/a", 60), row("/b", 30)]));
    const now = row("/", 180, [row("/a", 20), row("/b", 30), row("/new", 90)]);
    expect(growth.look(now, 9)).toEqual([
      { path: "/new", bytes: 90, files: 9 },
      { path: "/a", bytes: -40, files: -4 },
      { path: "/", bytes: 30, files: 3 },
    ]);
  });

  it("is not told of what was merely not shown before", () => {
    const growth = new GrowthWatch();
    growth.begin(row("/", 100, [row("/a", 60)], true));
    expect(growth.look(row("/", 100, [row("/a", 60), row("/b", 40)]), 9)).toEqual([
      { path: "/", bytes: -40, files: -4 },
    ]);
  });
});
