import { appendFile, mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EntryReply, ExplainReply, ScanJob } from "@fustor/protocol";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { secondMounts } from "../../support/bindfs.js";
import { startHosts, type Hosts } from "../../support/hosts.js";
import { itNeeds, program, rootRights } from "../../support/needs.js";

const it = itNeeds(secondMounts);
const itWithoutWatches = itNeeds(secondMounts, program("unshare"), rootRights);
const OLD = 1_500_000_000;

/** Runs the agent where the kernel grants no watch at all. */
const NO_WATCHES = [
  ...["unshare", "--user", "--map-root-user", "sh", "-c"],
  ...['echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"', "sh"],
];

describe("F1: a host that may watch nothing, and no audits", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    const hosts = [{ name: "a", tracer: NO_WATCHES }];
    world = await startHosts({ atEnd, fill, hosts, auditIntervalSec: 0 });
  });

  itWithoutWatches("shows what it missed when somebody asks for a fresh read", async () => {
    const { a, view } = world;
    await writeFile(join(a.dir, "folder/missed"), "x");
    await rm(join(a.dir, "folder/old"));
    await appendFile(join(a.dir, "folder/grown"), "more");
    expect(await view.has("/folder/missed")).toBe(false);
    const asked = await view.ask<{ scan_pending: boolean }>(
      "tree?path=/folder&force_real_time=true",
    );
    expect(asked.scan_pending).toBe(true);
    await view.untilThere("/folder/missed");
    await view.untilEqual("/folder");
    expect(a.wire.heard.some(({ message }) => message.source === "audit")).toBe(false);
  });
});

describe("F1: a scan that somebody asks for", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    world = await startHosts({ atEnd, fill, hosts: [{ name: "a" }], auditIntervalSec: 0 });
  });

  it("finds what no event told, shows how far it is, and ends", async () => {
    const { c, view } = world;
    await mkdir(join(c, "folder/deep/down"), { recursive: true });
    await writeFile(join(c, "folder/deep/down/missed"), "x");
    await rm(join(c, "folder/old"));
    const asked = await view.send<ScanJob>("POST", "scans", { path: "/folder", recursive: true });
    expect(asked).toMatchObject({ state: "queued", path: "/folder", recursive: true });
    const states = new Set<string>();
    await view.until("its end", async () => {
      const { state } = await view.ask<ScanJob>(`scans/${asked.id}`);
      states.add(state);
      return state === "done";
    });
    expect([...states].filter((each) => !["queued", "running", "done"].includes(each))).toEqual([]);
    const done = await view.ask<ScanJob>(`scans/${asked.id}`);
    expect(done.progress.directories).toBeGreaterThanOrEqual(3);
    expect(done.agent_id).toBe("a");
    await view.untilEqual("/folder");
  });

  it("can be cancelled, and then changes nothing", async () => {
    const { a, c, view } = world;
    // Held back, so that it is under way for sure.
    const held = a.wire.hold(({ source }) => source === "on_demand");
    const asked = await view.send<ScanJob>("POST", "scans", { path: "/", recursive: true });
    await held.came;
    const cancelled = await view.send<ScanJob>("DELETE", `scans/${asked.id}`);
    expect(cancelled.state).toBe("cancelled");
    held.release();
    // The next one is not kept waiting by it.
    await writeFile(join(c, "later"), "x");
    const next = await view.send<ScanJob>("POST", "scans", { path: "/" });
    await view.until("the next one's end", async () => {
      return (await view.ask<ScanJob>(`scans/${next.id}`)).state === "done";
    });
    expect(await view.has("/later")).toBe(true);
    expect((await view.ask<ScanJob>(`scans/${asked.id}`)).state).toBe("cancelled");
  });
});

describe("F2 G: suspects and blind spots", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    // Suspect for as long as the deletion may take to be proven.
    const viewConfig = { hot_file_threshold_sec: 50 };
    world = await startHosts({ atEnd, fill, hosts: [{ name: "a" }], viewConfig });
  });

  it("are told by every call that speaks of them", async () => {
    const { c, view } = world;
    await writeFile(join(c, "folder/added"), "x");
    await appendFile(join(c, "folder/grown"), "more");
    await rm(join(c, "folder/old"));
    await view.until("all of them", async () => {
      const { additions, modifications, deletions } = await view.blindSpots();
      return additions.length + modifications.length + deletions.length === 3;
    });
    expect(await view.blindSpots()).toEqual({
      additions: ["/folder/added"],
      modifications: ["/folder/grown"],
      deletions: ["/folder/old"],
    });
    expect([...(await view.suspects())].sort()).toEqual(["/folder/added", "/folder/grown"]);
    expect(await view.stats()).toMatchObject({ has_blind_spot: true, suspect_file_count: 2 });
    const list = await view.ask<readonly { suspect_until: number }[]>("suspect-list");
    const { logical_now: now = NaN } = await view.stats();
    for (const { suspect_until: until } of list) expect(Math.abs(until - now)).toBeLessThan(60);
    expect(await view.node("/folder/added")).toMatchObject({ integrity_suspect: true });
    const { data } = await view.ask<{ data: { children: { path: string }[] } }>(
      "tree?path=/folder",
    );
    expect(data.children.find(({ path }) => path === "/folder/grown")).toMatchObject({
      integrity_suspect: true,
    });
    const { entry, trust } = await view.ask<EntryReply>("entry?path=/folder/added");
    expect(entry).toMatchObject({ suspect: true });
    expect(trust.suspect_until).toBeGreaterThan(now);
    expect(trust.seen?.host).toBe("a");
    const gone = await view.ask<ExplainReply>("explain?path=/folder/old");
    expect(gone).toMatchObject({ present: false, absent: { host: "a" } });
    // Whichever came first: the listing without it, or the look at what that listing left open.
    expect(["listing", "probe"]).toContain(gone.absent?.how);
    const added = await view.ask<ExplainReply>("explain?path=/folder/added");
    expect(added).toMatchObject({ present: true, directory: { path: "/folder" } });
    expect(added.suspect_until).toBeGreaterThan(now);
  });
});

async function fill(disk: string): Promise<void> {
  await mkdir(join(disk, "folder"));
  for (const name of ["old", "grown", "quiet"]) {
    await writeFile(join(disk, "folder", name), name);
    await utimes(join(disk, "folder", name), OLD, OLD);
  }
}
