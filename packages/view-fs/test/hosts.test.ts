import { digestMask, DirectoryDigest, type FsAttributes } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { createFsView } from "../src/index.js";
import { compareRecords } from "./core/compare.js";
import { DEFAULTS, directory, file, Scene, type Agent } from "./scene.js";

/** Of a share whose hosts make up inodes, owners and ctimes: only modes are the server's. */
const FACTS = { network: false, digest_fields: ["mode"] };

/** The same file as another host shows it. */
function elsewhere(attributes: FsAttributes): FsAttributes {
  return { ...attributes, ino: 900_007, uid: 1, ctime: attributes.ctime + 3, nlink: 4 };
}

function two(): { scene: Scene; a: Agent; b: Agent; told: string[] } {
  const told: string[] = [];
  const onChange = (path: string): void => {
    told.push(path);
  };
  const scene = new Scene({}, createFsView(DEFAULTS, { onChange }));
  const a = scene.agent("a", { facts: FACTS });
  const b = scene.agent("b", { facts: FACTS });
  a.listing("/", { d: directory({ ino: 7 }), x: file() }, { at: 10, self: directory({ ino: 2 }) });
  a.listing("/d", { y: file() }, { at: 11, self: directory({ ino: 7 }) });
  return { scene, a, b, told };
}

describe("two hosts that number inodes each in its own way", () => {
  it("agree on what is the same but for that", () => {
    const { scene, b, told } = two();
    const before = told.length;
    const root = elsewhere(directory({ ino: 2 }));
    const d = elsewhere(directory({ ino: 7 }));
    b.listing("/", { d, x: elsewhere(file()) }, { at: 20, self: root });
    b.listing("/d", { y: elsewhere(file()) }, { at: 21, self: d });
    expect(told).toHaveLength(before);
    expect([...scene.view.doubts()]).toEqual([]);
    expect(scene.view.explain("/d/y")?.seen).toMatchObject({ host: "b", at: 21 });
    expect(scene.view.explain("/d")?.listed).toMatchObject({ host: "b", at: 21 });
    compareRecords(scene.records, "two hosts");
  });

  it("tell of what differs in what they see alike, and of all that an event is on", () => {
    const { scene, b } = two();
    const y = elsewhere(file({ mode: 0o600 }));
    b.listing("/d", { y }, { at: 20, self: elsewhere(directory({ ino: 7 })) });
    expect(scene.view.node("/d/y")?.attributes).toEqual(y);
    b.upsert("/x", elsewhere(file()), 30);
    expect(scene.view.node("/x")?.attributes).toEqual(elsewhere(file()));
    compareRecords(scene.records, "what differs");
  });

  it("remove what one of them does not find, in a directory that is the same for both", () => {
    const { scene, b } = two();
    b.listing("/d", {}, { at: 20, self: elsewhere(directory({ ino: 7 })) });
    expect(scene.paths()).toEqual(["/d", "/x"]);
    compareRecords(scene.records, "removed");
  });

  it("never take one directory for another because of a number", () => {
    const { scene, b } = two();
    b.move("/d", "/e", directory({ ino: 7 }), 20);
    expect(scene.paths()).toEqual(["/e", "/x"]);
    expect(scene.view.takeWanted()).toEqual(["/e"]);
    compareRecords(scene.records, "moved");
  });

  it("confirm each other's listings by digests of what they see alike", () => {
    const { scene, b } = two();
    expect(scene.view.digestMask).toBe(digestMask(["mode"]));
    const digest = new DirectoryDigest(digestMask(["mode"]));
    digest.add("y", elsewhere(file()));
    b.digest("/d", 20, { digest: digest.toString(), count: 1 });
    expect(scene.view.takeWanted()).toEqual([]);
    compareRecords(scene.records, "digests");
  });

  it("go on so after a reset", () => {
    const { scene, b } = two();
    scene.reset();
    expect(scene.view.digestMask).toBe(digestMask(["mode"]));
    b.listing("/", { x: elsewhere(file()) }, { at: 20 });
    b.listing("/", { x: file() }, { at: 30 });
    expect(scene.view.node("/x")?.attributes).toEqual(elsewhere(file()));
    compareRecords(scene.records, "reset");
  });
});

describe("a single host", () => {
  it("is taken at its word for every attribute, whatever it declares", () => {
    const scene = new Scene();
    const a = scene.agent("a", { facts: FACTS });
    a.listing("/", { x: file() }, { at: 10 });
    a.listing("/", { x: file({ ino: 99 }) }, { at: 20 });
    expect(scene.view.node("/x")?.attributes?.ino).toBe(99);
    compareRecords(scene.records, "single");
  });
});
