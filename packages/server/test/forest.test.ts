import type {
  ChangesPage,
  CoverageReply,
  EntriesReply,
  ScanJob,
  UsageReply,
} from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import { checkFusionConfig, defaultFusionConfig, pipesOf } from "../src/index.js";
import {
  change,
  createWorld,
  openV2,
  pathsOf,
  push,
  snapshot,
  type OpenedV2,
  type World,
} from "./support.js";

const [pipe] = pipesOf(defaultFusionConfig);
if (pipe === undefined) throw new Error("no pipe");

const FOREST = {
  views: [{ id: "all", type: "fs", config: { mode: "forest" } }],
  pipes: ["east", "west"].map((id) => ({ ...pipe, id, view_ids: ["all"] })),
};
const VIEW = "/api/v1/views/all";

/** Two roots; what is at `/d` of one has nothing to do with `/d` of the other. */
async function createForest() {
  const world = await createWorld(FOREST);
  const east = await enter(world, "east");
  await snapshot(world, east, { "/": ["d/", "f"], "/d": ["x"] });
  const west = await enter(world, "west");
  return { world, east, west };
}

function enter(world: World, pipeId: string, boot = "boot-1"): Promise<OpenedV2> {
  const root = { identity: `ext4:${pipeId}` };
  return openV2(world, `agent-${pipeId}`, boot, { pipe_id: pipeId, root });
}

async function createFullForest() {
  const forest = await createForest();
  await snapshot(forest.world, forest.west, { "/": ["d/"], "/d": ["x", "big"] });
  return forest;
}

async function get<Body>(world: World, path: string): Promise<Body> {
  const reply = await world.call("GET", `${VIEW}${path}`);
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.body as Body;
}

describe("a forest", () => {
  it("is one root to a key for that root: of the others not even the name is told", async () => {
    const { world } = await createForest();
    const key = await world.keyFor("query:all/east");
    const ask = (url: string) => world.call("GET", url, undefined, { key });
    const views = await ask("/api/v1/views");
    expect(views.body).toMatchObject({
      views: [{ ready: true, files: 2, directories: 2, pipes: ["east"], sessions: 1 }],
    });
    expect((await ask(`${VIEW}/tree`)).body).toMatchObject({ data: { path: "/east" } });
    const told = [views.text];
    for (const call of ["entries", "entry", "explain", "usage", "coverage", "holds", "stats"]) {
      const { status, text } = await ask(`${VIEW}/${call}`);
      expect(status).toBe(200);
      told.push(text);
    }
    expect(told.join("\n")).not.toMatch(/\bwest/);
    for (const path of ["/", "/west", "/west/d", "/north"]) {
      expect((await ask(`${VIEW}/tree?path=${path}`)).status).toBe(404);
    }
    // A key for a root that is not there hears nothing of those that are.
    const lost = await world.keyFor("query:all/north");
    const nothing = await world.call("GET", "/api/v1/views", undefined, { key: lost });
    expect(nothing.body).toMatchObject({ views: [{ files: 0, pipes: [], sessions: 0 }] });
    expect(nothing.text).not.toMatch(/\b(?:east|west)/);
  });

  it("shows each root below the name of its pipe", async () => {
    const { world } = await createFullForest();
    expect(await pathsOf(world, "all")).toEqual([
      "/",
      ...["/east", "/east/d", "/east/d/x", "/east/f"],
      ...["/west", "/west/d", "/west/d/big", "/west/d/x"],
    ]);
    const node = await get<object>(world, "/metadata?path=/west/d/x");
    expect(node).toMatchObject({ name: "x", path: "/west/d/x", content_type: "file" });
    const found = await get<{ path: string }[]>(world, "/search?pattern=x");
    expect(found.map(({ path }) => path)).toEqual(["/east/d/x", "/west/d/x"]);
  });

  it("is ready where a root is, and as a whole when all are", async () => {
    const { world, west } = await createForest();
    const status = async (path: string) =>
      (await world.call("GET", `${VIEW}/tree?path=${path}`)).status;
    expect([await status("/east"), await status("/west"), await status("/")]).toEqual([
      200, 503, 503,
    ]);
    await snapshot(world, west, { "/": [] });
    expect([await status("/west"), await status("/")]).toEqual([200, 200]);
  });

  it("keeps what happens to one root from the others", async () => {
    const { world, east } = await createFullForest();
    expect([east.role, east.epoch]).toEqual(["leader", 1]);
    await world.clock.advance(10);
    const at = world.clock.now();
    await push(world, east, "realtime", 1, [change("/d/x", at, { isDelete: true })]);
    const paths = await pathsOf(world, "all");
    expect(paths).not.toContain("/east/d/x");
    expect(paths).toContain("/west/d/x");
    await world.call("DELETE", `/api/v1/pipe/session/${east.session_id}`);
    const next = await enter(world, "east", "boot-2");
    expect(next).toMatchObject({ role: "leader", epoch: 2 });
    expect(await pathsOf(world, "all")).toEqual(paths);
  });

  it("adds up its figures", async () => {
    const { world } = await createFullForest();
    expect(await get(world, "/stats")).toMatchObject({
      total_files: 4,
      total_directories: 4,
      total_bytes: 20,
    });
    const { usage } = await get<UsageReply>(world, "/usage?path=/");
    expect(usage).toMatchObject({ path: "/", files: 4, directories: 5, bytes: 20 });
    expect(usage.children?.map(({ path, files }) => [path, files])).toEqual([
      ["/east", 2],
      ["/west", 2],
    ]);
    const all = await get<CoverageReply>(world, "/coverage?path=/");
    const one = await get<CoverageReply>(world, "/coverage?path=/west");
    expect([all.directories, one.directories]).toEqual([4, 2]);
    expect(all.listed).toBe(2 * one.listed);
  });

  it.each([
    ["sort=path", "/east /east/d /east/d/x /east/f /west /west/d /west/d/big /west/d/x"],
    ["sort=path&order=desc", "/west/d/x /west/d/big /west/d /west /east/f /east/d/x /east/d /east"],
    ["sort=name&type=f&glob=[!x]*", "/west/d/big /east/f"],
    ["sort=name&order=desc&glob=[!dx]*", "/west /east/f /east /west/d/big"],
    ["sort=size&order=desc&type=f&path=/west", "/west/d/x /west/d/big"],
    ["recursive=false", "/east /west"],
    ["path=/west&glob=d/*", "/west/d/big /west/d/x"],
    ["glob=*/d/x", "/east/d/x /west/d/x"],
    ["min_size=1&type=f", "/east/d/x /east/f /west/d/big /west/d/x"],
  ])("finds %s in all roots, in pages of any size", async (query, expected) => {
    const { world } = await createFullForest();
    const paths = expected.split(" ");
    const ordered = query.startsWith("sort=size") ? [...paths].sort() : paths;
    for (const limit of [1, 2, 3, 100]) {
      const found: (string | undefined)[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const more = cursor === "" ? "" : `&cursor=${cursor}`;
        const page: EntriesReply = await get(
          world,
          `/entries?${query}&limit=${String(limit)}${more}`,
        );
        found.push(...page.entries.map(({ path }) => path));
        cursor = page.next_cursor;
      }
      expect(query.startsWith("sort=size") ? found.sort() : found).toEqual(ordered);
    }
  });

  it("tells the changes of all roots, and begins anew with them", async () => {
    const { world, west } = await createFullForest();
    const { cursor } = await get<ChangesPage>(world, "/changes");
    await world.clock.advance(10);
    await push(world, west, "realtime", 1, [change("/new", world.clock.now())]);
    const page = await get<ChangesPage>(world, `/changes?since=${cursor}`);
    expect(page.events.map(({ kind, path }) => `${kind} ${path}`)).toEqual(["created /west/new"]);
    expect((await get<ChangesPage>(world, `/changes?since=${cursor}&path=/east`)).events).toEqual(
      [],
    );
    await world.call("DELETE", `${VIEW}/reset`);
    expect(await get(world, `/changes?since=${cursor}`)).toMatchObject({
      reset: { reason: "other incarnation" },
    });
    expect(await pathsOf(world, "all")).toEqual(["/", "/east", "/west"]);
  });

  it("has a directory listed by the agents of its root", async () => {
    const { world, east, west } = await createFullForest();
    const reply = await world.call("POST", `${VIEW}/scans`, { path: "/west/d" });
    const { id, path } = reply.body as ScanJob;
    expect(path).toBe("/west/d");
    const beat = async ({ session_id }: OpenedV2) => {
      const url = `/api/v2/pipe/session/${session_id}/heartbeat`;
      const body = { can_realtime: true, clock: world.clock.now() };
      return ((await world.call("POST", url, body)).body as { commands: unknown }).commands;
    };
    expect(await beat(east)).toEqual([]);
    expect(await beat(west)).toMatchObject([{ type: "scan", path: "/d", id }]);
    expect((await world.call("POST", `${VIEW}/scans`, { path: "/" })).status).toBe(400);
  });
});

describe("a view that is one root", () => {
  it("is fed by one pipe", () => {
    const views = [{ id: "all", type: "fs", config: {} }];
    const check = () => {
      checkFusionConfig({ ...defaultFusionConfig, ...FOREST, views });
    };
    expect(check).toThrow(/is one root, but the pipes east, west feed it/);
  });
});
