import { describe, expect, it } from "vitest";
import { change, createWorld, openV2, pathsOf, push, snapshot, type World } from "./support.js";

const VIEW = "/api/v1/views/default";

async function createFilledWorld() {
  const world = await createWorld();
  const session = await openV2(world);
  await snapshot(world, session, { "/": ["Docs/", "a.log", "b.LOG"], "/Docs": ["logbook.txt"] });
  return { world, session };
}

const get = (world: World, path: string) => world.call("GET", `${VIEW}${path}`);

describe("query", () => {
  it("searches a part of file names without case", async () => {
    const { world } = await createFilledWorld();
    const found = async (pattern: string) =>
      ((await get(world, `/search?pattern=${pattern}`)).body as { path: string }[])
        .map(({ path }) => path)
        .sort();
    expect(await found("LOG")).toEqual(["/Docs/logbook.txt", "/a.log", "/b.LOG"]);
    expect(await found("docs")).toEqual([]);
    expect(await found("")).toHaveLength(3);
    expect(await found("*.log")).toEqual([]);
  });

  it("needs a pattern to search", async () => {
    const { world } = await createFilledWorld();
    const { status, body } = await get(world, "/search");
    expect(status).toBe(422);
    expect(body).toEqual({
      detail: [{ type: "missing", loc: ["query", "pattern"], msg: "Field required", input: null }],
    });
  });

  it("counts the view", async () => {
    const { world } = await createFilledWorld();
    await world.clock.advance(4_000);
    expect((await get(world, "/stats")).body).toMatchObject({
      item_count: 5,
      total_files: 3,
      total_directories: 2,
      total_bytes: 15,
      staleness_seconds: 4,
      has_blind_spot: false,
      suspect_file_count: 0,
      audit_cycle_count: 0,
    });
  });

  it("lists the views that the key may read", async () => {
    const { world } = await createFilledWorld();
    const key = await world.keyFor("query:default", "query:other");
    const { body } = await world.call("GET", "/api/v1/views", undefined, { key });
    expect(body).toMatchObject({
      views: [{ id: "default", type: "fs", ready: true, files: 3, sessions: 1, has_leader: true }],
    });
    const other = await world.keyFor("query:other");
    const none = await world.call("GET", "/api/v1/views", undefined, { key: other });
    expect(none.body).toEqual({ views: [] });
  });

  it("shows one node", async () => {
    const { world } = await createFilledWorld();
    expect((await get(world, "/metadata?path=/a.log")).body).toMatchObject({
      path: "/a.log",
      size: 5,
    });
    expect((await get(world, "/metadata?path=/nope")).status).toBe(404);
  });

  it("lists suspects, and takes note of what is said of them without believing it", async () => {
    const { world, session } = await createFilledWorld();
    const now = world.clock.now();
    const unsettled = { ...change("/hot", now), settled: [] };
    await push(world, session, "realtime", 1, [unsettled]);
    const suspects = [{ path: "/hot", suspect_until: expect.any(Number) as number }];
    expect((await get(world, "/suspect-list")).body).toEqual(suspects);
    const updates = [{ path: "/hot", mtime: 5 }];
    const { body } = await world.call("PUT", `${VIEW}/suspect-list`, { updates });
    expect(body).toEqual({ view_id: "default", updated_count: 1, status: "ok" });
    expect((await get(world, "/suspect-list")).body).toEqual(suspects);
  });

  it("gives the bytes of a suspect whose name is not valid UTF-8", async () => {
    const { world, session } = await createFilledWorld();
    const unsettled = { ...change("/hot\udcff", world.clock.now()), settled: [] };
    await push(world, session, "realtime", 1, [unsettled]);
    const path_b64 = Buffer.from("/hot\xff", "latin1").toString("base64");
    expect((await get(world, "/suspect-list")).body).toMatchObject([
      { path: "/hot\ufffd", path_b64 },
    ]);
  });

  it.each(["L2E*", "L2Ff====", "Lx"])("refuses the path_b64 %s", async (text) => {
    const { world } = await createFilledWorld();
    expect((await get(world, `/entry?path_b64=${text}`)).status).toBe(400);
  });

  it("shows blind spots and sessions in v1's shapes", async () => {
    const { world, session } = await createFilledWorld();
    expect((await get(world, "/blind-spots")).body).toEqual({
      additions_count: 0,
      additions: [],
      modifications_count: 0,
      modifications: [],
      deletion_count: 0,
      deletions: [],
    });
    expect((await get(world, "/sessions")).body).toMatchObject({
      view_id: "default",
      count: 1,
      active_sessions: [{ session_id: session.session_id, role: "leader", source_uri: "/data" }],
    });
  });

  it("knows no other view", async () => {
    const { world } = await createFilledWorld();
    const { status, body } = await world.call("GET", "/api/v1/views/nope/tree");
    expect(status).toBe(404);
    expect(body).toEqual({ detail: 'There is no view "nope". The views are: default.' });
    const key = await world.keyFor("query:nope/mine");
    const told = await world.call("GET", "/api/v1/views/nope/tree", undefined, { key });
    expect(told.body).toEqual({ detail: 'There is no view "nope".' });
  });
});

describe("readiness", () => {
  it("is answered 503 until the first snapshot was applied, unless a part will do", async () => {
    const world = await createWorld();
    await openV2(world);
    for (const call of [
      "/tree",
      "/search?pattern=x",
      "/stats",
      "/blind-spots",
      "/metadata?path=/",
    ]) {
      const reply = await get(world, call);
      expect(reply.status).toBe(503);
      expect(reply.headers["retry-after"]).toBe("5");
      expect(reply.body).toEqual({
        detail: "View 'default': Initial snapshot sync phase in progress",
      });
    }
    expect((await get(world, "/stats?partial=true")).status).toBe(200);
  });

  it("stays when the leader goes", async () => {
    const { world, session } = await createFilledWorld();
    await world.call("DELETE", `/api/v2/pipe/session/${session.session_id}`);
    expect((await get(world, "/tree")).status).toBe(200);
    expect((await world.call("GET", "/readyz")).status).toBe(200);
  });
});

describe("reset", () => {
  it("empties the view and makes the leader tell everything again", async () => {
    const { world, session } = await createFilledWorld();
    expect((await world.call("DELETE", `${VIEW}/reset`)).status).toBe(204);
    expect((await get(world, "/tree")).status).toBe(503);
    expect((await push(world, session, "realtime", 1, [])).status).toBe(419);
    const again = await openV2(world);
    expect(again.role).toBe("leader");
    // What was seen before the reset changes nothing.
    await world.clock.advance(1);
    await snapshot(world, again, { "/": ["only"] });
    expect(await pathsOf(world)).toEqual(["/", "/only"]);
    expect((await get(world, "/tree")).status).toBe(200);
  });
});
