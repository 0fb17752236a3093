import { mkdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { secondMounts } from "../../support/bindfs.js";
import { CACHE_SEC, HOT_SEC, startHosts, type Hosts } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { isCompensating, nextWalk, tellsOf } from "../../support/walks.js";

const it = itNeeds(secondMounts);
const OLD = 1_500_000_000;
const TOMBSTONE_SEC = 6;

describe("a file that A deletes", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    world = await startHosts({ atEnd, fill });
  });

  it("D1: stays gone when an audit that saw it comes late", async () => {
    const { a, c, view } = world;
    // What an audit finds changed it tells by rows, also where it tells the rest by digests.
    await writeFile(join(c, "d1/news"), "by C");
    const held = a.wire.hold((message) => {
      return isCompensating(message) && tellsOf(message, "/d1/gone");
    });
    await held.came;
    await rm(join(a.dir, "d1/gone"));
    await view.untilGone("/d1/gone");
    held.release();
    expect(await wasSeen(world, "/d1/gone", nextWalk(a))).toBe(false);
    await view.untilEqual("/d1");
  });

  it.each([
    ["A, with a new time", "a", undefined],
    ["A, with an old time", "a", OLD],
    ["C, with a new time", "c", undefined],
    ["C, with an old time", "c", OLD],
  ] as const)("D3: is there again when it is made again by %s", async (who, by, time) => {
    const { a, c, view } = world;
    const name = `d3/${who}`;
    await rm(join(a.dir, name));
    await view.untilGone(`/${name}`);
    // Made elsewhere and moved there, so that its time is what it is from the first moment.
    const made = join(by === "a" ? a.dir : c, "made elsewhere");
    await writeFile(made, "again");
    if (time !== undefined) await utimes(made, time, time);
    await rename(made, join(by === "a" ? a.dir : c, name));
    await view.untilThere(`/${name}`);
    await view.untilEqual(`/d3`);
  });
});

describe("when B leads", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    world = await startHosts({ atEnd, fill, hosts: [{ name: "b" }, { name: "a" }] });
  });

  it("D2: a file that A deleted stays gone while B's cache still shows it", async () => {
    const [b, a] = world.hosts;
    if (a === undefined || b === undefined) throw new Error("two hosts were asked for");
    const { view, c } = world;
    // B's word that it is there, which comes late: the file is suspect, so that B looks at it.
    await writeFile(join(c, "d2/gone"), "by C");
    await view.until("it to be suspect", () => view.isSuspect("/d2/gone"));
    const held = b.wire.hold(
      (message) => message.source === "sentinel" && tellsOf(message, "/d2/gone"),
    );
    await held.came;
    // By now nothing that B has said before may come out of a cache.
    await sleep((CACHE_SEC + 3) * 1000);
    await stat(join(b.dir, "d2/gone"));
    await rm(join(a.dir, "d2/gone"));
    // This is what makes it worth asking: B still sees it.
    expect((await stat(join(b.dir, "d2/gone"))).size).toBe(4);
    await view.untilGone("/d2/gone");
    held.release();
    expect(await wasSeen(world, "/d2/gone", nextWalk(b))).toBe(false);
    await view.untilEqual("/d2");
  });
});

describe("a tombstone that is old", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    const viewConfig = { hot_file_threshold_sec: HOT_SEC, tombstone_ttl_sec: TOMBSTONE_SEC };
    world = await startHosts({ atEnd, fill, viewConfig, hosts: [{ name: "a" }] });
  });

  it("D4: expires, and evidence that is older changes nothing and is looked at again", async () => {
    const { a, c, view } = world;
    // What an audit finds changed it tells by rows, also where it tells the rest by digests.
    await writeFile(join(c, "d4/news"), "by C");
    const held = a.wire.hold((message) => {
      return isCompensating(message) && tellsOf(message, "/d4/gone");
    });
    await held.came;
    await rm(join(a.dir, "d4/gone"));
    await view.untilGone("/d4/gone");
    expect((await view.stats())["tombstone_count"]).toBeGreaterThan(0);
    await view.until("the tombstone to expire", async () => {
      return (await view.stats())["tombstone_count"] === 0;
    });
    held.release();
    let gaps = 0;
    const walk = view.until("a gap, and its end", async () => {
      const { gap_count: now = 0 } = await view.stats();
      gaps = Math.max(gaps, now);
      return gaps > 0 && now === 0;
    });
    expect(await wasSeen(world, "/d4/gone", walk)).toBe(false);
    await view.untilEqual("/d4");
  });
});

/** Looks again and again until the other thing has happened. */
async function wasSeen({ view }: Hosts, path: string, until: Promise<unknown>): Promise<boolean> {
  let [seen, isOver] = [false, false];
  const over = until.finally(() => (isOver = true));
  while (!isOver) {
    seen ||= await view.has(path);
    await sleep(50);
  }
  await over;
  return seen;
}

async function fill(disk: string): Promise<void> {
  const files = ["d1/gone", "d1/stays", "d2/stays", "d4/gone", "d4/stays"];
  const again = [
    "A, with a new time",
    "A, with an old time",
    "C, with a new time",
    "C, with an old time",
  ];
  for (const file of [...files, ...again.map((name) => `d3/${name}`)]) {
    await mkdir(join(disk, file, ".."), { recursive: true });
    await writeFile(join(disk, file), "old");
    await utimes(join(disk, file), OLD, OLD);
  }
}
