import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { countRows, type Message } from "@fustor/core";
import type { ChangesPage } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import { Agent } from "../support/agent.js";
import { eventuallyEqual } from "../support/equal.js";
import { eventually } from "../support/eventually.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { ask } from "../support/view.js";
import { Wire } from "../support/wire.js";

const FOLDERS = 50;
const FILES_EACH = 100;
/** More than the agent takes an event to be late at most: until then it trusts no rename. */
const REST_MS = 2_500;

describe("a folder of 5,000 files that is renamed", () => {
  it("is one move in the feed, and soon one small message on the wire", async () => {
    const dir = await makeFolder("tree");
    await fill(join(dir, "name-0"));
    const home = await makeFolder("home");
    const fusion = await Fusion.start({ home: join(home, "fusion") });
    const wire = await Wire.start(fusion.endpoint);
    const agent = { home: join(home, "agent"), endpoint: wire.endpoint, key: fusion.key };
    await Agent.start({ ...agent, dir, backend: "inotify" });
    await eventuallyEqual(dir, fusion.view, { withinMs: 60_000 });

    let count = 0;
    const renameOnce = async (): Promise<readonly Message[]> => {
      const { cursor } = await ask<ChangesPage>(fusion.view, "changes");
      const before = wire.heard.length;
      const [from, to] = [`/name-${String(count)}`, `/name-${String(count + 1)}`];
      count += 1;
      await rename(join(dir, from), join(dir, to));
      await eventuallyEqual(dir, fusion.view);
      const { events } = await ask<ChangesPage>(fusion.view, `changes?since=${cursor}`);
      expect(events.filter(({ kind }) => kind !== "updated")).toMatchObject([
        { kind: "moved", from, path: to, is_directory: true },
      ]);
      return wire.heard.slice(before).map(({ message }) => message);
    };

    // As long as a look at it may have missed it, it is listed under its new name all the same.
    const told = await eventually(
      async () => {
        const messages = await renameOnce();
        if (!messages.some(({ kind }) => kind === "listing")) return messages;
        await sleep(REST_MS);
        return undefined;
      },
      { withinMs: 60_000, what: "a rename after which nothing is listed" },
    );
    const moves = told.flatMap((message) =>
      message.kind === "change" ? (message.moves ?? []) : [],
    );
    expect(moves).toEqual([[`/name-${String(count - 1)}`, `/name-${String(count)}`]]);
    const rows = told.reduce((sum, message) => sum + countRows(message), 0);
    expect(rows).toBeLessThan(10);

    await writeFile(join(dir, `name-${String(count)}`, "part-7", "later"), "later");
    await eventuallyEqual(dir, fusion.view);
  });
});

async function fill(at: string): Promise<void> {
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const part = join(at, `part-${String(folder)}`);
    await mkdir(part, { recursive: true });
    const files = Array.from({ length: FILES_EACH }, (_, i) => join(part, `file-${String(i)}`));
    await Promise.all(files.map((file) => writeFile(file, file)));
  }
}
