import type { Message } from "@fustor/core";
import { BATCH_TYPE, encodeBinaryBatch } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import {
  change,
  createWorld,
  listing,
  mark,
  openingV2,
  openV2,
  pathsOf,
  push,
  snapshot,
  START,
  type OpenedV2,
  type World,
} from "./support.js";

describe("v2 ingest", () => {
  it("applies a batch before it acknowledges it", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    await snapshot(world, a, { "/": ["x"] });
    const reply = await push(world, a, "realtime", 1, [change("/y", world.clock.now())]);
    expect(reply.body).toEqual({ committed: 1, wanted: [], credits: 1 });
    expect(await pathsOf(world)).toEqual(["/", "/x", "/y"]);
  });

  it("counts each stream by itself", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    expect((await push(world, a, "realtime", 1, [])).body).toMatchObject({ committed: 1 });
    expect((await push(world, a, "scan", 1, [])).body).toMatchObject({ committed: 1 });
    expect((await push(world, a, "scan", 2, [])).body).toMatchObject({ committed: 2 });
  });

  it("acknowledges a batch that comes twice, and applies it once", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    await snapshot(world, a, { "/": ["x"] });
    const at = world.clock.now();
    await push(world, a, "realtime", 1, [change("/x", at, { isDelete: true })]);
    const again = await push(world, a, "realtime", 1, [change("/z", at)]);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ committed: 1 });
    expect(await pathsOf(world)).toEqual(["/"]);
  });

  it("answers a gap with the seq that it expects, and goes on from there", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    const gap = await push(world, a, "realtime", 3, [change("/x", world.clock.now())]);
    expect(gap.status).toBe(409);
    expect(gap.body).toEqual({
      error: {
        code: "SEQ_GAP",
        message: expect.any(String) as string,
        hint: expect.any(String) as string,
      },
      expected: 1,
    });
    expect(await pathsOf(world)).not.toContain("/x");
    expect((await push(world, a, "realtime", 1, [])).status).toBe(200);
  });

  it("takes nothing of a batch with one bad row, and the next one still", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    const at = world.clock.now();
    const bad = await push(world, a, "realtime", 1, [change("/x", at), change("/../y", at)]);
    expect(bad.status).toBe(400);
    expect(bad.body).toMatchObject({ error: { code: "BAD_BATCH" } });
    expect(await pathsOf(world)).not.toContain("/x");
    expect((await push(world, a, "realtime", 1, [change("/x", at)])).status).toBe(200);
    expect(await pathsOf(world)).toContain("/x");
  });

  it("acknowledges a scan batch of an earlier leadership without effect", async () => {
    const world = await createWorld();
    const a = await openV2(world, "a");
    const b = await openV2(world, "b");
    await world.call("DELETE", `/api/v2/pipe/session/${a.session_id}`);
    await snapshot(world, b, { "/": ["stale"] });
    expect(await pathsOf(world)).not.toContain("/stale");
    await snapshot(world, { ...b, epoch: 2 }, { "/": ["fresh"] }, 2);
    expect(await pathsOf(world)).toContain("/fresh");
  });

  it("takes what anybody may say of a scan batch of an earlier leadership", async () => {
    const world = await createWorld();
    const a = await openV2(world, "a");
    await snapshot(world, a, { "/": ["x"] });
    const at = world.clock.now();
    const seen = { message_source: "on_demand", started_at: at, ended_at: at };
    await push(world, { ...a, epoch: 0 }, "scan", 2, [
      { ...listing("/", ["asked", "x"], at), ...seen },
      listing("/", ["stale"], at),
      { ...seen, kind: "lost", scope: "/", reason: "overflow" },
    ]);
    expect(await pathsOf(world)).toEqual(["/", "/asked", "/x"]);
    const { body } = await world.call("GET", "/api/v1/views/default/stats");
    expect(body).toMatchObject({ gap_count: 1 });
  });

  it("takes realtime of a follower, but no snapshot", async () => {
    const world = await createWorld();
    const a = await openV2(world, "a");
    const b = await openV2(world, "b");
    await snapshot(world, a, { "/": ["x"] });
    await snapshot(world, b, { "/": ["other"] });
    // Later than the listing by more than the two clocks may be apart.
    await world.clock.advance(10_001);
    await push(world, b, "realtime", 1, [change("/live", world.clock.now())]);
    expect(await pathsOf(world)).toEqual(["/", "/live", "/x"]);
  });

  it("asks for what was only digested, and again when the answer may have been lost", async () => {
    const world = await createWorld();
    const [a, b] = [await openV2(world, "a"), await openV2(world, "b")];
    const seen = { started_at: START, ended_at: START };
    const digest = {
      ...seen,
      kind: "digest",
      message_source: "audit",
      scope: "/d",
      digest: "0123456789abcdef",
      count: 1,
      self: { fields: ["name", "type"], rows: [["", "d"]] },
    };
    const first = await push(world, a, "scan", 1, [digest, mark("audit", "end", START)]);
    expect(first.body).toEqual({ committed: 1, wanted: ["/d"], credits: 1 });
    expect((await push(world, a, "scan", 1, [])).body).toEqual(first.body);
    expect((await push(world, a, "scan", 2, [])).body).toMatchObject({ wanted: [] });
    expect((await push(world, b, "scan", 1, [digest])).body).toMatchObject({ wanted: [] });
  });

  it("hears from its leader alone about names that were in doubt", async () => {
    const world = await createWorld();
    const [a, b] = [await openV2(world, "a"), await openV2(world, "b")];
    const doubted = (path: string) => ({
      ...change(path, world.clock.now()),
      message_source: "sentinel",
    });
    await push(world, b, "scan", 1, [doubted("/follower")]);
    await push(world, a, "scan", 1, [doubted("/leader")]);
    expect(world.records.filter(({ kind }) => kind === "batch")).toMatchObject([
      { sessionId: a.session_id },
    ]);
  });

  it("replaces a directory's children by a complete listing", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    await snapshot(world, a, { "/": ["d/", "gone"], "/d": ["gone2"] });
    await world.clock.advance(10_000);
    const at = world.clock.now();
    await push(world, a, "scan", 2, [
      mark("audit", "begin", at),
      listing("/", ["d/", "new"], at),
      listing("/d", [], at),
      mark("audit", "end", at),
    ]);
    expect(await pathsOf(world)).toEqual(["/", "/d", "/new"]);
  });

  it("goes by the smallest clock offset of a boot", async () => {
    const world = await createWorld();
    const open = async (bootId: string, clock: number) => {
      const opening = openingV2("a", bootId, { clock });
      await world.call("POST", "/api/v1/pipe/session/", opening);
    };
    await open("boot-1", START - 5_000);
    await open("boot-1", START - 7_000);
    await open("boot-1", START - 4_500);
    await open("boot-1", START - 6_000);
    await open("boot-2", START + 3_600_000);
    const speakers = world.records.flatMap((each) => (each.kind === "opened" ? each.speaker : []));
    expect(speakers.map((speaker) => speaker.clockOffsetMs)).toEqual([
      5_000, 5_000, 4_500, 4_500, -3_600_000,
    ]);
  });

  it("refuses more rows than it takes at once", async () => {
    const limits = { max_batch_bytes: 67_108_864, max_batch_rows: 1_000 };
    const world = await createWorld({ limits });
    const a = await openV2(world);
    const names = Array.from({ length: 1_001 }, (_, index) => `f${String(index)}`);
    const { status, body } = await push(world, a, "scan", 1, [
      listing("/", names, world.clock.now()),
    ]);
    expect(status).toBe(413);
    expect(body).toMatchObject({ error: { code: "TOO_LARGE" } });
  });

  it("refuses more rows than any Fusion takes as too large", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    const names = Array.from({ length: 250_001 }, (_, index) => index.toString(36));
    const entries = { fields: ["name"], rows: names.map((name) => [name]) };
    const message = { ...listing("/", [], START), self: undefined, entries };
    expect((await push(world, a, "scan", 1, [message])).status).toBe(413);
  });

  it("refuses a larger body than it takes", async () => {
    const limits = { max_batch_bytes: 65_536, max_batch_rows: 100_000 };
    const world = await createWorld({ limits });
    const a = await openV2(world);
    const names = Array.from({ length: 2_000 }, (_, index) => `f${String(index)}`);
    const { status, body } = await push(world, a, "scan", 1, [
      listing("/", names, world.clock.now()),
    ]);
    expect(status).toBe(413);
    expect(body).toMatchObject({ error: { code: "TOO_LARGE" } });
  });

  it.each([
    ["no JSON", "{", 400, "BAD_REQUEST"],
    [
      "no UTF-8",
      Buffer.from('{"epoch":1,"stream":"scan","seq":1,"messages":[],"x":"\xff"}', "latin1"),
      400,
      "BAD_REQUEST",
    ],
    ["no envelope", "{}", 400, "BAD_REQUEST"],
    ["an unknown stream", '{"epoch":1,"stream":"x","seq":1,"messages":[]}', 400, "BAD_REQUEST"],
    [
      "a message of no kind",
      '{"epoch":1,"stream":"scan","seq":1,"messages":[{}]}',
      400,
      "BAD_BATCH",
    ],
  ])("answers %s with a code and no stack", async (_what, payload, status, code) => {
    const world = await createWorld();
    const a = await openV2(world);
    const reply = await world.fusion.app.inject({
      method: "POST",
      url: `/api/v2/pipe/ingest/${a.session_id}/events`,
      headers: { "x-api-key": world.admin, "content-type": "application/json" },
      payload,
    });
    expect(reply.statusCode).toBe(status);
    expect(reply.json()).toMatchObject({ error: { code, message: expect.any(String) as string } });
    expect(reply.payload).not.toMatch(/ at .*\.[jt]s/);
  });

  it.each(["/api/v2/pipe/session/%zz/heartbeat", `/api/v2/pipe/session/${"x".repeat(501)}`])(
    "answers a URL that cannot be in its own words: %s",
    async (url) => {
      const world = await createWorld();
      const { status, body } = await world.call("DELETE", url);
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: { code: "BAD_REQUEST" } });
    },
  );

  it("answers 419 for a session that is gone, and sends a v1 session to its own path", async () => {
    const world = await createWorld();
    const gone = { session_id: "gone", role: "leader", epoch: 1 };
    expect((await push(world, gone, "scan", 1, [])).status).toBe(419);
    const { body } = await world.call("POST", "/api/v1/pipe/session/", { task_id: "a:p" });
    const v1 = { ...(body as typeof gone), epoch: 1 };
    const reply = await push(world, v1, "scan", 1, []);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain("speaks v1");
  });

  it("keeps names that are not valid UTF-8", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    await snapshot(world, a, { "/": ["bad\udcff"] });
    const url = "/api/v1/views/default/tree";
    const { body } = await world.call("GET", url);
    const path_b64 = Buffer.from([0x2f, 0x62, 0x61, 0x64, 0xff]).toString("base64");
    expect(body).toMatchObject({ data: { children: [{ name: "bad\ufffd", path_b64 }] } });
    const one = await world.call("GET", `${url}?path_b64=${encodeURIComponent(path_b64)}`);
    expect(one.body).toMatchObject({ data: { path: "/bad\ufffd", path_b64 } });
  });

  it("feeds every view of a pipe, and only those", async () => {
    const view = { type: "fs", config: {} };
    const timing = { session_timeout_seconds: 30, audit_interval_sec: 0, sentinel_interval_sec: 0 };
    const world = await createWorld({
      views: ["a", "b", "c"].map((id) => ({ ...view, id })),
      pipes: [
        { ...timing, id: "p", view_ids: ["a", "b"] },
        { ...timing, id: "q", view_ids: ["c"] },
      ],
    });
    const session = await openV2(world);
    await snapshot(world, session, { "/": ["x"] });
    expect(await pathsOf(world, "a")).toEqual(["/", "/x"]);
    expect(await pathsOf(world, "b")).toEqual(["/", "/x"]);
    expect(await pathsOf(world, "c")).not.toContain("/x");
  });
});

describe("a v2 batch in its binary form", () => {
  const at = START;
  const messages: readonly Message[] = [
    {
      kind: "change",
      source: "realtime",
      startedAt: at,
      endedAt: at,
      upserts: { fields: ["path", "type"], rows: [["/b", "f"]] },
      deletes: [],
    },
  ];
  const binaryOf = (seq: number) =>
    encodeBinaryBatch({ stream: "realtime", seq, messages }, 1) ?? Buffer.of();
  const headers = { "content-type": BATCH_TYPE };

  it("is offered when a session opens, and applied like the other", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    expect(a).toMatchObject({ limits: { encodings: ["batch", "json"] }, features: ["moves"] });
    const reply = await pushBytes(world, a, binaryOf(1));
    expect(reply).toMatchObject({ status: 200, body: { committed: 1 } });
    expect((await pushBytes(world, a, binaryOf(3))).body).toMatchObject({ expected: 2 });
    await snapshot(world, a, {});
    expect(await pathsOf(world)).toContain("/b");
  });

  it("is refused as a whole when its bytes are none, and when it is too large", async () => {
    const limits = { max_batch_bytes: 65_536, max_batch_rows: 1_000 };
    const world = await createWorld({ limits });
    const a = await openV2(world);
    const broken = await pushBytes(world, a, binaryOf(1).subarray(0, -1));
    expect(broken).toMatchObject({ status: 400, body: { error: { code: "BAD_BATCH" } } });
    const empty = await pushBytes(world, a, Buffer.of());
    expect(empty).toMatchObject({ status: 400 });
    const large = await pushBytes(world, a, Buffer.alloc(65_537));
    expect(large).toMatchObject({ status: 413, body: { error: { code: "TOO_LARGE" } } });
    expect((await pushBytes(world, a, binaryOf(1))).status).toBe(200);
  });

  it("is taken by no other call, and no other type by this one", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    const path = `/api/v2/pipe/session/${a.session_id}/heartbeat`;
    const beat = await world.call("POST", path, binaryOf(1), { headers });
    expect(beat).toMatchObject({ status: 415, body: { error: { code: "UNSUPPORTED_TYPE" } } });
    const other = { "content-type": "application/octet-stream" };
    expect((await pushBytes(world, a, binaryOf(1), other)).status).toBe(415);
    const ingest = `/api/v2/pipe/ingest/${a.session_id}/events`;
    expect((await world.call("POST", ingest)).status).toBe(400);
  });

  function pushBytes(world: World, { session_id }: OpenedV2, bytes: Buffer, type = headers) {
    const url = `/api/v2/pipe/ingest/${session_id}/events`;
    return world.call("POST", url, bytes, { headers: type });
  }
});

describe("how an agent measured its clock", () => {
  const withClock = (world: World, session: OpenedV2, seq: number, clock: object | undefined) =>
    world.call("POST", `/api/v2/pipe/ingest/${session.session_id}/events`, {
      epoch: session.epoch,
      stream: "realtime",
      seq,
      messages: [change("/x", START - 4_000)],
      ...(clock === undefined ? {} : { clock }),
    });
  const clocksOf = ({ records }: World) =>
    records.flatMap((record) =>
      record.kind === "clock" ? [[record.offsetMs, record.errorMs]] : [],
    );

  it("is told to the views before the batch, whenever it changed", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    await withClock(world, a, 1, { offset_ms: 3_000, error_ms: 5 });
    await withClock(world, a, 2, { offset_ms: 3_000, error_ms: 5 });
    await withClock(world, a, 3, { offset_ms: 3_000, error_ms: 6 });
    expect(world.records.slice(2).map(({ kind }) => kind)).toEqual([
      "clock",
      "batch",
      "batch",
      "clock",
      "batch",
    ]);
    expect(clocksOf(world)).toEqual([
      [3_000, 5],
      [3_000, 6],
    ]);
  });

  it("is believed up to its error, and no further where it sees the future", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    await withClock(world, a, 1, { offset_ms: 4_005, error_ms: 5 });
    await withClock(world, a, 2, { offset_ms: 4_106, error_ms: 5 });
    expect(clocksOf(world)).toEqual([
      [4_005, 5],
      [4_000, 106],
    ]);
  });

  it("keeps a session whose clock moved, for it says so itself", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    await withClock(world, a, 1, { offset_ms: 0, error_ms: 5 });
    const path = `/api/v2/pipe/session/${a.session_id}/heartbeat`;
    const beat = await world.call("POST", path, { can_realtime: true, clock: START + 9_000 });
    expect(beat).toMatchObject({ status: 200, body: { server_time: START } });
  });

  it("has to be a clock", async () => {
    const world = await createWorld();
    const a = await openV2(world);
    expect((await withClock(world, a, 1, { offset_ms: 1 })).status).toBe(400);
    expect((await withClock(world, a, 1, { offset_ms: 1, error_ms: -1 })).status).toBe(400);
  });
});
