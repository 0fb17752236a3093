import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { Agent } from "../../support/agent.js";
import { atEndOfGroup } from "../../support/at-end.js";
import { mountAt, secondMounts } from "../../support/bindfs.js";
import { makeFolder } from "../../support/folders.js";
import { Fusion } from "../../support/fusion.js";
import { AUDIT_SEC, CACHE_SEC, Picture, startHosts, type Hosts } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";

const it = itNeeds(secondMounts);
/** No old session ends by itself while the test looks. */
const LONG_SEC = 600;

describe("K: one pipe that feeds two views", () => {
  const atEnd = atEndOfGroup();
  let world: Hosts;
  let other: Picture;

  beforeAll(async () => {
    const pipes = { both: ["default", "second"] };
    world = await startHosts({ atEnd, pipes, fill });
    other = new Picture({ ...world.fusion.view, view: "second" }, world.c);
  });

  it("makes both of them the disk", async () => {
    const { a, b, c, view } = world;
    await writeFile(join(a.dir, "folder/by A"), "a");
    await writeFile(join(b.dir, "folder/by B"), "b");
    await writeFile(join(c, "folder/by C"), "c");
    await rm(join(a.dir, "folder/old"));
    await Promise.all([view.untilEqual(), other.untilEqual()]);
  });

  it("while agents leave it and join it", async () => {
    const { a, b, c, view } = world;
    await a.agent.stop();
    await view.until("B to lead", async () => (await view.leaders()).join() === "b");
    await writeFile(join(b.dir, "while A is away"), "b");
    await writeFile(join(c, "while A is away, by C"), "c");
    await Promise.all([view.untilEqual(), other.untilEqual()]);
    a.agent.start();
    await view.until("A to follow", async () => (await view.sessions()).length === 2);
    expect(await view.leaders()).toEqual(["b"]);
    expect(await other.leaders()).toEqual(["b"]);
    await b.agent.stop();
    await view.until("A to lead", async () => (await view.leaders()).join() === "a");
    await rm(join(a.dir, "while A is away"));
    await Promise.all([view.untilEqual(), other.untilEqual()]);
  });
});

describe("K: a forest of two roots", () => {
  const atEnd = atEndOfGroup();
  const ids = ["one", "two"] as const;
  const folders = new Map<string, string>();
  const roots = new Map<string, Picture>();
  const agents = new Map<string, Agent>();

  beforeAll(async () => {
    const home = await makeFolder("hosts", { atEnd });
    const fusion = await Fusion.start({
      home: join(home, "fusion"),
      pipes: { one: ["forest"], two: ["forest"] },
      viewConfig: { mode: "forest" },
      auditIntervalSec: AUDIT_SEC,
      atEnd,
    });
    for (const id of ids) {
      const dir = join(home, id);
      await mkdir(join(dir, "folder"), { recursive: true });
      await writeFile(join(dir, "folder/same name"), id);
      folders.set(id, dir);
      const mount = await mountAt(dir, join(home, `${id}-mount`), { cacheSec: CACHE_SEC, atEnd });
      const key = await fusion.createKey([`ingest:${id}`]);
      const agent = await Agent.start({
        ...{ home: join(home, `${id}-agent`), agentId: id, endpoint: fusion.endpoint, key },
        ...{ dir: mount.at, driverParams: { attribute_cache_sec: CACHE_SEC }, atEnd },
      });
      agents.set(id, agent);
      roots.set(id, new Picture({ ...fusion.view, view: "forest" }, dir, `/${id}`));
    }
    for (const id of ids) await roots.get(id)?.untilEqual();
  });

  it("shows each below its own name, and what happens in one is nothing to the other", async () => {
    const [one, two] = [folders.get("one") ?? "", folders.get("two") ?? ""];
    await rm(join(one, "folder"), { recursive: true });
    await writeFile(join(two, "only here"), "two");
    await roots.get("one")?.untilEqual();
    await roots.get("two")?.untilEqual();
    expect(await roots.get("one")?.has("/one/only here")).toBe(false);
    expect((await roots.get("two")?.node("/two/folder/same name"))?.size).toBe(3);
  });

  it("and each has a leader of its own", async () => {
    const forest = roots.get("one");
    expect([...((await forest?.leaders()) ?? [])].sort()).toEqual(["one", "two"]);
    await agents.get("one")?.kill();
    await forest?.until("one to be without", async () => {
      return (await forest.leaders()).join() === "two";
    });
    await writeFile(join(folders.get("two") ?? "", "goes on"), "two");
    await roots.get("two")?.untilEqual();
    await roots.get("one")?.untilEqual();
  });
});

describe("A4: agents with two pipes each, started at the same moment", () => {
  const atEnd = atEndOfGroup();
  const names = ["a", "b"] as const;
  const agents: Agent[] = [];
  const views: Picture[] = [];
  const folders: string[] = [];

  beforeAll(async () => {
    const home = await makeFolder("hosts", { atEnd });
    for (const id of ["one", "two"]) {
      folders.push(join(home, id));
      await mkdir(join(home, id, "folder"), { recursive: true });
      await writeFile(join(home, id, `of ${id}`), id);
    }
    const [one = "", two = ""] = folders;
    const fusion = await Fusion.start({
      home: join(home, "fusion"),
      pipes: { one: ["one"], two: ["two"] },
      sessionTimeoutSec: LONG_SEC,
      atEnd,
    });
    const { endpoint } = fusion;
    const [keyOne, keyTwo] = [
      await fusion.createKey(["ingest:one"]),
      await fusion.createKey(["ingest:two"]),
    ];
    views.push(new Picture({ ...fusion.view, view: "one" }, one));
    views.push(new Picture({ ...fusion.view, view: "two" }, two));
    const mounts = await Promise.all(
      names.flatMap((name) =>
        [one, two].map((dir, index) =>
          mountAt(dir, join(home, `${name}-${String(index)}`), { cacheSec: CACHE_SEC, atEnd }),
        ),
      ),
    );
    const started = names.map((name, index) =>
      Agent.start({
        home: join(home, name),
        agentId: name,
        endpoint,
        key: keyOne,
        dir: mounts[2 * index]?.at ?? "",
        alsoPipes: [{ id: "more", key: keyTwo, dir: mounts[2 * index + 1]?.at ?? "" }],
        driverParams: { attribute_cache_sec: CACHE_SEC },
        atEnd,
      }),
    );
    agents.push(...(await Promise.all(started)));
  });

  it("have one leader in each view", async () => {
    for (const view of views) await view.until("both agents", () => isWhole(view));
    for (const view of views) await view.untilEqual();
  });

  it("and when one of them is restarted twice no role is lost or doubled", async () => {
    const leaders = await Promise.all(views.map((view) => view.leaders()));
    const [agent] = agents;
    for (let round = 0; round < 2; round += 1) {
      const before = await idsOf(views);
      await agent?.kill();
      await writeFile(join(folders[0] ?? "", `between ${String(round)}`), "x");
      agent?.start();
      for (const view of views) {
        await view.until("a new session in the place of the old one", async () => {
          const now = await view.sessions();
          const fresh = now.filter(({ session_id }) => !before.has(session_id));
          return fresh.length === 1 && (await isWhole(view));
        });
      }
    }
    // Its dead self was no obstacle, and it has the roles that it had.
    expect(await Promise.all(views.map((view) => view.leaders()))).toEqual(leaders);
    await writeFile(join(folders[1] ?? "", "in the end"), "x");
    expect(await views[0]?.has("/in the end")).toBe(false);
  });
});

/** Both agents have a session, and one of them leads. */
async function isWhole(view: Picture): Promise<boolean> {
  const sessions = await view.sessions();
  const agents = new Set(sessions.map(({ agent_id }) => agent_id));
  return sessions.length === 2 && agents.size === 2 && (await view.leaders()).length === 1;
}

async function idsOf(views: readonly Picture[]): Promise<ReadonlySet<string>> {
  const all = await Promise.all(views.map((view) => view.sessions()));
  return new Set(all.flat().map(({ session_id }) => session_id));
}

async function fill(disk: string): Promise<void> {
  await mkdir(join(disk, "folder"));
  await writeFile(join(disk, "folder/old"), "old");
}
