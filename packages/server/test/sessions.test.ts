import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import {
  createWorld,
  openingV2,
  openV2,
  push,
  START,
  type OpenedV2,
  type World,
} from "./support.js";

const SESSIONS = "/api/v1/pipe/session/";
/** A view of several roots: only such a one is fed by several pipes. */
const FOREST = { id: "default", type: "fs", config: { mode: "forest" } };
const PIPE = {
  id: "p",
  view_ids: ["default"],
  session_timeout_seconds: 6,
  audit_interval_sec: 8,
  sentinel_interval_sec: 3,
};

const beat = (world: World, id: string, protocol = "v2") =>
  world.call("POST", `/api/${protocol}/pipe/session/${id}/heartbeat`, {
    can_realtime: true,
    status: {},
    clock: world.clock.now(),
  });

interface Listed {
  readonly active_sessions: readonly { session_id: string; role: string; agent_id: string }[];
}

const listed = async (world: World) => (await world.call("GET", SESSIONS)).body as Listed;

const roles = async (world: World) =>
  (await listed(world)).active_sessions.map(({ agent_id, role }) => `${agent_id} ${role}`);

describe("opening a session", () => {
  it("answers v2 to who offers it", async () => {
    const world = await createWorld({ pipes: [PIPE] });
    const reply = await world.call("POST", SESSIONS, openingV2("agent-a", "boot-1"));
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      session_id: expect.any(String) as string,
      role: "leader",
      session_timeout_seconds: 6,
      audit_interval_sec: 8,
      sentinel_interval_sec: 3,
      message: "Session created successfully",
      protocol: "v2",
      epoch: 1,
      committed: { realtime: 0, scan: 0 },
      limits: {
        max_batch_bytes: 67_108_864,
        max_batch_rows: 100_000,
        encodings: ["batch", "json"],
      },
      features: ["moves"],
      known_root: false,
      server_time: START,
    });
  });

  it("answers v1 to who does not", async () => {
    const world = await createWorld({ pipes: [PIPE] });
    const { body } = await world.call("POST", SESSIONS, { task_id: "agent-a:p1" });
    expect(Object.keys(body as object).sort()).toEqual([
      "audit_interval_sec",
      "message",
      "role",
      "sentinel_interval_sec",
      "session_id",
      "session_timeout_seconds",
    ]);
  });

  it("makes the first a leader and the second a follower", async () => {
    const world = await createWorld();
    expect((await openV2(world, "a")).role).toBe("leader");
    expect((await openV2(world, "b")).role).toBe("follower");
  });

  it("refuses a second live v1 session of one task", async () => {
    const world = await createWorld();
    await world.call("POST", SESSIONS, { task_id: "agent-a:p1" });
    const { status, body } = await world.call("POST", SESSIONS, { task_id: "agent-a:p1" });
    expect(status).toBe(409);
    expect(body).toEqual({
      detail: "New session cannot be created due to current active sessions",
    });
  });

  it("lets a restarted agent take over from its dead self at once, though others wait", async () => {
    const world = await createWorld();
    const old = await openV2(world, "a", "boot-1");
    await openV2(world, "b", "boot-1");
    const again = await openV2(world, "a", "boot-2");
    expect(again).toMatchObject({ role: "leader", epoch: 2 });
    expect(await roles(world)).toEqual(["b follower", "a leader"]);
    expect((await beat(world, old.session_id)).status).toBe(419);
  });

  it("replaces the session of the same boot", async () => {
    const world = await createWorld();
    const old = await openV2(world, "a", "boot-1");
    const again = await openV2(world, "a", "boot-1");
    expect(again).toMatchObject({ role: "leader", epoch: 2 });
    expect((await listed(world)).active_sessions.map((each) => each.session_id)).toEqual([
      again.session_id,
    ]);
    expect((await beat(world, old.session_id)).status).toBe(419);
  });

  it("refuses a boot that was replaced while its replacement lives: two agents have one id", async () => {
    const world = await createWorld();
    await openV2(world, "a", "boot-1");
    const { session_id } = await openV2(world, "a", "boot-2");
    const again = () => world.call("POST", SESSIONS, openingV2("a", "boot-1"));
    expect((await again()).status).toBe(409);
    expect((await beat(world, session_id)).status).toBe(200);
    await world.call("DELETE", `/api/v2/pipe/session/${session_id}`);
    expect((await again()).status).toBe(200);
  });

  it("refuses a source whose rows the views of the pipe do not take", async () => {
    const world = await createWorld();
    const { status, body } = await world.call(
      "POST",
      SESSIONS,
      openingV2("a", "b", { schema: "jsonl" }),
    );
    expect(status).toBe(422);
    expect(body).toEqual({ detail: expect.stringContaining('schema "jsonl"') as string });
  });

  it("grants a longer time-out to who asks for one", async () => {
    const world = await createWorld({ pipes: [PIPE] });
    const { body } = await world.call("POST", SESSIONS, {
      task_id: "a:p",
      session_timeout_seconds: 60,
    });
    expect(body).toMatchObject({ session_timeout_seconds: 60 });
  });

  it("puts a key for several pipes into the pipe that is named like the agent's", async () => {
    const world = await createWorld({
      views: [FOREST],
      pipes: [
        { ...PIPE, id: "x" },
        { ...PIPE, id: "p" },
      ],
    });
    expect((await world.call("POST", SESSIONS, openingV2("a", "b"))).status).toBe(200);
    const { status, body } = await world.call("POST", SESSIONS, { task_id: "a:other" });
    expect(status).toBe(403);
    expect(JSON.stringify(body)).toContain("several pipes: x, p");
  });

  it("gives each pipe a leader of its own", async () => {
    const world = await createWorld({
      views: [FOREST],
      pipes: [
        { ...PIPE, id: "x" },
        { ...PIPE, id: "y" },
      ],
    });
    for (const id of ["x", "y"]) {
      const key = await world.keyFor(`ingest:${id}`);
      const { body } = await world.call("POST", SESSIONS, openingV2(`agent-${id}`, "b"), { key });
      expect(body).toMatchObject({ role: "leader", epoch: 1 });
    }
  });
});

describe("a session", () => {
  it("ends when nothing is heard from it for its time-out, and the next one leads", async () => {
    const world = await createWorld({ pipes: [PIPE] });
    const a = await openV2(world, "a");
    const b = await openV2(world, "b");
    for (let second = 0; second < 8; second += 1) {
      await world.clock.advance(1_000);
      expect((await beat(world, b.session_id)).status).toBe(200);
    }
    expect((await beat(world, a.session_id)).status).toBe(419);
    expect((await beat(world, b.session_id)).body).toMatchObject({ role: "leader", epoch: 2 });
  });

  it("stays alive by its pushes alone", async () => {
    const world = await createWorld({ pipes: [PIPE] });
    const a = await openV2(world, "a");
    for (let seq = 1; seq <= 5; seq += 1) {
      await world.clock.advance(4_000);
      expect((await push(world, a, "realtime", seq, [])).status).toBe(200);
    }
    expect(await roles(world)).toEqual(["a leader"]);
  });

  it("is kept alive by an upload that is slow to come", async () => {
    const world = await createWorld({ pipes: [PIPE], listen: { host: "127.0.0.1", port: 0 } });
    const { url } = await world.fusion.listen();
    const a = await openV2(world, "a");
    const body = JSON.stringify({ epoch: 1, stream: "realtime", seq: 1, messages: [] });
    const upload = request(`${url}/api/v2/pipe/ingest/${a.session_id}/events`, {
      method: "POST",
      headers: {
        "x-api-key": world.admin,
        "content-type": "application/json",
        "content-length": body.length,
      },
    });
    const arrived = once(world.fusion.app.server, "request");
    const answered = once(upload, "response");
    upload.flushHeaders();
    const [{ socket }] = (await arrived) as [IncomingMessage];
    for (const letter of body) {
      const { bytesRead } = socket;
      upload.write(letter);
      while (socket.bytesRead === bytesRead) await new Promise(setImmediate);
      await world.clock.advance(1_000);
    }
    upload.end();
    const [reply] = (await answered) as [IncomingMessage];
    reply.resume();
    expect(reply.statusCode).toBe(200);
    await world.clock.advance(8_000);
    expect(await roles(world)).toEqual([]);
  });

  it("ends when its clock moved, and the next one of the boot has the right offset", async () => {
    const world = await createWorld();
    const offsets = () =>
      world.records.flatMap((each) => (each.kind === "opened" ? each.speaker.clockOffsetMs : []));
    const open = async (clock: number) =>
      (await world.call("POST", SESSIONS, openingV2("a", "boot-1", { clock }))).body as OpenedV2;
    const says = async ({ session_id }: OpenedV2, clock: number) => {
      const url = `/api/v2/pipe/session/${session_id}/heartbeat`;
      return (await world.call("POST", url, { can_realtime: true, status: {}, clock })).status;
    };
    // The opening was under way for a minute: what comes sooner shows it at once.
    const delayed = await open(START - 60_000);
    expect(await says(delayed, START)).toBe(419);
    const right = await open(START);
    expect(await says(right, START - 900)).toBe(200);
    // One late heartbeat is nothing; the agent slept when the next one is as late.
    expect(await says(right, START - 5_000)).toBe(200);
    expect(await says(right, START)).toBe(200);
    expect(await says(right, START - 3_600_000)).toBe(200);
    expect(await says(right, START - 3_600_200)).toBe(419);
    await open(START - 3_600_400);
    expect(offsets()).toEqual([60_000, 0, 3_600_000]);
  });

  it("can be ended, twice too", async () => {
    const world = await createWorld();
    const a = await openV2(world, "a");
    for (const protocol of ["v2", "v1"]) {
      const url = `/api/${protocol}/pipe/session/${a.session_id}`;
      const { status, body } = await world.call("DELETE", url);
      expect(status).toBe(200);
      expect(body).toEqual({ status: "terminated", session_id: a.session_id });
    }
    expect(await roles(world)).toEqual([]);
  });

  it("answers its heartbeat in its own dialect", async () => {
    const world = await createWorld();
    const a = await openV2(world, "a");
    expect((await beat(world, a.session_id)).body).toEqual({
      status: "ok",
      role: "leader",
      epoch: 1,
      server_time: START,
      known_root: false,
      commands: [],
    });
    expect((await beat(world, a.session_id, "v1")).body).toEqual({
      status: "ok",
      role: "leader",
      message: null,
      can_realtime: null,
      commands: [],
    });
    expect((await beat(world, "gone")).body).toMatchObject({ error: { code: "SESSION_GONE" } });
    expect((await beat(world, "gone", "v1")).body).toEqual({ detail: "Session obsoleted" });
  });

  it("is out of reach for the key of another pipe", async () => {
    const world = await createWorld({ views: [FOREST], pipes: [PIPE, { ...PIPE, id: "x" }] });
    const a = await openV2(world, "a");
    const key = await world.keyFor("ingest:x");
    const url = `/api/v2/pipe/session/${a.session_id}`;
    expect(
      (await world.call("POST", `${url}/heartbeat`, { can_realtime: true }, { key })).status,
    ).toBe(403);
    expect((await world.call("DELETE", url, undefined, { key })).status).toBe(403);
    expect((await beat(world, a.session_id)).status).toBe(200);
  });
});
