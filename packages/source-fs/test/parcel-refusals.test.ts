import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createSystemClock } from "@fustor/core/host";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { NodeLooker } from "../src/node-looker.js";
import { Root } from "../src/root.js";
import type { WatchEvents } from "../src/watch/backend.js";
import { ParcelBackend } from "../src/watch/parcel.js";
import type { ParcelProcessEvents } from "../src/watch/parcel-process.js";
import { makeFolder } from "./disk.js";

/** What the process answers to each subscription in turn; undefined is yes. */
const answers: (string | undefined)[] = [];
let asked = 0;
/** What the process tells of its second subscription, before it says that it has it. */
const early: string[] = [];

vi.mock("../src/watch/parcel-process.js", () => ({
  ParcelProcess: class {
    readonly #events: ParcelProcessEvents;
    constructor(events: ParcelProcessEvents) {
      this.#events = events;
    }
    async subscribe(): Promise<number> {
      const refusal = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (refusal !== undefined) throw new Error(refusal);
      if (asked === 2) this.#events.onEvents(asked, early);
      return asked;
    }
    async unsubscribe(): Promise<void> {
      // Nothing is kept.
    }
    hurry(): void {
      // Nothing waits.
    }
    async close(): Promise<void> {
      // Nothing runs.
    }
  },
}));

beforeEach(() => {
  answers.length = 0;
  early.length = 0;
  asked = 0;
});

describe("a directory that parcel refuses", () => {
  it.each([
    ["has changed meanwhile", "No such file or directory", "busy"],
    ["has one watch too many", "inotify_add_watch on '/x' failed: No space left on device", "full"],
    ["needs one open file too many", "Unable to initialize inotify: Too many open files", "full"],
  ])("because it %s", async (_, refusal, result) => {
    await using folder = await makeFolder();
    answers.push(refusal);
    expect(await openBackend(folder.path).arm("/")).toBe(result);
  });

  it("once is watched all the same", async () => {
    await using folder = await makeFolder();
    answers.push("No such file or directory", undefined);
    const backend = openBackend(folder.path);
    expect(await backend.arm("/")).toBe("armed");
    expect(await backend.arm("/")).toBe("already");
  });

  it("is armed anew when it moves before the answer is there", async () => {
    await using folder = await makeFolder();
    mkdirSync(join(folder.path, "a"));
    answers.push(undefined);
    const backend = openBackend(folder.path);
    await backend.arm("/");
    early.push(join(folder.path, "a"), "delete");
    expect(await backend.arm("/a")).toBe("armed");
    expect(asked).toBe(3);
  });

  it.skipIf(process.geteuid?.() !== 0)("because it must not be read", async () => {
    await using folder = await makeFolder();
    mkdirSync(join(folder.path, "shut"));
    chmodSync(folder.path, 0o755);
    chmodSync(join(folder.path, "shut"), 0o000);
    const backend = openBackend(folder.path);
    answers.push("Bad file descriptor");
    process.seteuid?.(65_534);
    try {
      expect(await backend.arm("/shut")).toBe("refused");
    } finally {
      process.seteuid?.(0);
    }
  });
});

function openBackend(path: string): ParcelBackend {
  const ignore = () => undefined;
  const events: WatchEvents = {
    dirty: ignore,
    moved: ignore,
    dirtyWhole: ignore,
    gone: ignore,
    overflow: ignore,
    dead: ignore,
  };
  return new ParcelBackend(new Root(path, new NodeLooker()), createSystemClock(), events);
}
