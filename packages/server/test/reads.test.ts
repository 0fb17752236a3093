import type { CoverageReply, EntryReply, ExplainReply, UsageReply } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import { createFilled, OLD } from "./filled.js";
import { change, createWorld, openV2, push, START, type World } from "./support.js";

const VIEW = "/api/v1/views/default";

async function ask<Answer>(world: World, call: string): Promise<Answer> {
  const reply = await world.call("GET", `${VIEW}${call}`);
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.body as Answer;
}

const lost = (scope: string, at: number) => ({
  kind: "lost",
  message_source: "realtime",
  started_at: at,
  ended_at: at,
  scope,
  reason: "overflow",
});

const createTree = () =>
  createFilled({ "/": { "d/": {}, f: {} }, "/d": { "e/": {}, g: {} }, "/d/e": {} });

describe("entry", () => {
  it("tells all that is known of one node, and how far to trust it", async () => {
    const { world } = await createTree();
    await world.clock.advance(10_000);
    const { entry, trust, meta } = await ask<EntryReply>(world, "/entry?path=/d/g");
    expect(entry).toEqual({
      path: "/d/g",
      name: "g",
      type: "f",
      size: 5,
      blocks: 8,
      mode: 0o644,
      uid: 0,
      gid: 0,
      ino: "6",
      nlink: 1,
      mtime: OLD + 5e-7,
      ctime: OLD + 5e-7,
      mtime_ns: `${String(OLD)}000000500`,
      ctime_ns: `${String(OLD)}000000500`,
      suspect: false,
      blind_spot: false,
      doubted: false,
      held: false,
    });
    const said = {
      host: "agent-a",
      how: "listing",
      at: START / 1000,
      error: expect.any(Number) as number,
    };
    expect(trust).toEqual({
      seen: said,
      suspect_until: null,
      listed: said,
      listed_age: 10,
      gaps: [],
    });
    expect(meta).toMatchObject({ ready: true, coverage: 1, gaps: false, held: false });
  });

  it("names the gaps that it stands in, and until when it is suspect", async () => {
    const { world, session } = await createTree();
    const now = world.clock.now();
    const open = { ...change("/d/hot", now), settled: [] };
    await push(world, session, "realtime", 1, [open, lost("/d", now)]);
    const { entry, trust, meta } = await ask<EntryReply>(world, "/entry?path=/d/hot");
    expect(entry.suspect).toBe(true);
    expect(trust.suspect_until).toBeGreaterThan(now / 1000);
    expect(trust.gaps).toEqual([
      { path: "/d", kind: "lost", reason: "overflow", since: expect.any(Number) as number },
    ]);
    expect(meta.gaps).toBe(true);
    expect((await ask<EntryReply>(world, "/entry?path=/f")).trust.gaps).toEqual([]);
  });

  it("refuses what it does not know", async () => {
    const { world } = await createTree();
    expect((await world.call("GET", `${VIEW}/entry?path=/nope`)).status).toBe(404);
    const { status, body } = await world.call("GET", `${VIEW}/entry?paht=/`);
    expect(status).toBe(400);
    expect(body).toEqual({ detail: 'There is no parameter "paht". Did you mean "path"?' });
  });
});

describe("explain", () => {
  it("says why a name is there, and why one is gone", async () => {
    const { world, session } = await createTree();
    const now = world.clock.now() + 5_000;
    await world.clock.advance(5_000);
    await push(world, session, "realtime", 1, [
      change("/d/new", now),
      change("/f", now, { isDelete: true }),
    ]);
    expect(await ask<ExplainReply>(world, "/explain?path=/d/new")).toMatchObject({
      path: "/d/new",
      present: true,
      rule: expect.stringMatching(/./) as string,
      seen: { host: "agent-a", how: "event", at: now / 1000 },
      absent: null,
      directory: { path: "/d", listed: { how: "listing", at: START / 1000 } },
    });
    expect(await ask<ExplainReply>(world, "/explain?path=/f")).toMatchObject({
      present: false,
      seen: null,
      absent: { host: "agent-a", how: "event", at: now / 1000 },
      directory: { path: "/" },
    });
  });

  it("says of a name that nobody spoke of by what listing it is not there", async () => {
    const { world } = await createTree();
    expect(await ask<ExplainReply>(world, "/explain?path=/d/none/deep")).toMatchObject({
      present: false,
      rule: null,
      seen: null,
      absent: null,
      directory: { path: "/d", listed: { at: START / 1000 } },
    });
  });
});

describe("coverage", () => {
  it("counts the directories that were listed whole, by the ages of their listings", async () => {
    const { world, session } = await createTree();
    await world.clock.advance(5_000);
    await push(world, session, "realtime", 1, [change("/d/e/x/y", world.clock.now())]);
    await world.clock.advance(295_000);
    const reply = await ask<CoverageReply>(world, "/coverage?path=/d");
    expect(reply).toMatchObject({
      path: "/d",
      directories: 3,
      listed: 2,
      coverage: 2 / 3,
      oldest_listed_at: START / 1000,
      gaps: [],
      lost: 0,
      unreadable: 0,
      meta: { coverage: 3 / 4 },
    });
    expect(reply.listed_ages).toEqual([
      { max_age: 60, directories: 0 },
      { max_age: 600, directories: 2 },
      { max_age: 3_600, directories: 0 },
      { max_age: 21_600, directories: 0 },
      { max_age: 86_400, directories: 0 },
      { max_age: 604_800, directories: 0 },
      { max_age: null, directories: 0 },
    ]);
  });

  it("shows what was lost or cannot be read, above and below", async () => {
    const { world, session } = await createTree();
    const now = world.clock.now();
    const unreadable = { ...lost("/d/e", now), kind: "unreadable", errno: "EACCES" };
    await push(world, session, "realtime", 1, [lost("/", now)]);
    await push(world, session, "scan", 2, [{ ...unreadable, message_source: "audit" }]);
    const reply = await ask<CoverageReply>(world, "/coverage?path=/d");
    expect(reply.gaps.map(({ path, kind, reason }) => [path, kind, reason])).toEqual([
      ["/", "lost", "overflow"],
      ["/d/e", "unreadable", "EACCES"],
    ]);
    expect(reply).toMatchObject({ lost: 1, unreadable: 1, watched: false });
  });

  it("is watched while somebody hears events and lost none", async () => {
    const { world, session } = await createTree();
    expect((await ask<CoverageReply>(world, "/coverage")).watched).toBe(false);
    const heartbeat = `/api/v2/pipe/session/${session.session_id}/heartbeat`;
    await world.call("POST", heartbeat, { can_realtime: true });
    expect((await ask<CoverageReply>(world, "/coverage")).watched).toBe(true);
  });

  it("is 0 before anything was listed, and asked of directories only", async () => {
    const world = await createWorld();
    await openV2(world);
    expect(await ask<CoverageReply>(world, "/coverage")).toMatchObject({
      directories: 1,
      listed: 0,
      coverage: 0,
      oldest_listed_at: null,
      meta: { ready: false, coverage: 0 },
    });
    const { world: filled } = await createTree();
    expect((await filled.call("GET", `${VIEW}/coverage?path=/f`)).status).toBe(400);
    expect((await filled.call("GET", `${VIEW}/coverage?path=/nope`)).status).toBe(404);
  });
});

describe("usage", () => {
  const createUsed = () =>
    createFilled({
      "/": { "big/": {}, "small/": {}, note: { size: 10, blocks: 1 } },
      "/big": { a: { size: 1_000, blocks: 4, mtime: OLD + 7 }, "sub/": {} },
      "/big/sub": { b: { size: 500, blocks: 2 } },
      "/small": { c: { size: 20, blocks: 1 } },
    });

  it("sums up a path and its children, the largest first", async () => {
    const { world } = await createUsed();
    const { usage, meta } = await ask<UsageReply>(world, "/usage");
    expect(meta).toMatchObject({ ready: true, truncated: false, hard_links: "none" });
    expect(usage).toMatchObject({ path: "/", files: 4, directories: 4, bytes: 1_530 });
    expect(usage.children).toMatchObject([
      {
        path: "/big",
        type: "d",
        files: 2,
        directories: 2,
        bytes: 1_500,
        allocated_bytes: (4 + 2 + 8 + 8) * 512,
        newest_mtime_ns: `${String(OLD + 7)}000000500`,
      },
      { path: "/small", files: 1, directories: 1, bytes: 20 },
      { path: "/note", type: "f", files: 1, directories: 0, bytes: 10, allocated_bytes: 512 },
    ]);
    expect(usage.children?.every((child) => child.children === undefined)).toBe(true);
  });

  it("goes as deep as asked, and puts together what is not among the first", async () => {
    const { world } = await createUsed();
    const { usage, meta } = await ask<UsageReply>(world, "/usage?depth=2&top=1");
    expect(meta.truncated).toBe(true);
    expect(usage.children).toHaveLength(1);
    expect(usage.rest).toEqual({
      entries: 2,
      files: 2,
      directories: 1,
      bytes: 30,
      allocated_bytes: (1 + 8 + 1) * 512,
    });
    expect(usage.children?.[0]).toMatchObject({
      path: "/big",
      children: [{ path: "/big/a", bytes: 1_000 }],
      rest: { entries: 1, bytes: 500 },
    });
    const flat = await ask<UsageReply>(world, "/usage?path=/big&depth=0");
    expect(flat.usage).toMatchObject({ path: "/big", bytes: 1_500 });
    expect(flat.usage.children).toBeUndefined();
  });

  it("counts a file with several names once in each row", async () => {
    const link = { size: 100, blocks: 2, ino: 900, nlink: 3 };
    const { world } = await createFilled({
      "/": { "a/": {}, "b/": {} },
      "/a": { one: link, two: link },
      "/b": { three: link, alone: { size: 1, blocks: 1 } },
    });
    const { usage, meta } = await ask<UsageReply>(world, "/usage");
    expect(meta.hard_links).toBe("counted_once");
    expect(usage).toMatchObject({ files: 4, bytes: 101, allocated_bytes: (2 + 1 + 3 * 8) * 512 });
    expect(usage.children).toMatchObject([
      { path: "/b", bytes: 101 },
      { path: "/a", bytes: 100, allocated_bytes: (2 + 8) * 512 },
    ]);
    expect((await ask<UsageReply>(world, "/usage?path=/b")).meta.hard_links).toBe("none");
  });

  it("does not know what is not there", async () => {
    const { world } = await createUsed();
    expect((await world.call("GET", `${VIEW}/usage?path=/nope`)).status).toBe(404);
    expect((await world.call("GET", `${VIEW}/usage?top=0`)).body).toEqual({
      detail:
        'The parameter top is "0"; it must be a whole number of at least 1 and at most 10000.',
    });
  });
});
