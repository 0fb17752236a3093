import type { FsEntry } from "@fustor/schema-fs";
import { digestMask, DirectoryDigest } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { createFsView } from "../src/index.js";
import { DEFAULTS, directory, file, Scene } from "./scene.js";

describe("usage and pages", () => {
  it("tell what stands below a directory, and its children in the order of their bytes", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { d: directory(), b: file({ size: 3 }), a: file(), é: file() }, { at: 10 });
    a.listing("/d", { x: file({ size: 4, mtime: 7 }) }, { at: 11 });
    expect(scene.view.usage("/")).toMatchObject({ files: 4, directories: 1, bytes: 9 });
    expect(scene.view.usage("/d")?.newest).toEqual({ seconds: 7, nsec: 0 });
    expect(scene.view.usage("/b")).toBeUndefined();
    const names = (after?: string) => scene.view.page("/", after, 2)?.map(({ name }) => name);
    expect([names(), names("b"), names("é")]).toEqual([["a", "b"], ["d", "é"], []]);
    expect(scene.view.page("/b", undefined, 2)).toBeUndefined();
  });
});

describe("what the leader should look at", () => {
  it("are names in doubt once caches can tell, and directories that were never listed", () => {
    const scene = new Scene();
    const a = scene.agent("a", { facts: { network: true, attribute_cache_sec: 60 } });
    a.listing("/", { d: directory(), x: file() }, { at: 100_000 });
    a.change({}, ["/x"], { at: 110_000, source: "on_demand" });
    expect([...scene.view.doubts()].sort()).toEqual(["/d", "/x"]);
    expect(scene.view.doubtsDue(150_000)).toEqual({ probes: [], listings: [] });
    expect(scene.view.doubtsDue(180_000)).toEqual({ probes: ["/x"], listings: ["/d"] });
    expect(scene.view.doubtsDue(180_000, 0)).toEqual({ probes: [], listings: [] });
  });
});

describe("a digest", () => {
  it("of what is known confirms the directory; any other makes it wanted", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { x: file() }, { at: 10 });
    const digest = new DirectoryDigest(digestMask(["ino", "uid", "gid", "mode", "ctime"]));
    digest.add("x", file());
    a.digest("/", 20, { digest: digest.toString(), count: 1 });
    expect(scene.view.takeWanted()).toEqual([]);
    expect(scene.view.explain("/x")?.seen).toMatchObject({ how: "listing", at: 20 });
    a.digest("/", 30);
    expect(scene.view.takeWanted()).toEqual(["/"]);
  });
});

describe("deletions in bulk that no event told of", () => {
  it("are held until the next audit says the same, or the name is seen again", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const all = Object.fromEntries(
      Array.from({ length: 4_000 }, (_, i) => [`f${String(i)}`, file()] as const),
    );
    const left = Object.fromEntries(Object.entries(all).slice(0, 2_700));
    a.mark("begin", 9, { walk: "audit" });
    a.listing("/", all, { at: 10, source: "audit" });
    a.mark("begin", 19, { walk: "audit" });
    a.listing("/", left, { at: 20, source: "audit" });
    expect([...scene.view.held()]).toHaveLength(300);
    expect(scene.view.explain("/f3999")?.isHeld).toBe(true);
    a.upsert("/f3999", file(), 25);
    expect([...scene.view.held()]).toHaveLength(299);
    a.mark("begin", 29, { walk: "audit" });
    a.listing("/", left, { at: 30, source: "audit" });
    // Missed for the first time again, and still more than the brake lets pass.
    expect([...scene.view.held()]).toEqual(["/f3999"]);
    a.mark("begin", 39, { walk: "audit" });
    a.listing("/", left, { at: 40, source: "audit" });
    expect([...scene.view.held()]).toEqual([]);
    expect(scene.view.stats().files).toBe(2_700);
  });
});

describe("explain", () => {
  it("says what a name rests on, what else was said for it, and why it is gone", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    const b = scene.agent("b", { role: "follower" });
    a.listing("/", { x: file() }, { at: 10 });
    b.change({ "/x": file({ size: 2 }) }, [], { at: 20 });
    expect(scene.view.explain("/x")).toMatchObject({
      rule: "1 updated",
      seen: { host: "b", how: "event", at: 20 },
      others: [{ host: "a", how: "listing", at: 10 }],
      isDoubted: false,
      suspectUntil: 60_020,
    });
    b.remove("/x", 30);
    expect(scene.view.explain("/x")?.absent).toMatchObject({ host: "b", at: 30 });
    expect(scene.view.explain("/never")).toBeUndefined();
  });
});

describe("a change hook", () => {
  it("is told of every name that comes, changes and goes, and of a move once", () => {
    const told: string[] = [];
    const onChange = (path: string, before?: FsEntry, after?: FsEntry, from = ""): void => {
      told.push(`${from}${before ? "-" : ""}${after ? "+" : ""} ${path}`);
    };
    const scene = new Scene({}, createFsView(DEFAULTS, { onChange }));
    const a = scene.agent("a");
    a.listing("/", { d: directory({ ino: 7 }) }, { at: 10 });
    a.listing("/d", { x: file() }, { at: 11 });
    a.upsert("/d/x", file({ size: 2 }), 12);
    a.move("/d", "/e", directory({ ino: 7 }), 13);
    a.remove("/e", 14);
    expect(told).toEqual([...["+ /d", "+ /d/x", "-+ /d/x"], "/d-+ /e", ...["- /e/x", "- /e"]]);
  });
});
