import { mkdir, rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { secondMounts } from "../../support/bindfs.js";
import { startHosts, type Hosts } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { nextWalk } from "../../support/walks.js";

const it = itNeeds(secondMounts);
const IN_2099 = Date.parse("2099-06-01T12:00:00Z") / 1000;
const IN_1901 = Date.parse("1901-12-25T12:00:00Z") / 1000;
const OLD = 1_500_000_000;

describe.concurrent("I: files from the far future and the far past", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    world = await startHosts({ atEnd, fill, hosts: [{ name: "a" }] });
  });

  it.each([
    ["2099", IN_2099],
    ["1901", IN_1901],
  ])("one of %s that A makes is there at once, and at rest in the end", async (name, time) => {
    const { a, view } = world;
    const path = `/${name} by A`;
    await writeFile(join(a.dir, path), name);
    await utimes(join(a.dir, path), dateOf(time), dateOf(time));
    await view.until(`${path} with its time`, async () => {
      return (await view.node(path))?.modified_time === time;
    });
    await view.until("it to be at rest", async () => !(await view.isSuspect(path)));
    expect((await view.node(path))?.modified_time).toBe(time);
  });

  it("one of 2099 that C makes is suspect until it is seen to stand still", async () => {
    const { c, view } = world;
    await writeFile(join(c, "2099 by C"), "2099");
    await utimes(join(c, "2099 by C"), IN_2099, IN_2099);
    await view.until("it to be suspect", () => view.isSuspect("/2099 by C"));
    await view.until("it to be at rest", async () => !(await view.isSuspect("/2099 by C")));
    expect((await view.node("/2099 by C"))?.modified_time).toBe(IN_2099);
  });

  it("one of 1901 that C makes is never suspect", async () => {
    const { c, view } = world;
    const seen = new Set<string>();
    // Elsewhere on the same disk, so that it has its time when it comes into view.
    const made = join(c, "..", "made elsewhere");
    await writeFile(made, "1901");
    await utimes(made, dateOf(IN_1901), dateOf(IN_1901));
    await rename(made, join(c, "1901 by C"));
    await view.until("it to be there", async () => {
      for (const path of await view.suspects()) seen.add(path);
      return view.has("/1901 by C");
    });
    expect((await view.node("/1901 by C"))?.modified_time).toBe(IN_1901);
    expect(seen).not.toContain("/1901 by C");
  });

  it("other files are judged as ever", async () => {
    const { a, c, view } = world;
    await view.until("one of 2099", () => view.has("/2099 by A"));
    await writeFile(join(c, "plain"), "now");
    await view.until("a fresh one to be suspect", () => view.isSuspect("/plain"));
    await view.until("it to be at rest", async () => !(await view.isSuspect("/plain")));
    await nextWalk(a);
    expect(await view.isSuspect("/old")).toBe(false);
    const { mtimeMs } = await stat(join(c, "plain"));
    expect((await view.node("/plain"))?.modified_time).toBeCloseTo(mtimeMs / 1000, 3);
  });
});

/** Numbers below 0 are not taken for times. */
function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}

async function fill(disk: string): Promise<void> {
  await mkdir(join(disk, "folder"));
  await writeFile(join(disk, "old"), "old");
  await utimes(join(disk, "old"), OLD, OLD);
}
