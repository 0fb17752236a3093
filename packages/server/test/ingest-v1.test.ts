import { describe, expect, it } from "vitest";
import { createWorld, pathsOf, START, type World } from "./support.js";

const SESSIONS = "/api/v1/pipe/session/";
const HOT_MS = 200_000;

async function open(world: World, taskId = "agent-a:p"): Promise<string> {
  const { body } = await world.call("POST", SESSIONS, { task_id: taskId });
  return (body as { session_id: string }).session_id;
}

const row = (path: string, extra: object = {}) => ({
  path,
  file_name: path.slice(path.lastIndexOf("/") + 1),
  size: 3,
  modified_time: START / 1000 - 100_000,
  created_time: START / 1000 - 100_000,
  is_directory: false,
  ...extra,
});

const folder = (path: string, extra: object = {}) => row(path, { is_directory: true, ...extra });

const event = (
  event_type: "update" | "delete",
  message_source: "realtime" | "snapshot" | "audit",
  rows: readonly object[],
  index = START,
) => ({
  event_type,
  fields: ["path"],
  rows,
  index,
  event_schema: "fs",
  table: "files",
  message_source,
});

const send = (
  world: World,
  id: string,
  source_type: "message" | "snapshot" | "audit",
  events: readonly object[],
  is_end = false,
) => world.call("POST", `/api/v1/pipe/ingest/${id}/events`, { events, source_type, is_end });

/** A session whose snapshot of /d/a, /d/b and /f was taken long enough ago. */
async function createFilledWorld() {
  const world = await createWorld();
  const id = await open(world);
  const rows = [folder("/"), folder("/d"), row("/d/a"), row("/d/b"), row("/f")];
  await send(world, id, "snapshot", [event("update", "snapshot", rows)], true);
  await send(world, id, "snapshot", [], true);
  for (let passed = 0; passed < HOT_MS; passed += 10_000) {
    await world.clock.advance(10_000);
    await send(world, id, "message", []);
  }
  return { world, id };
}

describe("v1 ingest", () => {
  it("makes the view ready with the end of the snapshot, not before", async () => {
    const world = await createWorld();
    const id = await open(world);
    await send(world, id, "snapshot", [event("update", "snapshot", [folder("/"), row("/f")])]);
    expect((await world.call("GET", "/readyz")).status).toBe(503);
    await send(world, id, "snapshot", [], true);
    expect((await world.call("GET", "/readyz")).status).toBe(200);
    expect(await pathsOf(world)).toEqual(["/", "/f"]);
  });

  it("follows a rename as delete and update, though both carry one index", async () => {
    const { world, id } = await createFilledWorld();
    const now = world.clock.now();
    await send(world, id, "message", [
      event("delete", "realtime", [{ path: "/f" }], now),
      event("update", "realtime", [row("/g", { is_atomic_write: true })], now),
    ]);
    await send(world, id, "message", [
      event("delete", "realtime", [{ path: "/g" }], now),
      event("update", "realtime", [row("/f", { is_atomic_write: true })], now),
    ]);
    expect(await pathsOf(world)).toEqual(["/", "/d", "/d/a", "/d/b", "/f"]);
  });

  it("removes what an audit listed its directory without, and nothing where it was skipped", async () => {
    const { world, id } = await createFilledWorld();
    const now = world.clock.now();
    const audited = { parent_path: "/mnt/data", parent_mtime: 1 };
    await send(world, id, "audit", [
      event("update", "audit", [folder("/")], now),
      event("update", "audit", [row("/new", audited)], now),
      event("update", "audit", [folder("/d", { audit_skipped: true })], now),
      event("update", "audit", [row("/d/a", audited)], now),
    ]);
    expect(await pathsOf(world)).toContain("/f");
    await send(world, id, "audit", [], true);
    const { body } = await world.call("POST", "/api/v1/pipe/consistency/audit/end");
    expect(body).toEqual({ status: "audit_ended", drivers_handled: 1 });
    expect(await pathsOf(world)).toEqual(["/", "/d", "/d/a", "/d/b", "/new"]);
    const stats = await world.call("GET", "/api/v1/views/default/stats");
    expect(stats.body).toMatchObject({ audit_cycle_count: 1 });
  });

  it("believes no absence of an audit that the call ended in its middle, nor of its rest", async () => {
    const { world, id } = await createFilledWorld();
    const now = world.clock.now();
    await send(world, id, "audit", [event("update", "audit", [folder("/"), row("/new")], now)]);
    await world.call("POST", "/api/v1/pipe/consistency/audit/end");
    expect(await pathsOf(world)).toContain("/f");
    await send(world, id, "audit", [event("update", "audit", [folder("/d"), row("/d/a")], now)]);
    await send(world, id, "audit", [], true);
    expect(await pathsOf(world)).toEqual(["/", "/d", "/d/a", "/d/b", "/f", "/new"]);
  });

  it.each([
    ["compressed", 415, { "content-encoding": "gzip" }, "{}"],
    ["of a wrong key", 401, { "x-api-key": "fk_000000000000_x" }, "{}"],
    [
      "that is no UTF-8",
      422,
      {},
      Buffer.from('{"events":[],"source_type":"audit","x":"\xff"}', "latin1"),
    ],
  ])("believes no absence of an audit with a batch %s", async (_what, status, headers, payload) => {
    const { world, id } = await createFilledWorld();
    const now = world.clock.now();
    await send(world, id, "audit", [event("update", "audit", [folder("/"), row("/new")], now)]);
    const refused = await world.fusion.app.inject({
      method: "POST",
      url: `/api/v1/pipe/ingest/${id}/events`,
      headers: { "x-api-key": world.admin, "content-type": "application/json", ...headers },
      payload,
    });
    expect(refused.statusCode).toBe(status);
    await send(world, id, "audit", [], true);
    expect(await pathsOf(world)).toContain("/f");
  });

  it("deletes nothing by an audit that goes on in a new session", async () => {
    const { world, id } = await createFilledWorld();
    const now = world.clock.now();
    await send(world, id, "audit", [event("update", "audit", [folder("/"), row("/f")], now)]);
    await world.call("DELETE", `${SESSIONS}${id}`);
    const next = await open(world);
    await send(world, next, "audit", [
      event("update", "audit", [row("/g"), folder("/d"), row("/d/a")], now),
    ]);
    await send(world, next, "audit", [], true);
    expect(await pathsOf(world)).toEqual(["/", "/d", "/d/a", "/d/b", "/f", "/g"]);
  });

  it("is not ready by a snapshot that lacks a batch", async () => {
    const world = await createWorld();
    const id = await open(world);
    await send(world, id, "snapshot", [event("update", "snapshot", [folder("/"), row("/f")])]);
    const bad = await send(world, id, "snapshot", [event("update", "snapshot", [{ path: "x" }])]);
    expect(bad.status).toBe(422);
    expect(bad.body).toMatchObject({
      detail: [{ msg: expect.stringContaining("path is not valid") as string }],
    });
    await send(world, id, "snapshot", [], true);
    expect((await world.call("GET", "/readyz")).status).toBe(503);
  });

  it.each([
    [
      "a row that is no row",
      { events: [event("update", "audit", [{ path: "x" }])], source_type: "audit" },
    ],
    ["a body that is no batch", { source_type: "audit" }],
  ])("believes no absence of an audit in which %s came", async (_what, bad) => {
    const { world, id } = await createFilledWorld();
    const now = world.clock.now();
    await send(world, id, "audit", [event("update", "audit", [folder("/"), row("/new")], now)]);
    const refused = await world.call("POST", `/api/v1/pipe/ingest/${id}/events`, bad);
    expect(refused.status).toBe(422);
    expect(refused.body).toHaveProperty("detail");
    await send(world, id, "audit", [], true);
    expect(await pathsOf(world)).toEqual(["/", "/d", "/d/a", "/d/b", "/f", "/new"]);
  });

  it("takes realtime of a follower, but no snapshot", async () => {
    const { world } = await createFilledWorld();
    const follower = await open(world, "agent-b:p");
    await send(world, follower, "snapshot", [event("update", "snapshot", [row("/no")])], true);
    const live = event("update", "realtime", [row("/yes", { is_atomic_write: true })]);
    await send(world, follower, "message", [live]);
    const paths = await pathsOf(world);
    expect(paths).toContain("/yes");
    expect(paths).not.toContain("/no");
  });

  it("believes no sentinel that says a file is missing", async () => {
    const { world } = await createFilledWorld();
    const updates = [{ path: "/f", mtime: 0, status: "missing" }];
    const url = "/api/v1/pipe/consistency/sentinel/feedback";
    const { body } = await world.call("POST", url, { type: "suspect_update", updates });
    expect(body).toEqual({ status: "processed", drivers_updated: 1 });
    expect(await pathsOf(world)).toContain("/f");
  });

  it("starts over after a reset", async () => {
    const { world, id } = await createFilledWorld();
    const { body } = await world.call("POST", "/api/v1/pipe/consistency/reset");
    expect(body).toEqual({ status: "reset_complete", view_id: "default" });
    const beat = await world.call("POST", `${SESSIONS}${id}/heartbeat`, { can_realtime: true });
    expect(beat.status).toBe(419);
    expect((await send(world, id, "message", [])).status).toBe(404);
    expect((await world.call("GET", "/readyz")).status).toBe(503);
  });
});
