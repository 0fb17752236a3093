import { chmod, chown, mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CoverageReply } from "@fustor/protocol";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { mountAt, secondMounts } from "../../support/bindfs.js";
import { makeFolder } from "../../support/folders.js";
import { CACHE_SEC, startHosts, type Hosts, type Picture } from "../../support/hosts.js";
import { itNeeds, rootRights } from "../../support/needs.js";
import { nextWalk } from "../../support/walks.js";

const it = itNeeds(secondMounts);
const itAsRoot = itNeeds(secondMounts, rootRights);
const OLD = 1_500_000_000;

describe("M1: on the machine of the leader", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    world = await startHosts({ atEnd, fill });
  });

  it("something is mounted in the tree and goes again: nothing is removed, and it heals", async () => {
    const { a, c, view } = world;
    const other = await makeFolder("other", { atEnd });
    await writeFile(join(other, "foreign"), "not ours");
    const mount = await mountAt(other, join(a.dir, "nest"), { atEnd });
    await nextWalk(a);
    expect(await gapsOf(view)).toContain("/nest: EXDEV");
    await nextWalk(a);
    expect(await view.has("/nest/hidden")).toBe(true);
    expect(await view.has("/nest/sub/deep")).toBe(true);
    expect(await view.has("/nest/foreign")).toBe(false);
    // Everything else goes on.
    await writeFile(join(c, "beside"), "x");
    await view.untilThere("/beside");

    await mount.unmount();
    await rm(join(c, "nest/hidden"));
    await writeFile(join(c, "nest/made meanwhile"), "x");
    await view.untilEqual();
    await view.until("no gap", async () => (await gapsOf(view)).length === 0);
  });

  it("the root is unmounted during an audit and mounted again: nothing is removed, and it heals", async () => {
    const { a, c, view } = world;
    const { total_files: files = 0 } = await view.stats();
    const held = a.wire.hold(({ source }) => source === "audit");
    await held.came;
    await a.mount.unmount();
    held.release();
    await a.agent.eventuallyReports(({ problem }) => {
      return problem?.code === "SOURCE_UNAVAILABLE";
    }, "without its root");
    await view.until("the gap", async () => (await gapsOf(view)).includes("/: ESTALE"));
    expect((await view.stats())["total_files"]).toBe(files);

    await writeFile(join(c, "while unmounted"), "x");
    await rm(join(c, "old/0"));
    await mountAt(c, a.dir, { cacheSec: CACHE_SEC, atEnd });
    await view.untilEqual();
    await view.until("no gap", async () => (await gapsOf(view)).length === 0);
  });
});

describe("M2: when the leader sees less than the follower", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    // Without the power to read what file permissions forbid.
    const caps = "-dac_override,-dac_read_search";
    const tracer = ["setpriv", `--bounding-set=${caps}`];
    const hosts = [{ name: "a", tracer, driverParams: { exclude: ["*.tmp"] } }, { name: "b" }];
    world = await startHosts({ atEnd, hosts, fill: fillPrivate, untilEqual: false });
  });

  itAsRoot("the follower's files neither flap nor vanish", async () => {
    const { a, b, view } = world;
    await view.untilThere("/private");
    expect(await view.has("/private/unseen")).toBe(false);
    const paths = ["/seen by b.tmp", "/private/seen by b", "/folder/seen by b.tmp"];
    for (const path of paths) await writeFile(join(b.dir, path), "x");
    for (const path of paths) await view.untilThere(path);
    await writeFile(join(a.dir, "seen by a"), "x");

    const missing: string[] = [];
    let isOver = false;
    const audits = (async () => {
      for (let audit = 0; audit < 3; audit += 1) await nextWalk(a);
    })().finally(() => (isOver = true));
    await view.until("three audits", async () => {
      for (const path of paths) if (!(await view.has(path))) missing.push(path);
      return isOver;
    });
    await audits;
    expect(missing).toEqual([]);
    expect(await view.has("/seen by a")).toBe(true);
    expect(await view.leaders()).toEqual(["a"]);

    await rm(join(b.dir, "seen by b.tmp"));
    await rm(join(b.dir, "private/seen by b"));
    await view.untilGone("/seen by b.tmp");
    await view.untilGone("/private/seen by b");
    expect(await view.has("/folder/seen by b.tmp")).toBe(true);
  });
});

/** Each as its scope and reason. */
async function gapsOf(view: Picture): Promise<readonly string[]> {
  const { gaps } = await view.ask<CoverageReply>("coverage?path=/");
  return gaps.map(({ path, reason }) => `${path}: ${reason}`);
}

async function fill(disk: string): Promise<void> {
  await mkdir(join(disk, "nest/sub"), { recursive: true });
  await mkdir(join(disk, "old"));
  const many = Array.from({ length: 50 }, (_, index) => `old/${String(index)}`);
  for (const file of ["nest/hidden", "nest/sub/deep", ...many]) {
    await writeFile(join(disk, file), "old");
    await utimes(join(disk, file), OLD, OLD);
  }
}

async function fillPrivate(disk: string): Promise<void> {
  await mkdir(join(disk, "folder"));
  await mkdir(join(disk, "private"));
  await writeFile(join(disk, "private/unseen"), "x");
  await chown(join(disk, "private"), 65_534, 65_534);
  await chmod(join(disk, "private"), 0o700);
}
