import { appendFile, mkdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExplainReply } from "@fustor/protocol";
import { beforeAll, describe, expect } from "vitest";
import { atEndOfGroup } from "../../support/at-end.js";
import { secondMounts } from "../../support/bindfs.js";
import { startHosts, type Hosts } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { isCompensating, nextWalk, tellsOf } from "../../support/walks.js";

const it = itNeeds(secondMounts);
const OLD = 1_500_000_000;

describe.concurrent("what host C does, which nobody tells of,", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    // So that nothing but this bound brings an audit in time.
    world = await startHosts({ atEnd, fill, auditIntervalSec: 3_600, maxStalenessSec: 4 });
  });

  it("B1: files that it creates are found, as additions", async () => {
    const { c, view } = world;
    await writeFile(join(c, "b1/one"), "1");
    await mkdir(join(c, "b1/new"));
    await writeFile(join(c, "b1/new/two"), "2");
    await view.untilEqual("/b1");
    await view.until("the addition to be listed", async () =>
      (await view.blindSpots()).additions.includes("/b1/one"),
    );
    const { modifications, deletions } = await view.blindSpots();
    expect([...modifications, ...deletions].filter((path) => path.startsWith("/b1"))).toEqual([]);
  });

  it("B2: files that it deletes go, as deletions", async () => {
    const { c, view } = world;
    await rm(join(c, "b2/one"));
    await rm(join(c, "b2/folder"), { recursive: true });
    await view.untilEqual("/b2");
    const { deletions } = await view.blindSpots();
    expect(deletions).toContain("/b2/one");
    expect(deletions).toContain("/b2/folder");
  });

  it("B3: files that it changes are found, as modifications", async () => {
    const { c, view } = world;
    const folder = await stat(join(c, "b3"));
    await appendFile(join(c, "b3/appended"), "more");
    await writeFile(join(c, "b3/rewritten"), "something else");
    // No new mtime: only its size tells.
    await appendFile(join(c, "b3/secret"), "more");
    await utimes(join(c, "b3/secret"), OLD, OLD);
    expect((await stat(join(c, "b3"))).mtimeMs).toBe(folder.mtimeMs);
    await view.untilEqual("/b3");
    const { modifications } = await view.blindSpots();
    expect(modifications.filter((path) => path.startsWith("/b3"))).toEqual([
      "/b3/appended",
      "/b3/rewritten",
      "/b3/secret",
    ]);
  });

  it("B4: stays listed until an event explains it", async () => {
    const { a, c, view } = world;
    const mine = async () => {
      const { additions } = await view.blindSpots();
      return additions.filter((path) => path.startsWith("/b4"));
    };
    await writeFile(join(c, "b4/touched"), "x");
    await writeFile(join(c, "b4/left"), "x");
    await view.until("both to be listed", async () => (await mine()).length === 2);
    await nextWalk(a);
    expect(await mine()).toEqual(["/b4/left", "/b4/touched"]);
    await writeFile(join(a.dir, "b4/touched"), "by A");
    await view.until("one to leave the list", async () => (await mine()).length === 1);
    await nextWalk(a);
    expect(await mine()).toEqual(["/b4/left"]);
  });
});

describe("B5: an audit that is overtaken", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;

  beforeAll(async () => {
    world = await startHosts({ atEnd, fill, hosts: [{ name: "a" }] });
  });

  it("undoes neither what was created nor what was deleted", async () => {
    const { a, c, view } = world;
    // What an audit finds changed it tells by rows, also where it tells the rest by digests.
    await writeFile(join(c, "b5/news"), "by C");
    const held = a.wire.hold((message) => isCompensating(message) && tellsOf(message, "/b5/x"));
    await held.came;
    await writeFile(join(a.dir, "b5/made"), "after the audit read it");
    await rm(join(a.dir, "b5/x"));
    await view.untilThere("/b5/made");
    await view.untilGone("/b5/x");
    held.release();
    const seen: boolean[] = [];
    const audits = nextWalk(a);
    let isOver = false;
    void audits.finally(() => (isOver = true));
    await view.until("the next audit", async () => {
      seen.push((await view.has("/b5/made")) && !(await view.has("/b5/x")));
      return isOver;
    });
    await audits;
    expect(seen).not.toContain(false);
    await view.until("no doubt", async () => {
      const { doubted } = await view.ask<ExplainReply>("explain?path=/b5/x");
      return !doubted;
    });
    await view.untilEqual("/b5");
  });
});

async function fill(disk: string): Promise<void> {
  for (const folder of ["b1", "b2/folder/deep", "b3", "b4", "b5"]) {
    await mkdir(join(disk, folder), { recursive: true });
  }
  const files = [
    "b2/one",
    "b2/folder/deep/two",
    "b3/appended",
    "b3/rewritten",
    "b3/secret",
    "b5/x",
  ];
  for (const file of files) {
    await writeFile(join(disk, file), "old");
    await utimes(join(disk, file), OLD, OLD);
  }
}
