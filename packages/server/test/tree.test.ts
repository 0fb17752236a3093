import { describe, expect, it } from "vitest";
import {
  createWorld,
  openV2,
  pathsOf,
  snapshot,
  type TreeNode,
  type TreeReply,
  type World,
} from "./support.js";

const TREE = "/api/v1/views/default/tree";

async function createFilledWorld() {
  const world = await createWorld();
  const session = await openV2(world);
  await snapshot(world, session, {
    "/": ["d1/", "empty/", "f1"],
    "/d1": ["d2/", "g"],
    "/d1/d2": ["deep"],
    "/empty": [],
  });
  return { world, session };
}

async function readTree(world: World, query = ""): Promise<TreeReply> {
  const { status, body, text } = await world.call("GET", `${TREE}${query}`);
  if (status !== 200) throw new Error(text);
  return body as TreeReply;
}

describe("tree", () => {
  it("nests nodes as v1 does", async () => {
    const { world } = await createFilledWorld();
    const { data, scan_pending } = await readTree(world);
    expect(scan_pending).toBe(false);
    expect(data).toMatchObject({ name: "", path: "/", content_type: "directory", type: "d" });
    expect(await pathsOf(world)).toEqual([
      "/",
      "/d1",
      "/d1/d2",
      "/d1/d2/deep",
      "/d1/g",
      "/empty",
      "/f1",
    ]);
    expect(childOf(data, "f1")).toEqual({
      name: "f1",
      content_type: "file",
      type: "f",
      path: "/f1",
      size: 5,
      modified_time: 1_799_900_000.0000005,
      created_time: 1_799_900_000.0000005,
      integrity_suspect: false,
    });
    expect(childOf(data, "empty").children).toEqual([]);
  });

  it("stops at max_depth, where directories show no children", async () => {
    const { world } = await createFilledWorld();
    const { data } = await readTree(world, "?max_depth=1");
    expect(data.children?.map(({ name }) => name)).toEqual(["d1", "empty", "f1"]);
    expect(childOf(data, "d1")).not.toHaveProperty("children");
  });

  it("shows no children when it is not recursive", async () => {
    const { world } = await createFilledWorld();
    expect((await readTree(world, "?recursive=false")).data.children).toEqual([]);
  });

  it("shows only names and paths on request", async () => {
    const { world } = await createFilledWorld();
    const { data } = await readTree(world, "?path=/d1/d2&only_path=true");
    expect(data).toEqual({
      name: "d2",
      content_type: "directory",
      type: "d",
      path: "/d1/d2",
      children: [{ name: "deep", content_type: "file", type: "f", path: "/d1/d2/deep" }],
    });
  });

  it.each(["/f1", "/f1/", "f1", "//f1"])(
    "finds a file at %s or says that it is no path",
    async (path) => {
      const { world } = await createFilledWorld();
      const { status, body } = await world.call("GET", `${TREE}?path=${path}`);
      if (path === "//f1") expect(status).toBe(400);
      else expect(body).toMatchObject({ data: { path: "/f1" } });
    },
  );

  it("answers 404 for a path that is not there", async () => {
    const { world } = await createFilledWorld();
    const { status, body } = await world.call("GET", `${TREE}?path=/nope`);
    expect(status).toBe(404);
    expect(body).toEqual({ detail: "路径未找到或尚未同步" });
  });

  it.each([
    ["max_depth=-1", "int_parsing"],
    ["max_depth=x", "int_parsing"],
    ["limit=0", "int_parsing"],
    ["recursive=maybe", "bool_parsing"],
  ])("answers 422 for %s", async (query, type) => {
    const { world } = await createFilledWorld();
    const { status, body } = await world.call("GET", `${TREE}?${query}`);
    expect(status).toBe(422);
    expect(body).toMatchObject({ detail: [{ type, loc: ["query", query.split("=")[0]] }] });
  });

  it("streams a tree of many nodes as one valid document, while others are answered", async () => {
    const world = await createWorld();
    const session = await openV2(world);
    const names = Array.from({ length: 20_000 }, (_, index) => `f${String(index)}`);
    await snapshot(world, session, { "/": names });
    const order: string[] = [];
    const tree = readTree(world).then(({ data }) => {
      order.push("tree");
      return data;
    });
    await new Promise(setImmediate);
    await world.call("GET", "/healthz").then(() => order.push("health"));
    expect((await tree).children).toHaveLength(20_000);
    expect(order).toEqual(["health", "tree"]);
  });
});

describe("a limit", () => {
  it("counts the answer, not the view", async () => {
    const { world } = await createFilledWorld();
    expect((await readTree(world, "?path=/d1&limit=4")).data.children).toHaveLength(2);
    const { status, body } = await world.call("GET", `${TREE}?path=/d1&limit=3`);
    expect(status).toBe(400);
    expect(body).toEqual({
      detail: {
        error: "Metadata retrieval limit exceeded",
        view: "default",
        current_count: 4,
        limit: 3,
        suggestion: "Try a more specific path or reduce recursion depth.",
      },
    });
  });

  it("pages the children of one directory: each is on exactly one page", async () => {
    const world = await createWorld();
    const session = await openV2(world);
    const names = Array.from({ length: 25 }, (_, index) => `f${String(index)}`);
    await snapshot(world, session, { "/": [...names, "bad\udcff"] });
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null | undefined;
    do {
      const next = typeof cursor === "string" ? `&cursor=${cursor}` : "";
      const reply = await readTree(world, `?max_depth=1&limit=10${next}`);
      seen.push(...(reply.data.children ?? []).map(({ name }) => name));
      sizes.push(reply.data.children?.length ?? 0);
      cursor = reply.next_cursor;
    } while (typeof cursor === "string");
    expect(sizes).toEqual([10, 10, 6]);
    expect(seen.sort()).toEqual([...names, "bad\ufffd"].sort());
  });

  it.each(["zzz", "a+/b!", "Li4", "L2E"])("refuses the cursor %j", async (cursor) => {
    const { world } = await createFilledWorld();
    const url = `/api/v1/views/default/tree?max_depth=1&limit=1&cursor=${encodeURIComponent(cursor)}`;
    expect((await world.call("GET", url)).status).toBe(400);
  });

  it("keeps its place when the entry at the cursor goes away", async () => {
    const { world, session } = await createFilledWorld();
    const first = await readTree(world, "?max_depth=1&limit=1");
    expect(first.data.children?.map(({ name }) => name)).toEqual(["d1"]);
    await world.clock.advance(10_000);
    await snapshot(world, session, { "/": ["empty/", "f1"] }, 2);
    const second = await readTree(world, `?max_depth=1&limit=1&cursor=${first.next_cursor ?? ""}`);
    expect(second.data.children?.map(({ name }) => name)).toEqual(["empty"]);
  });
});

describe("force_real_time", () => {
  const commandsOf = async (world: World, id: string) => {
    const url = `/api/v2/pipe/session/${id}/heartbeat`;
    return (await world.call("POST", url, { can_realtime: true })).body as { commands: unknown[] };
  };

  it("asks the leader for the directory, once, and says so", async () => {
    const { world, session } = await createFilledWorld();
    const follower = await openV2(world, "b");
    expect((await readTree(world, "?path=/d1&force_real_time=true")).scan_pending).toBe(true);
    expect((await readTree(world, "?path=/d1/g&force_real_time=true")).scan_pending).toBe(true);
    expect((await commandsOf(world, follower.session_id)).commands).toEqual([]);
    expect((await commandsOf(world, session.session_id)).commands).toEqual([
      { type: "scan", path: "/d1", recursive: false, created_at: world.clock.now() / 1000 },
    ]);
    expect((await commandsOf(world, session.session_id)).commands).toEqual([]);
  });

  it("asks for the nearest known directory of an unknown path", async () => {
    const { world, session } = await createFilledWorld();
    const { status } = await world.call("GET", `${TREE}?path=/d1/new/x&force_real_time=true`);
    expect(status).toBe(404);
    expect((await commandsOf(world, session.session_id)).commands).toMatchObject([{ path: "/d1" }]);
  });

  it("says that nothing is pending when nobody leads", async () => {
    const { world, session } = await createFilledWorld();
    await world.call("DELETE", `/api/v2/pipe/session/${session.session_id}`);
    expect((await readTree(world, "?force_real_time=true")).scan_pending).toBe(false);
  });
});

function childOf(node: TreeNode, name: string): TreeNode {
  const child = node.children?.find((each) => each.name === name);
  if (child === undefined) throw new Error(`no ${name}`);
  return child;
}
