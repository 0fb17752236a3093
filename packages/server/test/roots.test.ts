import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { RootsReply } from "@fustor/protocol";
import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import {
  change,
  createWorld,
  makeFolder,
  openingV2,
  openV2,
  pathsOf,
  push,
  snapshot,
  START,
  type World,
} from "./support.js";

const ROOTS = "/api/v1/views/default/roots";
const NEW = { root: { identity: "ext4:7:7", network: false } };

/** A view of which `agent-a` told a directory and three files. */
async function createKnown() {
  const world = await createWorld();
  const session = await openV2(world);
  await snapshot(world, session, { "/": ["d/", "a", "b"], "/d": ["c"] });
  return { world, session };
}

function knock(world: World, agentId: string, overrides: object) {
  const clock = world.clock.now();
  const body = openingV2(agentId, "boot-2", { clock, ...overrides });
  return world.call("POST", "/api/v1/pipe/session/", body);
}

/** The roots of a reply by agent and state. */
async function rootsOf(world: World) {
  const { roots } = (await world.call("GET", ROOTS)).body as RootsReply;
  return roots.map(({ agent_id, state, identity }) => `${agent_id} ${state} ${identity}`);
}

/** Directories end in a slash; all are as old as `listing` makes them. */
function withLandmarks(...names: string[]) {
  const mtime = Math.floor(START / 1_000) - 100_000;
  const landmarks = names.map((name) =>
    name.endsWith("/") ? [name.slice(0, -1), "d", mtime] : [name, "f", mtime],
  );
  return { root: { identity: "nfs:1", network: false }, landmarks };
}

describe("a root that was replaced", () => {
  it("is refused, with what to do, and the view stays as it was", async () => {
    const { world } = await createKnown();
    const reply = await knock(world, "agent-a", NEW);
    expect(reply.status).toBe(412);
    expect(reply.text).toMatch(/another root than before: ext4:7:7 in place of ext4:1:2/);
    expect(reply.text).toMatch(/fustor roots accept agent-a --view default/);
    expect(await pathsOf(world)).toEqual(["/", "/a", "/b", "/d", "/d/c"]);
  });

  it("is taken once an operator accepts it, and told anew", async () => {
    const { world } = await createKnown();
    await world.clock.advance(10);
    await knock(world, "agent-a", NEW);
    const accepted = await world.call("POST", `${ROOTS}/agent-a/accept`);
    expect(accepted.body).toEqual({
      agent_id: "agent-a",
      identity: "ext4:7:7",
      pipe_id: "default",
    });
    // Further than their clocks may part.
    await world.clock.advance(10_000);
    const session = await openV2(world, "agent-a", "boot-2", NEW);
    expect(session).toMatchObject({ role: "leader", known_root: false });
    await snapshot(world, session, { "/": ["new"] });
    expect(await pathsOf(world)).toEqual(["/", "/new"]);
    expect(await rootsOf(world)).toEqual(["agent-a taken ext4:7:7"]);
  });

  it("is accepted by admins only, and only where it was refused", async () => {
    const { world } = await createKnown();
    const accept = (agent: string, key?: string) =>
      world.call("POST", `${ROOTS}/${agent}/accept`, undefined, key === undefined ? {} : { key });
    expect((await accept("agent-a")).status).toBe(404);
    await knock(world, "agent-a", NEW);
    expect((await accept("agent-a", await world.keyFor("query:default"))).status).toBe(403);
    expect((await accept("agent-z")).text).toMatch(
      /No agent .{1,2}agent-z.{1,2} was refused lately/,
    );
    expect((await accept("agent-a")).status).toBe(200);
  });
});

describe("the root of an agent that is new", () => {
  it.each([
    ["what the view shows", ["/d/", "/a", "/d/c", "/gone"]],
    ["half of what the view shows", ["/d/", "/new"]],
  ])("is taken when it shows %s", async (_, landmarks) => {
    const { world } = await createKnown();
    const reply = await knock(world, "agent-b", withLandmarks(...landmarks));
    expect(reply.body).toMatchObject({ role: "follower" });
  });

  it.each([
    ["nothing", [], "a folder in which nothing is reported"],
    ["other names", ["/x", "/y/", "/a"], "a folder of which the view knows 1 of 3 names"],
    ["files in place of folders", ["/d", "/a/"], "a folder of which the view knows 0 of 2 names"],
    ["what is no path", ["x", "/../a"], "a folder in which nothing is reported"],
  ])("is refused when it shows %s", async (_, landmarks, words) => {
    const { world } = await createKnown();
    const reply = await knock(world, "agent-b", withLandmarks(...landmarks));
    expect(reply.status).toBe(412);
    expect(reply.text).toContain(`is new and shows ${words}: that is not the root of the view`);
  });

  it("is taken when an operator accepts it", async () => {
    const { world } = await createKnown();
    const strange = withLandmarks("/x", "/y");
    await knock(world, "agent-b", strange);
    await world.call("POST", `${ROOTS}/agent-b/accept`);
    expect((await knock(world, "agent-b", strange)).status).toBe(200);
  });

  it("is taken when nothing is known of it, or of the view", async () => {
    const { world } = await createKnown();
    expect((await knock(world, "agent-b", { root: { identity: "nfs:2" } })).status).toBe(200);
    const unknown = await createWorld();
    expect((await knock(unknown, "agent-b", withLandmarks("/x"))).status).toBe(200);
    const empty = await createWorld();
    await snapshot(empty, await openV2(empty), { "/": [] });
    expect((await knock(empty, "agent-b", withLandmarks("/x"))).status).toBe(200);
  });

  it("is held against the first snapshot, if it came before that", async () => {
    const world = await createWorld();
    const session = await openV2(world);
    const stranger = await openV2(world, "agent-b", "boot-1", withLandmarks("/x", "/y"));
    const friend = await openV2(world, "agent-c", "boot-1", withLandmarks("/d/", "/a"));
    await snapshot(world, session, { "/": ["d/", "a"], "/d": [] });
    expect(await rootsOf(world)).toEqual([
      "agent-a taken ext4:1:2",
      "agent-c taken nfs:1",
      "agent-b refused nfs:1",
    ]);
    const at = world.clock.now();
    expect((await push(world, friend, "realtime", 1, [change("/f", at)])).status).toBe(200);
    expect((await push(world, stranger, "realtime", 1, [change("/s", at)])).status).toBe(419);
    expect((await knock(world, "agent-b", withLandmarks("/x", "/y"))).status).toBe(412);

    // The right folder now, which its host calls by another identity.
    const right = withLandmarks("/d/", "/a");
    right.root.identity = "nfs:9";
    await world.clock.advance(10_000);
    const mended = await openV2(world, "agent-b", "boot-3", right);
    const said = [change("/s", world.clock.now())];
    expect((await push(world, mended, "realtime", 1, said)).status).toBe(200);
    expect(await pathsOf(world)).toEqual(["/", "/a", "/d", "/s"]);
  });
});

describe("a root of which nothing was proven", () => {
  it("is held against the view when its agent comes again", async () => {
    const world = await createWorld();
    const stranger = await openV2(world, "agent-b", "boot-1", withLandmarks("/x"));
    await world.call("DELETE", `/api/v2/pipe/session/${stranger.session_id}`);
    await snapshot(world, await openV2(world), { "/": ["a"] });
    expect((await knock(world, "agent-b", withLandmarks("/x"))).status).toBe(412);
    expect((await knock(world, "agent-b", withLandmarks("/a"))).status).toBe(200);
  });

  it("may become another one while there is no snapshot", async () => {
    const world = await createWorld();
    await openV2(world);
    const session = await openV2(world, "agent-a", "boot-2", NEW);
    await world.clock.advance(10_000);
    await snapshot(world, session, { "/": ["a"] });
    expect(await pathsOf(world)).toEqual(["/", "/a"]);
    expect((await knock(world, "agent-a", {})).status).toBe(412);
  });

  it("is all that is left after a reset", async () => {
    const { world } = await createKnown();
    await world.call("DELETE", "/api/v1/views/default/reset");
    expect((await knock(world, "agent-a", NEW)).status).toBe(200);
  });
});

describe("what speaks for a root", () => {
  it("is its identity, where no other can have the same", async () => {
    const { world } = await createKnown();
    const root = { identity: "ext4:1:2", network: false };
    const strange = { landmarks: [["/x", "f", 1]] };
    expect((await knock(world, "agent-b", { root, ...strange })).status).toBe(412);
    const unique = { root: { ...root, identity_unique: true }, ...strange };
    expect((await knock(world, "agent-b", unique)).status).toBe(200);
  });

  it("is no name that is there at another time, unless it has just changed", async () => {
    const { world } = await createKnown();
    const at = (mtime: number) => ({
      root: { identity: "nfs:1" },
      landmarks: [
        ["/a", "f", mtime],
        ["/b", "f", mtime],
      ],
    });
    const now = world.clock.now() / 1_000;
    expect((await knock(world, "agent-b", at(now - 5_000))).status).toBe(412);
    expect((await knock(world, "agent-b", at(now - 60))).status).toBe(200);
  });

  it("is nothing that the view could not read itself", async () => {
    const { world, session } = await createKnown();
    const at = world.clock.now();
    const closed = { message_source: "on_demand", started_at: at, ended_at: at, scope: "/d" };
    await push(world, session, "scan", 2, [{ kind: "unreadable", ...closed, errno: "EACCES" }]);
    const better = withLandmarks("/d/", "/d/x", "/d/y", "/d/z");
    expect((await knock(world, "agent-b", better)).status).toBe(200);
  });

  it("is all that the view knows while its own root is away", async () => {
    const { world, session } = await createKnown();
    const at = world.clock.now();
    const away = { message_source: "on_demand", started_at: at, ended_at: at, scope: "/" };
    await push(world, session, "scan", 2, [{ kind: "unreadable", ...away, errno: "ROOT_LOST" }]);
    expect((await knock(world, "agent-b", withLandmarks("/x", "/y"))).status).toBe(412);
    expect((await knock(world, "agent-b", withLandmarks("/a", "/b"))).status).toBe(200);
  });

  it("is not what another pipe of the agent shows", async () => {
    const { world } = await createKnown();
    const clock = world.clock.now();
    const overrides = { pipe_id: "q", clock, ...NEW };
    const body = { ...openingV2("agent-a", "boot-1", overrides), task_id: "agent-a:q" };
    const reply = await world.call("POST", "/api/v1/pipe/session/", body);
    expect(reply.status).toBe(412);
    expect(reply.text).toMatch(/Two pipes of the agent agent-a show different folders/);
    expect(reply.text).not.toMatch(/accept/);
  });
});

describe("which root an agent has", () => {
  it.each(["from the log", "from a checkpoint"])("is known after a restart, %s", async (from) => {
    const world = await createWorld({ storage: "disk" });
    await snapshot(world, await openV2(world), { "/": ["a"] });
    if (from === "from a checkpoint") await world.fusion.close();
    const home = await makeFolder();
    for (const name of ["log", "checkpoints"]) {
      await cp(join(world.home, "state", name), join(home, "state", name), { recursive: true });
    }
    const clock = new ManualClock(world.clock.now());
    const next = await createWorld({ storage: "disk" }, {}, { home, clock });
    expect((await knock(next, "agent-a", NEW)).status).toBe(412);
    expect((await knock(next, "agent-a", {})).status).toBe(200);
  });
});

describe("what is said of refused roots", () => {
  it("names no agent where anybody can read it, and leaves the views ready", async () => {
    const { world } = await createKnown();
    expect((await world.call("GET", "/readyz")).body).toEqual({ ready: true, reasons: [] });
    await knock(world, "agent-a", NEW);
    const { status, body, text } = await world.call("GET", "/readyz", undefined, { key: null });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ready: true, warnings: [{ code: "ROOT_MISMATCH" }] });
    expect(text).not.toContain("agent-a");
    const part = await world.keyFor("query:default/d");
    expect((await world.call("GET", ROOTS, undefined, { key: part })).status).toBe(403);
  });

  it("goes once the agent is quiet, or comes with the right one", async () => {
    const { world } = await createKnown();
    await knock(world, "agent-a", NEW);
    expect(await rootsOf(world)).toContain("agent-a refused ext4:7:7");
    await world.clock.advance(121_000);
    expect(await rootsOf(world)).not.toContain("agent-a refused ext4:7:7");
    await knock(world, "agent-a", NEW);
    await openV2(world, "agent-a", "boot-2");
    expect(await rootsOf(world)).toEqual(["agent-a taken ext4:1:2"]);
  });
});
