import { appendFile, mkdir, open, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { secondMounts } from "../../support/bindfs.js";
import { startHosts, type Hosts } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { nextWalk } from "../../support/walks.js";

const it = itNeeds(secondMounts);
const OLD = 1_500_000_000;
/** How long the writer of C6 works. */
const WRITING_MS = 15_000;

describe.concurrent("a file that changed just now", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;
  let afterSnapshot: readonly string[];

  beforeAll(async () => {
    const over = new AbortController();
    let writing: Promise<void> | undefined;
    world = await startHosts({
      atEnd,
      untilEqual: false,
      // Somebody whom no agent hears writes a file while the snapshot is taken.
      fill: async (disk) => {
        await fill(disk);
        writing = keepWriting(join(disk, "fresh"), over.signal);
      },
    });
    await world.view.until("the snapshot", () => world.view.has("/fresh"));
    afterSnapshot = await world.view.suspects();
    over.abort();
    await writing;
  });

  it("C1: is suspect when the snapshot meets it, in list, entry and tree", async () => {
    const { view } = world;
    expect(afterSnapshot).toContain("/fresh");
    await view.until("it to be at rest", async () => !(await view.isSuspect("/fresh")));
  });

  it("C2: is suspect when an audit meets it, in list, entry and tree, until it rests", async () => {
    const { c, view } = world;
    await writeFile(join(c, "c2"), "by C");
    await view.until("it to be suspect", () => view.isSuspect("/c2"));
    expect(await view.node("/c2")).toMatchObject({ integrity_suspect: true });
    const { data } = await view.ask<{ data: { children: { path: string }[] } }>("tree?path=/");
    expect(data.children.find(({ path }) => path === "/c2")).toMatchObject({
      integrity_suspect: true,
    });
    await view.until("it to be at rest", async () => !(await view.isSuspect("/c2")));
    expect(await view.node("/c2")).toMatchObject({ integrity_suspect: false });
  });

  it("C3: an old file never is, and a suspect that is deleted leaves the list", async () => {
    const { a, c, view } = world;
    const seen = new Set<string>();
    await writeFile(join(c, "c3"), "by C");
    await view.until("it to be suspect", async () => {
      for (const path of await view.suspects()) seen.add(path);
      return seen.has("/c3");
    });
    await rm(join(c, "c3"));
    await view.until("it to be off the list", async () => !(await view.isSuspect("/c3")));
    await view.untilGone("/c3");
    await nextWalk(a);
    for (const path of await view.suspects()) seen.add(path);
    expect(seen).not.toContain("/old");
  });

  it("C4: is clear at once when it is written and closed through A", async () => {
    const { a, c, view } = world;
    await writeFile(join(c, "c4"), "by C");
    await view.until("it to be suspect", () => view.isSuspect("/c4"));
    await writeFile(join(a.dir, "c4"), "by A, all of it");
    await view.until("A's words to be there", async () => (await view.node("/c4"))?.size === 15);
    expect(await view.isSuspect("/c4")).toBe(false);
  });

  it("C5: is looked at again by the leader, and by no follower", async () => {
    const { a, b, c, view } = world;
    await writeFile(join(c, "c5"), "by C");
    await view.until("it to be suspect", () => view.isSuspect("/c5"));
    await view.until("it to be at rest", async () => !(await view.isSuspect("/c5")));
    const sentinels = ({ wire }: typeof a) =>
      wire.heard.filter(({ message }) => message.source === "sentinel");
    expect(sentinels(a).length).toBeGreaterThan(0);
    expect(sentinels(b)).toEqual([]);
    const { mtimeMs } = await stat(join(c, "c5"));
    expect((await view.node("/c5"))?.modified_time).toBeCloseTo(mtimeMs / 1000, 3);
  });

  it("C6: stays suspect while A writes it, and is clear when A closes it", async () => {
    const { a, view } = world;
    const file = await open(join(a.dir, "c6"), "w");
    await file.write("begun");
    await view.until("it to be suspect", () => view.isSuspect("/c6"));
    const clear: number[] = [];
    const began = performance.now();
    while (performance.now() - began < WRITING_MS) {
      await file.write("more");
      if (!(await view.isSuspect("/c6"))) clear.push(performance.now() - began);
      await sleep(400);
    }
    await file.close();
    expect(clear).toEqual([]);
    await view.until("it to be clear", async () => !(await view.isSuspect("/c6")));
    await view.untilEqual("/c6");
  });
});

async function keepWriting(file: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await appendFile(file, "more");
    await sleep(100);
  }
}

async function fill(disk: string): Promise<void> {
  await mkdir(join(disk, "folder"));
  await writeFile(join(disk, "old"), "old");
  await utimes(join(disk, "old"), OLD, OLD);
}
