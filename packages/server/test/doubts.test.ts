import type { DoubtsDue, ViewDriver } from "@fustor/core";
import { describe, expect, it } from "vitest";
import {
  change,
  createWorld,
  openingV2,
  openV2,
  push,
  snapshot,
  START,
  type OpenedV2,
  type World,
} from "./support.js";

const SENTINEL = { capabilities: ["audit", "scan", "probe"], clock: START };

describe("what a view doubts", () => {
  it("is handed to the leader that can look at it, and the views are told so", async () => {
    const world = await createWorld(
      {},
      doubting(() => ({ probes: ["/a", "/b"], listings: ["/d"] })),
    );
    const session = await openSentinel(world);
    const { commands } = await beat(world, session);
    expect(commands).toEqual([
      { type: "scan", path: "/d", recursive: false, created_at: START / 1000 },
      { type: "probe", paths: ["/a", "/b"] },
    ]);
    expect(world.records.at(-1)).toEqual({
      kind: "asked",
      at: START,
      sessionId: session.session_id,
      probes: ["/a", "/b"],
      listings: ["/d"],
    });
  });

  it.each([
    ["a follower", async (world: World) => openSentinel(world, "agent-b")],
    ["a source that cannot look", async (world: World) => openV2(world, "agent-a", "boot-2")],
  ])("is not handed to %s", async (_, open) => {
    const world = await createWorld(
      {},
      doubting(() => ({ probes: ["/a"], listings: [] })),
    );
    await openSentinel(world);
    expect((await beat(world, await open(world))).commands).toEqual([]);
    expect(world.records.filter(({ kind }) => kind === "asked")).toEqual([]);
  });

  it("is no directory before the first snapshot, which lists them all", async () => {
    const doubts = { probes: ["/a"], listings: ["/d"] };
    const world = await createWorld(
      {},
      doubting(() => doubts, false),
    );
    const { commands } = await beat(world, await openSentinel(world));
    expect(commands).toEqual([{ type: "probe", paths: ["/a"] }]);
  });

  it("is handed to nobody where the pipe wants no looks", async () => {
    const world = await createWorld(
      { pipes: [{ ...PIPE, sentinel_interval_sec: 0 }] },
      doubting(() => ({ probes: ["/a"], listings: [] })),
    );
    expect((await beat(world, await openSentinel(world))).commands).toEqual([]);
  });

  it("is handed out in portions, with the wish to come back soon", async () => {
    const rest = Array.from({ length: 1_500 }, (_, n) => `/${String(n)}`);
    const world = await createWorld(
      {},
      {
        doubtsDue: () => ({ probes: [...rest], listings: [] }),
        apply: (record) => {
          if (record.kind === "asked") rest.splice(0, record.probes.length);
        },
      },
    );
    const session = await openSentinel(world);
    const first = await beat(world, session);
    expect(first).toMatchObject({ next_heartbeat_sec: 1 });
    expect(pathsOf(first.commands)).toHaveLength(1_000);
    const second = await beat(world, session);
    expect(second).not.toHaveProperty("next_heartbeat_sec");
    expect(pathsOf(second.commands)).toHaveLength(500);
  });

  it("that is due before the next heartbeat is asked for on the pipe's own interval", async () => {
    const dueAt = START + 3_000;
    const world = await createWorld(
      { pipes: [{ ...PIPE, sentinel_interval_sec: 2 }] },
      doubting((at) => ({ probes: at < dueAt ? [] : ["/a"], listings: [] })),
    );
    const reply = await beat(world, await openSentinel(world));
    expect(reply).toMatchObject({ commands: [], next_heartbeat_sec: 2 });
  });

  it("is answered in the leader's scan stream, and by nobody else", async () => {
    const world = await createWorld();
    const [leader, follower] = [await openSentinel(world), await openSentinel(world, "agent-b")];
    const answer = { ...change("/x", START), message_source: "sentinel" };
    await push(world, follower, "scan", 1, [answer]);
    expect(world.records.some(({ kind }) => kind === "batch")).toBe(false);
    await push(world, leader, "scan", 1, [answer]);
    expect(world.records.at(-1)).toMatchObject({
      kind: "batch",
      stream: "scan",
      messages: [{ kind: "change", source: "sentinel" }],
    });
  });
});

describe("a root that Fusion knows", () => {
  const compares = { takeWanted: () => [] };

  it("is one whose snapshot was taken, for every session that reports it", async () => {
    const world = await createWorld({}, compares);
    const first = await openSentinel(world);
    expect(first).toMatchObject({ known_root: false });
    expect(await beat(world, first)).toMatchObject({ known_root: false });
    await snapshot(world, first, { "/": ["x"] });
    expect(await beat(world, first)).toMatchObject({ known_root: true });
    expect(await openSentinel(world, "agent-b")).toMatchObject({ known_root: true });
    expect(await openSentinel(world, "agent-a", { boot_id: "boot-2" })).toMatchObject({
      known_root: true,
    });
  });

  it("is no other root", async () => {
    const world = await createWorld({}, compares);
    await snapshot(world, await openSentinel(world), { "/": ["x"] });
    const root = { identity: "ext4:9" };
    const other = await openSentinel(world, "agent-b", { root });
    expect(other).toMatchObject({ known_root: false });
  });

  it("is known no more after a reset", async () => {
    const world = await createWorld({}, compares);
    await snapshot(world, await openSentinel(world), { "/": ["x"] });
    await world.call("DELETE", "/api/v1/views/default/reset");
    expect(await openSentinel(world)).toMatchObject({ known_root: false });
  });
});

describe("digests", () => {
  const takeWanted = () => [];
  const all = ["ino", "uid", "gid", "mode", "ctime"];

  it.each([
    ["has heard of no other source", {}, ["ino"], true],
    ["counts all that can", { digestMask: 31 }, all, true],
    ["counts what the source does", { digestMask: 1 }, ["ino"], true],
    ["counts more", { digestMask: 31 }, ["ino"], false],
    ["counts less", { digestMask: 1 }, all, false],
    ["compares none", { takeWanted: undefined }, all, false],
  ])("are taken by a view that %s", async (_, view, fields, isTaken) => {
    const world = await createWorld({}, { takeWanted, ...view } as Partial<ViewDriver>);
    const root = { identity: "ext4:2", digest_fields: fields };
    expect(await openSentinel(world, "agent-a", { root })).toMatchObject({
      features: isTaken ? ["moves", "digests"] : ["moves"],
    });
  });
});

describe("the age that a pipe allows", () => {
  it("is told to agents, and is the interval of audits where it is less", async () => {
    const pipe = { ...PIPE, audit_interval_sec: 600, max_staleness_sec: 300 };
    const world = await createWorld({ pipes: [pipe] });
    expect(await openSentinel(world)).toMatchObject({
      audit_interval_sec: 300,
      max_staleness_sec: 300,
    });
  });

  it("makes audits where there are none on an interval", async () => {
    const pipe = { ...PIPE, audit_interval_sec: 0, max_staleness_sec: 300 };
    const world = await createWorld({ pipes: [pipe] });
    expect(await openSentinel(world)).toMatchObject({ audit_interval_sec: 300 });
  });

  it("is no matter where it is not configured", async () => {
    const opened = await openSentinel(await createWorld());
    expect(opened).toMatchObject({ audit_interval_sec: 600 });
    expect(opened).not.toHaveProperty("max_staleness_sec");
  });
});

const PIPE = {
  id: "default",
  view_ids: ["default"],
  session_timeout_seconds: 30,
  audit_interval_sec: 600,
  sentinel_interval_sec: 120,
};

interface Beat {
  readonly commands: readonly object[];
}

function doubting(doubtsDue: (at: number) => DoubtsDue, ready = true) {
  return { doubtsDue, apply: () => undefined, readiness: () => ({ ready }) };
}

async function openSentinel(
  world: World,
  agentId = "agent-a",
  overrides: object = {},
): Promise<OpenedV2> {
  const body = openingV2(agentId, "boot-1", { ...SENTINEL, ...overrides });
  const reply = await world.call("POST", "/api/v1/pipe/session/", body);
  expect(reply.status).toBe(200);
  return reply.body as OpenedV2;
}

async function beat(world: World, { session_id: id }: OpenedV2): Promise<Beat> {
  const body = { can_realtime: true, clock: START };
  const reply = await world.call("POST", `/api/v2/pipe/session/${id}/heartbeat`, body);
  expect(reply.status).toBe(200);
  return reply.body as Beat;
}

function pathsOf(commands: readonly object[]): readonly string[] {
  return commands.flatMap((command) => ("paths" in command ? (command.paths as string[]) : []));
}
