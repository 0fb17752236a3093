import { describe, expect, it } from "vitest";
import { directory, file, Scene } from "./scene.js";

function someTree() {
  const scene = new Scene();
  const a = scene.agent("a");
  a.listing("/", { b: directory(), a: directory(), f: file({ size: 3 }) }, { at: 10 });
  a.listing("/b", { x: file(), y: directory() }, { at: 10 });
  a.listing("/b/y", { z: file() }, { at: 10 });
  a.listing("/a", { x2: file() }, { at: 10 });
  return { scene, a };
}

describe("node", () => {
  it("shows one name, or nothing", () => {
    const { scene } = someTree();
    const attributes = file({ size: 3 });
    expect(scene.view.node("/f")).toEqual({
      path: "/f",
      name: "f",
      attributes,
      isDirectory: false,
      suspect: false,
    });
    expect(scene.view.node("/")).toMatchObject({ path: "/", name: "", isDirectory: true });
    expect(scene.view.node("/f/x")).toBeUndefined();
    expect(scene.view.node("/nope")).toBeUndefined();
    expect(scene.view.node("b")).toBeUndefined();
    expect(scene.view.node("/b/")).toBeUndefined();
  });
});

describe("walk", () => {
  function walked(scene: Scene, path: string, maxDepth?: number): string[] {
    const options = maxDepth === undefined ? {} : { maxDepth };
    const nodes = scene.view.walk(path, options);
    return Array.from(nodes, (node) => `${String(node.depth)} ${node.path}`);
  }

  it("tells parents before children, siblings in order of insertion", () => {
    const { scene } = someTree();
    expect(walked(scene, "/")).toEqual([
      "0 /",
      "1 /b",
      "2 /b/x",
      "2 /b/y",
      "3 /b/y/z",
      "1 /a",
      "2 /a/x2",
      "1 /f",
    ]);
  });

  it("goes as deep as asked, from wherever asked", () => {
    const { scene } = someTree();
    expect(walked(scene, "/b", 0)).toEqual(["0 /b"]);
    expect(walked(scene, "/b", 1)).toEqual(["0 /b", "1 /b/x", "1 /b/y"]);
    expect(walked(scene, "/f")).toEqual(["0 /f"]);
    expect(walked(scene, "/nope")).toEqual([]);
    expect(walked(scene, "nope")).toEqual([]);
  });

  it("can be iterated again", () => {
    const { scene } = someTree();
    const nodes = scene.view.walk("/b");
    expect([...nodes]).toEqual([...nodes]);
  });

  it("tells what stands throughout exactly once, whatever happens between two steps", () => {
    const { scene, a } = someTree();
    const steps = scene.view.walk("/")[Symbol.iterator]();
    const paths: string[] = [];
    const step = (): void => {
      const next = steps.next();
      if (next.done !== true) paths.push(next.value.path);
    };
    for (let i = 0; i < 4; i += 1) step();
    expect(paths.at(-1)).toBe("/b/y");
    a.remove("/b/y", 20); // the walk stands in it
    a.upsert("/b/y", file(), 21);
    a.upsert("/a", file(), 22);
    a.upsert("/g", file(), 23);
    for (let i = 0; i < 20; i += 1) step();
    for (const path of ["/b", "/b/x", "/f"]) {
      expect(paths.filter((other) => other === path)).toEqual([path]);
    }
    expect(paths).not.toContain("/b/y/z");
  });

  it("ends when the view is reset, and the next one shows the new state", () => {
    const { scene } = someTree();
    const steps = scene.view.walk("/");
    scene.reset();
    expect(Array.from(steps, (node) => node.path)).toEqual(["/"]);
  });
});

describe("search", () => {
  it("finds parts of names without case", () => {
    const scene = new Scene();
    const a = scene.agent("a");
    a.listing("/", { Data: directory(), "old-DATA.csv": file(), other: file() }, { at: 10 });
    a.listing("/Data", { x: file(), "My Data": file() }, { at: 10 });
    const found = Array.from(scene.view.search("data"), (node) => node.path);
    expect(found.sort()).toEqual(["/Data", "/Data/My Data", "/old-DATA.csv"]);
  });

  it("finds everything with an empty text", () => {
    const { scene } = someTree();
    expect([...scene.view.search("")]).toHaveLength(8);
  });
});

describe("totals", () => {
  it("count the root as a directory, and all else that is none as a file", () => {
    const scene = new Scene();
    expect(scene.view.stats()).toMatchObject({ files: 0, directories: 1, bytes: 0 });
    scene
      .agent("a")
      .listing("/", { d: directory(), l: file({ type: "l", size: 4 }), p: file() }, { at: 10 });
    expect(scene.view.stats()).toMatchObject({ files: 2, directories: 2, bytes: 5 });
  });
});

describe("revision", () => {
  it("rises with what changed something, and only then", () => {
    const { scene, a } = someTree();
    const { revision } = scene.view;
    a.listing("/a", { x2: file() }, { at: 20 });
    scene.tick(21);
    scene.agent("b", { role: "follower" });
    expect(scene.view.revision).toBe(revision);
    a.listing("/a", { x2: file({ mode: 0 }) }, { at: 22 });
    expect(scene.view.revision).toBe(revision + 1);
  });
});
