import type { ScanJob, ScanJobs, V2Command } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import {
  createWorld,
  listing,
  openV2,
  push,
  snapshot,
  type OpenedV2,
  type World,
} from "./support.js";

const SCANS = "/api/v1/views/default/scans";

async function createFilledWorld() {
  const world = await createWorld();
  const session = await openV2(world);
  await snapshot(world, session, { "/": ["d/", "f"], "/d": ["x"] });
  return { world, session };
}

async function ask(world: World, body: object = { path: "/d", recursive: true }): Promise<ScanJob> {
  const reply = await world.call("POST", SCANS, body);
  expect(reply.status).toBe(202);
  return reply.body as ScanJob;
}

async function read(world: World, { id }: ScanJob): Promise<ScanJob> {
  return (await world.call("GET", `${SCANS}/${id}`)).body as ScanJob;
}

async function beat(
  world: World,
  { session_id }: OpenedV2,
  more: object = {},
): Promise<readonly V2Command[]> {
  const url = `/api/v2/pipe/session/${session_id}/heartbeat`;
  const clock = world.clock.now();
  const reply = await world.call("POST", url, { can_realtime: true, clock, ...more });
  if (reply.status !== 200) throw new Error(reply.text);
  return (reply.body as { commands: readonly V2Command[] }).commands;
}

/** What the agent says of a job, in batches from `seq` on. */
function answers(world: World, session: OpenedV2, { id, path }: ScanJob) {
  const at = world.clock.now();
  const observed = { message_source: "on_demand", started_at: at, ended_at: at };
  const mark = (edge: "begin" | "end") => {
    return { kind: "mark", ...observed, walk: "scan", edge, id, scope: path };
  };
  const list = (scope: string, names: readonly string[]) => {
    return { ...listing(scope, names, at), message_source: "on_demand" };
  };
  let seq = 1;
  const say = async (...messages: readonly object[]): Promise<void> => {
    seq += 1;
    const reply = await push(world, session, "scan", seq, messages);
    if (reply.status !== 200) throw new Error(reply.text);
  };
  return { mark, list, say };
}

describe("a scan", () => {
  it("is queued until the leader's next heartbeat, and tells its progress until the end", async () => {
    const { world, session } = await createFilledWorld();
    const follower = await openV2(world, "agent-b");
    const job = await ask(world);
    expect(job).toMatchObject({
      state: "queued",
      path: "/d",
      recursive: true,
      progress: { directories: 0, rows: 0 },
    });
    expect(await beat(world, follower)).toEqual([]);
    const [command] = await beat(world, session);
    expect(command).toMatchObject({ type: "scan", id: job.id, path: "/d", recursive: true });
    expect(await beat(world, session)).toEqual([]);
    const { mark, list, say } = answers(world, session, job);
    await say(mark("begin"), list("/d", ["x", "e/"]));
    expect(await read(world, job)).toMatchObject({
      state: "running",
      agent_id: "agent-a",
      progress: { directories: 1, rows: 2 },
    });
    await world.clock.advance(10);
    await say(list("/d/e", ["y"]), mark("end"));
    const done = await read(world, job);
    expect(done).toMatchObject({ state: "done", progress: { directories: 2, rows: 3 } });
    expect(done.ended_at).toBe(world.clock.now() / 1_000);
    expect((await world.call("GET", "/api/v1/views/default/entry?path=/d/e/y")).status).toBe(200);
  });

  it("does not take another listing of the same directory for its own", async () => {
    const { world, session } = await createFilledWorld();
    const job = await ask(world);
    await beat(world, session);
    const { mark, list, say } = answers(world, session, { ...job, id: "another" });
    await say(mark("begin"), list("/d", ["x"]), mark("end"));
    expect(await read(world, job)).toMatchObject({ state: "queued", progress: { rows: 0 } });
  });

  it("is of the nearest directory that is known", async () => {
    const { world } = await createFilledWorld();
    expect(await ask(world, { path: "/d/unknown/deep" })).toMatchObject({ path: "/d" });
    const mistyped = { path: "/unknown", recursive: true };
    expect(await ask(world, mistyped)).toMatchObject({ path: "/", recursive: false });
    expect(await ask(world, { path: "/f" })).toMatchObject({ path: "/", recursive: false });
    expect((await world.call("POST", SCANS, { path: "/../x" })).status).toBe(400);
  });

  it("can be cancelled before and after the agent heard of it", async () => {
    const { world, session } = await createFilledWorld();
    const first = await ask(world);
    const cancelled = await world.call("DELETE", `${SCANS}/${first.id}`);
    expect(cancelled.body).toMatchObject({ state: "cancelled" });
    expect(await beat(world, session)).toEqual([]);
    const second = await ask(world);
    await beat(world, session);
    await world.call("DELETE", `${SCANS}/${second.id}`);
    expect(await beat(world, session)).toEqual([{ type: "cancel", id: second.id }]);
    expect(await beat(world, session)).toEqual([]);
    const { mark, say } = answers(world, session, second);
    await say(mark("begin"), mark("end"));
    expect(await read(world, second)).toMatchObject({ state: "cancelled" });
  });

  it("fails when the agent says so", async () => {
    const { world, session } = await createFilledWorld();
    const job = await ask(world);
    await beat(world, session);
    await beat(world, session, { failed_scans: [{ id: job.id, error: "It is on fire." }] });
    expect(await read(world, job)).toMatchObject({ state: "failed", error: "It is on fire." });
  });

  it("goes to the next leader when its session ends, three times in all", async () => {
    const { world, session } = await createFilledWorld();
    const job = await ask(world);
    let at = session;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(await beat(world, at)).toMatchObject([{ type: "scan", id: job.id }]);
      expect(await read(world, job)).toMatchObject({ state: "queued", agent_id: "agent-a" });
      at = await openV2(world, "agent-a", `boot-${String(attempt + 1)}`);
    }
    expect(await beat(world, at)).toEqual([]);
    expect(await read(world, job)).toMatchObject({ state: "failed" });
  });

  it("fails at once when the leader's source cannot list on demand", async () => {
    const world = await createWorld();
    const session = await openV2(world, "agent-a", "boot-1", { capabilities: ["audit"] });
    const job = await ask(world, { path: "/" });
    expect(await beat(world, session)).toEqual([]);
    expect(await read(world, job)).toMatchObject({ state: "failed" });
  });

  it("of an agent of v1 ends with its batch without events", async () => {
    const world = await createWorld();
    const opened = await world.call("POST", "/api/v1/pipe/session/", { task_id: "old:p" });
    const { session_id } = opened.body as OpenedV2;
    const job = await ask(world, { path: "/" });
    const reply = await world.call("POST", `/api/v1/pipe/session/${session_id}/heartbeat`, {});
    expect(reply.body).toMatchObject({ commands: [{ type: "scan", path: "/", recursive: false }] });
    expect(await read(world, job)).toMatchObject({ state: "running" });
    const body = { events: [], source_type: "message", is_end: true };
    await world.call("POST", `/api/v1/pipe/ingest/${session_id}/events`, body);
    expect(await read(world, job)).toMatchObject({ state: "done" });
  });
});

describe("scans", () => {
  it("are listed by view, the newest first, and bounded", async () => {
    const { world } = await createFilledWorld();
    for (let count = 0; count < 100; count += 1) await ask(world);
    const last = await world.call("GET", SCANS);
    const { scans } = last.body as ScanJobs;
    expect(scans).toHaveLength(100);
    const refused = await world.call("POST", SCANS, {});
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "30"]);
    await world.call("DELETE", `${SCANS}/${scans[0]?.id ?? ""}`);
    const job = await ask(world, {});
    const { scans: again } = (await world.call("GET", SCANS)).body as ScanJobs;
    expect(again[0]?.id).toBe(job.id);
    expect((await world.call("GET", `${SCANS}/nonsense`)).status).toBe(404);
    const key = await world.keyFor("query:other");
    expect((await world.call("POST", SCANS, {}, { key })).status).toBe(403);
  });
});

describe("a question about scans that is not understood", () => {
  it("is answered 400 with a sentence, whatever is wrong with its body", async () => {
    const { world } = await createFilledWorld();
    for (const body of [{ pth: "/d" }, { recursive: "yes" }, { path: 7 }, []]) {
      const reply = await world.call("POST", SCANS, body);
      expect(reply.status, JSON.stringify(body)).toBe(400);
      expect((reply.body as { detail: unknown }).detail).toMatch(/^The body is not that of a scan/);
    }
  });

  it("is answered 400 for parameters that nobody reads", async () => {
    const { world } = await createFilledWorld();
    const { id } = await ask(world);
    for (const [method, url] of [
      ["GET", `${SCANS}?state=done`],
      ["GET", `${SCANS}/${id}?x`],
      ["DELETE", `${SCANS}/${id}?x`],
      ["POST", `${SCANS}?path=/d`],
      ["GET", "/api/v1/views/default/holds?path=/d"],
    ] as const) {
      const reply = await world.call(method, url);
      expect(reply.status, url).toBe(400);
      expect((reply.body as { detail: unknown }).detail).toMatch(
        /There is no parameter ".*has none/,
      );
    }
  });
});
