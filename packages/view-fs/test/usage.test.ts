import type { Steps, UsageTree } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { Core } from "../src/core/core.js";
import { usageTree, type LinkLimits } from "../src/core/usage.js";
import { LIMITS } from "./core/believer.js";
import { directory, file, Scene } from "./scene.js";

describe("what files with several names take up", () => {
  it("counts once in every subtree that is shown, as du counts", () => {
    expect(usage()).toEqual({
      hardLinks: "counted once",
      bytes: { "/": 111, "/a": 110, "/b": 101 },
    });
  });

  it("counts for each name, and says so, where there are too many to tell apart", () => {
    const each = { "/": 311, "/a": 210, "/b": 101 };
    expect(usage({ names: 20, files: 2 })).toEqual({ hardLinks: "counted each", bytes: each });
    expect(usage({ names: 7, files: 20 })).toEqual({ hardLinks: "counted each", bytes: each });
    // One for each directory shown that the file is in.
    expect(usage({ names: 8, files: 3 }).hardLinks).toBe("counted once");
  });

  function usage(limits?: LinkLimits) {
    const scene = new Scene();
    const agent = scene.agent("a");
    const linked = file({ ino: 7, nlink: 3, size: 100 });
    const options = { at: 10 };
    agent.listing("/", { a: directory(), b: directory() }, options);
    agent.listing("/a", { x: linked, deep: directory(), other: file({ size: 10 }) }, options);
    agent.listing("/a/deep", { y: linked }, options);
    agent.listing("/b", { z: linked, other: file({ size: 1 }) }, options);
    const core = new Core(LIMITS);
    for (const record of scene.records) core.apply(record);
    const found = end(usageTree(core.world, "/", { depth: 1, top: 10 }, limits));
    const shown = found === undefined ? [] : [found.top, ...(found.top.children ?? [])];
    const bytes: Record<string, number> = {};
    for (const each of shown) bytes[each.node.path] = each.bytes;
    return { hardLinks: found?.hardLinks, bytes };
  }
});

function end(steps: Steps<UsageTree | undefined>): UsageTree | undefined {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
