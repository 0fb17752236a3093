import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChangesPage } from "@fustor/protocol";
import { Chance, ManualClock, SimulatedDisk } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import type { FusionConfig } from "../src/index.js";
import {
  change,
  createWorld,
  listing,
  makeFolder,
  openV2,
  pathsOf,
  push,
  snapshot,
  START,
  type World,
} from "./support.js";

const DISK = { storage: "disk" } as const;

/** A view that forgets within a minute. */
const FORGETFUL = { id: "default", type: "fs", config: { tombstone_ttl_sec: 60 } };

/** A Fusion that goes on from what another one left on the disk at this moment, as after a kill. */
async function killed(
  world: World,
  clock = new ManualClock(world.clock.now()),
  config: Partial<FusionConfig> = {},
): Promise<World> {
  const home = await makeFolder();
  // No call waited for what Fusion wrote by itself, e.g. that time went by; this one does.
  expect((await world.call("DELETE", "/api/v1/pipe/session/none")).status).toBe(200);
  for (const name of await readdir(join(world.home, "state"))) {
    // A socket cannot be copied, and says nothing once its process is gone.
    if (name.startsWith("lease")) continue;
    await cp(join(world.home, "state", name), join(home, "state", name), { recursive: true });
  }
  return createWorld({ ...DISK, ...config }, {}, { home, clock });
}

async function changesOf(world: World, since = ""): Promise<ChangesPage> {
  const reply = await world.call("GET", `/api/v1/views/default/changes?since=${since}`);
  expect(reply.status).toBe(200);
  return reply.body as ChangesPage;
}

describe("a Fusion that was killed", () => {
  it("answers at once with everything that was acknowledged", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a", "b/"], "/b": ["c"] });
    await push(world, session, "realtime", 1, [change("/b/d", world.clock.now())]);

    const next = await killed(world);
    expect(await pathsOf(next)).toEqual(["/", "/a", "/b", "/b/c", "/b/d"]);
    expect(next.view.hash()).toBe(world.view.hash());
    expect(next.view.revision).toBe(world.view.revision);
    expect((await next.call("GET", "/readyz")).body).toMatchObject({ ready: true });
  });

  it("goes on with its sessions, their roles, and what they have committed", async () => {
    const world = await createWorld(DISK);
    const leader = await openV2(world, "a");
    const follower = await openV2(world, "b");
    await snapshot(world, leader, { "/": [] });
    await push(world, leader, "realtime", 1, [change("/x", world.clock.now())]);

    const next = await killed(world);
    const beat = async (id: string) =>
      (await next.call("POST", `/api/v2/pipe/session/${id}/heartbeat`, { can_realtime: true }))
        .body;
    expect(await beat(leader.session_id)).toMatchObject({ role: "leader", epoch: leader.epoch });
    expect(await beat(follower.session_id)).toMatchObject({ role: "follower", known_root: true });
    const again = await push(next, leader, "realtime", 1, [change("/x", world.clock.now())]);
    expect(again.body).toMatchObject({ committed: 1 });
    const more = await push(next, leader, "realtime", 2, [change("/y", world.clock.now())]);
    expect(more.body).toMatchObject({ committed: 2 });
    expect((await push(next, leader, "realtime", 4, [])).status).toBe(409);
    expect(await pathsOf(next)).toEqual(["/", "/x", "/y"]);
  });

  it("goes on with the scans that somebody asked for", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["d/"], "/d": [] });
    const scans = "/api/v1/views/default/scans";
    const ask = async (): Promise<string> =>
      ((await world.call("POST", scans, { path: "/d" })).body as { id: string }).id;
    const [underWay, ended, asked] = [await ask(), await ask(), await ask()];
    const beat = async (of: World) => {
      const url = `/api/v2/pipe/session/${session.session_id}/heartbeat`;
      return (await of.call("POST", url, { can_realtime: true })).body as { commands: unknown };
    };
    await world.call("DELETE", `${scans}/${asked}`);
    expect(await beat(world)).toMatchObject({ commands: [{ id: underWay }, { id: ended }] });
    const mark = (id: string, edge: string) => {
      const at = world.clock.now();
      const observed = { message_source: "on_demand", started_at: at, ended_at: at };
      return { kind: "mark", ...observed, walk: "scan", edge, id, scope: "/d" };
    };
    const marks = [mark(ended, "begin"), mark(ended, "end"), mark(underWay, "begin")];
    await push(world, session, "scan", 2, marks);
    const waiting = await ask();

    const next = await killed(world);
    const states = async () => {
      const { scans: jobs } = (await next.call("GET", scans)).body as {
        scans: readonly { readonly id: string; readonly state: string }[];
      };
      return new Map(jobs.map(({ id, state }) => [id, state]));
    };
    const before: [string, string][] = [
      [waiting, "queued"],
      [asked, "cancelled"],
      [ended, "done"],
      [underWay, "running"],
    ];
    expect(await states()).toEqual(new Map(before));
    expect(await beat(next)).toMatchObject({ commands: [{ id: waiting }] });
    await push(next, session, "scan", 3, [mark(underWay, "end")]);
    expect((await states()).get(underWay)).toBe("done");
    // A scan whose agent does not come back is handed out again.
    await next.call("DELETE", `/api/v2/pipe/session/${session.session_id}`);
    expect((await states()).get(waiting)).toBe("queued");

    await next.fusion.close();
    const last = await createWorld(DISK, {}, { home: next.home, clock: next.clock });
    const { scans: kept } = (await last.call("GET", scans)).body as { scans: object[] };
    expect(kept).toHaveLength(4);
  });

  it("knows the seq of a batch that had no effect", async () => {
    const world = await createWorld(DISK);
    await openV2(world, "a");
    const follower = await openV2(world, "b");
    // Only a leader's listings of a snapshot count.
    await push(world, follower, "scan", 1, [listing("/", ["z"], START)]);
    const next = await killed(world);
    expect(await pathsOf(next)).toEqual(["/"]);
    expect((await push(next, follower, "scan", 2, [])).body).toMatchObject({ committed: 2 });
  });

  it("grants every session a full time-out", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    const next = await killed(world, new ManualClock(START + 3_600_000));
    await next.clock.advance(29_000);
    const url = `/api/v2/pipe/session/${session.session_id}/heartbeat`;
    expect((await next.call("POST", url, { can_realtime: true })).status).toBe(200);
    await next.clock.advance(31_000);
    expect((await next.call("POST", url, { can_realtime: true })).status).toBe(419);
  });

  it("ends the sessions of v1, whose agents open new ones", async () => {
    const world = await createWorld(DISK);
    const opened = await world.call("POST", "/api/v1/pipe/session/", { task_id: "old:p" });
    const { session_id } = opened.body as { readonly session_id: string };
    const row = { path: "/v1", file_name: "v1", size: 1, modified_time: 1, created_time: 1 };
    const event = {
      event_type: "update",
      fields: [],
      rows: [{ ...row, is_directory: false }],
      index: START,
      event_schema: "fs",
      table: "files",
      message_source: "realtime",
    };
    const url = `/api/v1/pipe/ingest/${session_id}/events`;
    const body = { events: [event], source_type: "message", is_end: false };
    expect((await world.call("POST", url, body)).status).toBe(200);

    const next = await killed(world);
    expect(await pathsOf(next)).toEqual(await pathsOf(world));
    expect((await next.call("POST", url, body)).status).toBe(404);
    const again = await next.call("POST", "/api/v1/pipe/session/", { task_id: "old:p" });
    expect(again.body).toMatchObject({ role: "leader" });
  });

  it("has Fusion time go on where the machine's clock was set back", async () => {
    const world = await createWorld(DISK);
    await world.clock.advance(60_000);
    const session = await openV2(world);
    const next = await killed(world, new ManualClock(START));
    const url = `/api/v2/pipe/session/${session.session_id}/heartbeat`;
    const serverTime = async (): Promise<number> => {
      const { body } = await next.call("POST", url, { can_realtime: true });
      return (body as { readonly server_time: number }).server_time;
    };
    const first = await serverTime();
    expect(first).toBeGreaterThanOrEqual(START + 60_000);
    await next.clock.advance(10_000);
    // A little slower than the clock, until that has caught up.
    expect((await serverTime()) - first).toBeCloseTo(9_900, -1);
  });

  it("was reset where it was reset", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a"] });
    const reply = await world.call("DELETE", "/api/v1/views/default/reset");
    expect(reply.status).toBe(204);

    const next = await killed(world);
    expect(await pathsOf(next)).toEqual(["/"]);
    expect((await next.call("GET", "/readyz")).status).toBe(503);
    expect((await push(next, session, "scan", 2, [])).status).toBe(419);
    expect(next.view.hash()).toBe(world.view.hash());
  });

  it("knows what only the passing of time has changed", async () => {
    const world = await createWorld({ ...DISK, views: [FORGETFUL] });
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a"] });
    await push(world, session, "realtime", 1, [change("/a", START, { isDelete: true })]);
    expect(world.view.stats().tombstones).toBe(1);
    await world.clock.advance(300_000);
    expect(world.view.stats().tombstones).toBe(0);

    const next = await killed(world, world.clock, { views: [FORGETFUL] });
    expect(next.view.stats().tombstones).toBe(0);
    expect(next.view.revision).toBe(world.view.revision);
    expect(next.view.hash()).toBe(world.view.hash());
  });

  it.each([1, 2, 3, 4, 5, 6])("has the very state of before, after history %i", async (seed) => {
    const chance = new Chance(seed);
    const world = await createWorld(DISK);
    let session = await openV2(world);
    let [realtime, scan] = [0, 0];
    const names = ["a", "b", "c/", "d", "e"];
    for (let act = 0; act < 40; act += 1) {
      const at = world.clock.now();
      const kind = chance.below(7);
      if (kind === 0) {
        await world.clock.advance(chance.below(700_000));
        const agent = `agent-${String(chance.below(2))}`;
        session = await openV2(world, agent, `boot-${String(act)}`);
        [realtime, scan] = [0, 0];
      } else if (kind === 1) {
        await snapshot(world, session, { "/": names.slice(chance.below(4)), "/c": ["x"] }, ++scan);
      } else if (kind === 2) {
        const url = `/api/v2/pipe/session/${session.session_id}/heartbeat`;
        await world.call("POST", url, { can_realtime: true, clock: world.clock.now() });
      } else if (kind === 3) {
        await world.clock.advance(chance.below(20_000));
      } else {
        const path = `/${chance.pick(["a", "b", "c/y", "q"])}`;
        const message = change(path, at - chance.below(5_000), { isDelete: chance.often(0.5) });
        const reply = await push(world, session, "realtime", ++realtime, [message]);
        if (reply.status === 419) [session, realtime, scan] = [await openV2(world), 0, 0];
      }
    }
    const next = await killed(world);
    expect(next.view.hash()).toBe(world.view.hash());
    expect(next.view.revision).toBe(world.view.revision);
  });
});

describe("a reader of changes", () => {
  it("goes on where it stood when Fusion was killed, and again when it was stopped", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a"] });
    const { cursor } = await changesOf(world);
    await push(world, session, "realtime", 1, [change("/b", world.clock.now())]);
    const seen = await changesOf(world, cursor);
    await push(world, session, "realtime", 2, [change("/c", world.clock.now())]);

    const next = await killed(world);
    expect(await changesOf(next, seen.cursor)).toMatchObject({ events: [{ path: "/c" }] });
    const all = await changesOf(next, cursor);
    expect(all.events.map(({ path }) => path)).toEqual(["/b", "/c"]);
    await next.fusion.close();

    const last = await createWorld(DISK, {}, { home: next.home, clock: next.clock });
    const again = await changesOf(last, all.cursor);
    expect(again).toMatchObject({ events: [] });
    expect(again.reset).toBeUndefined();
    await push(last, session, "realtime", 3, [change("/d", last.clock.now())]);
    expect(await changesOf(last, all.cursor)).toMatchObject({ events: [{ path: "/d" }] });
  });

  it("goes on from the last checkpoint, but not from before it", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    const early = await changesOf(world);
    const names = Array.from({ length: 20_000 }, (_, index) => `file-${String(index)}`);
    await snapshot(world, session, { "/": names });
    const late = await changesOf(world);
    await world.fusion.close();
    expect(await readdir(join(world.home, "state/checkpoints"))).toHaveLength(1);

    const next = await createWorld(DISK, {}, { home: world.home, clock: world.clock });
    await push(next, session, "realtime", 1, [change("/z", next.clock.now())]);
    expect(await changesOf(next, late.cursor)).toMatchObject({ events: [{ path: "/z" }] });
    expect(await changesOf(next, early.cursor)).toMatchObject({ reset: { reason: "too old" } });
  });

  it("is told so when it was shown what no disk has kept", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a"] });
    await changesOf(world);
    const next = await killed(world);
    // Of the life before, which went on for a moment.
    await push(world, session, "realtime", 1, [change("/b", world.clock.now())]);
    const { cursor } = await changesOf(world);

    for (const [index, path] of ["/c", "/d"].entries()) {
      await push(next, session, "realtime", index + 1, [change(path, next.clock.now())]);
    }
    expect(next.view.revision).toBeGreaterThan(world.view.revision);
    expect(await changesOf(next, cursor)).toMatchObject({
      events: [],
      reset: { reason: "other incarnation" },
    });
  });

  it("costs a start nothing when there was none", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    const before = world.view.revision;
    await snapshot(world, session, { "/": ["a"] });
    const next = await killed(world);
    const metrics = await next.call("GET", "/metrics");
    expect(metrics.text).toMatch(/fustor_feed_remembered_events\S* 0\n/);
    const life = (await changesOf(world)).cursor.split(".")[0] ?? "";
    expect(await changesOf(next, `${life}.${String(before)}`)).toHaveProperty("reset");
  });
});

describe("a Fusion that was stopped", () => {
  it("leaves a checkpoint that needs no log, but is not taken for all that there was", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    const names = Array.from({ length: 20_000 }, (_, index) => `file-${String(index)}`);
    await snapshot(world, session, { "/": names });
    await world.fusion.close();
    expect(await readdir(join(world.home, "state/checkpoints"))).toHaveLength(1);
    await rm(join(world.home, "state/log"), { recursive: true });

    const next = await createWorld(DISK, {}, { home: world.home, clock: world.clock });
    expect(await pathsOf(next)).toHaveLength(names.length + 1);
    const ready = (await next.call("GET", "/readyz")).body as { readonly damage?: string };
    expect(ready.damage).toContain(`${world.home}/state/log is empty, though a checkpoint stands`);
    const stranger = { url: "/readyz", remoteAddress: "10.0.0.2" };
    expect((await next.fusion.app.inject(stranger)).body).not.toContain(world.home);
    expect((await push(next, session, "scan", 2, [])).status).toBe(419);
    await next.fusion.close();

    // What was told once is not told again.
    const last = await createWorld(DISK, {}, { home: world.home, clock: world.clock });
    expect((await last.call("GET", "/readyz")).body).not.toHaveProperty("damage");
  });

  it("takes the log where the checkpoint is damaged", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    const names = Array.from({ length: 20_000 }, (_, index) => `file-${String(index)}`);
    await snapshot(world, session, { "/": names });
    const hash = world.view.hash();
    await world.fusion.close();
    const folder = join(world.home, "state/checkpoints");
    const [name = ""] = await readdir(folder);
    const bytes = await readFile(join(folder, name));
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(join(folder, name), bytes);

    const next = await createWorld(DISK, {}, { home: world.home, clock: world.clock });
    expect(next.view.hash()).toBe(hash);
  });
});

describe("a state", () => {
  it("is used by one process at a time, and the second is told by which", async () => {
    const world = await createWorld(DISK);
    await expect(createWorld(DISK, {}, { home: world.home })).rejects.toMatchObject({
      code: "HOME_IN_USE",
      message: expect.stringContaining(`the process ${String(process.pid)}`) as string,
    });
    await world.fusion.close();
    await createWorld(DISK, {}, { home: world.home });
  });

  it("whose log is damaged is healed by agents that tell everything again", async () => {
    const world = await createWorld(DISK);
    const { cursor } = await changesOf(world);
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a"] });
    await push(world, session, "realtime", 1, [change("/b", world.clock.now())]);
    await world.fusion.close();
    const folder = join(world.home, "state/log");
    const [name = ""] = await readdir(folder);
    const bytes = await readFile(join(folder, name));
    const at = bytes.lastIndexOf(Buffer.from('"batch"'));
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    // A later record proves that the damaged one was durable.
    await writeFile(join(folder, name), bytes);
    const whole = await createWorld(DISK, {}, { home: world.home, clock: world.clock });
    await whole.fusion.close();

    const bytesAgain = await readFile(join(folder, name));
    const first = bytesAgain.indexOf(Buffer.from('"batch"'));
    bytesAgain.writeUInt8(bytesAgain.readUInt8(first) ^ 1, first);
    await writeFile(join(folder, name), bytesAgain);
    const next = await createWorld(DISK, {}, { home: world.home, clock: world.clock });
    const ready = (await next.call("GET", "/readyz")).body as { readonly damage?: string };
    expect(ready.damage).toContain("damaged");
    expect((await push(next, session, "realtime", 2, [])).status).toBe(419);
    const reset = { reason: "other incarnation" };
    expect(await changesOf(next, cursor)).toMatchObject({ events: [], reset });
    expect(await readdir(join(folder, "quarantine"))).not.toHaveLength(0);
    const again = await openV2(next, "agent-a", "boot-1");
    await snapshot(next, again, { "/": ["a", "b"] });
    expect(await pathsOf(next)).toEqual(["/", "/a", "/b"]);
    await next.fusion.close();

    // Healed once: the next start finds nothing to complain of, and sessions go on.
    const last = await createWorld(DISK, {}, { home: world.home, clock: world.clock });
    expect((await last.call("GET", "/readyz")).body).not.toHaveProperty("damage");
    expect((await push(last, again, "scan", 2, [])).status).toBe(200);
  });

  it("that cannot be written any more is said, and nothing is acknowledged", async () => {
    const disk = new SimulatedDisk({ chance: new Chance(1) });
    const home = await makeFolder();
    // The lease is a matter of this machine, whatever the disk is.
    await mkdir(join(home, "state"));
    const world = await createWorld(DISK, {}, { home, disk });
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a"] });
    disk.crashAt(disk.steps + 1);
    const reply = await push(world, session, "realtime", 1, [change("/b", world.clock.now())]);
    expect(reply.status).toBe(503);
    expect(reply.headers["retry-after"]).toBe("5");
    expect(reply.body).toMatchObject({
      error: { code: "NOT_READY", message: expect.stringContaining("restart Fusion") as string },
    });
    const reset = await world.call("DELETE", "/api/v1/views/default/reset");
    expect(reset.status).toBe(503);
    const ready = await world.call("GET", "/readyz");
    expect(ready.status).toBe(503);
    expect(ready.text).toContain("cannot write its log");
    // What the log does not hold can be changed still: a key that leaked is ended.
    const keyId = (await world.keyFor("query:default")).split("_")[1] ?? "";
    expect((await world.call("DELETE", `/api/v1/keys/${keyId}`)).status).toBe(204);
    const login = { key: world.admin };
    expect((await world.call("POST", "/api/v1/login", login, { key: null })).status).toBe(200);
    expect((await world.call("POST", "/api/v1/logout", undefined, { key: null })).status).toBe(204);
    // What is known can be asked still.
    expect(await pathsOf(world)).toContain("/a");
  });

  it("is not said to be reset before that outlives a crash", async () => {
    const disk = new SimulatedDisk({ chance: new Chance(1) });
    const home = await makeFolder();
    await mkdir(join(home, "state"));
    const world = await createWorld(DISK, {}, { home, disk });
    disk.crashAt(disk.steps + 1);
    const reply = await world.call("DELETE", "/api/v1/views/default/reset");
    expect(reply.status).toBe(503);
    expect(reply.text).toContain("cannot write its log");
  });

  it("of another pipe's views is told again to those who are new", async () => {
    const world = await createWorld(DISK);
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["a"] });
    await world.fusion.close();
    const views = [
      { id: "default", type: "fs", config: {} },
      { id: "more", type: "fs", config: {} },
    ];
    const pipes = [
      {
        id: "default",
        view_ids: ["default", "more"],
        session_timeout_seconds: 30,
        audit_interval_sec: 600,
        sentinel_interval_sec: 120,
      },
    ];
    const place = { home: world.home, clock: world.clock };
    const next = await createWorld({ ...DISK, views, pipes }, {}, place);
    expect((await push(next, session, "scan", 2, [])).status).toBe(419);
    expect(await pathsOf(next, "default")).toContain("/a");
  });
});
