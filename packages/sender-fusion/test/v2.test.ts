import type { Clock } from "@fustor/core";
import { BATCH_TYPE } from "@fustor/protocol";
import { changeOf, listingOf } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { pack } from "../src/packer.js";
import { FakeFusion } from "./fake-fusion.js";
import { createSender, request, withSession } from "./pipe.js";

const readsBinary = { limits: { encodings: ["batch", "json"] } };
const listing = listingOf("/", { a: 1, "bad\udcff.txt": 2 });
const batch = { stream: "scan", seq: 1, messages: [listing] } as const;

describe("the form of a batch", () => {
  it.each([
    ["auto", readsBinary, BATCH_TYPE],
    ["auto", {}, "application/json"],
    ["json", readsBinary, "application/json"],
    ["binary", readsBinary, BATCH_TYPE],
  ])("with encoding %s at a Fusion that says %j is %s", async (encoding, opening, type) => {
    await withSession(
      "v2",
      async ({ server, session, signal }) => {
        await session.send(batch, signal);
        expect(server.requests.at(-1)?.headers["content-type"]).toBe(type);
        expect(server.received).toEqual([listing]);
      },
      { opening, options: { encoding } },
    );
  });

  it("is JSON for a message that the binary form has no words for", async () => {
    await withSession(
      "v2",
      async ({ server, session, signal }) => {
        const broken = { ...listing, entries: { fields: ["name"], rows: [["a", 1]] } };
        const sent = session.send({ ...batch, messages: [broken] }, signal);
        server.answerNext({ path: /ingest/, status: 400 });
        await expect(sent).rejects.toMatchObject({ code: "SEND_FAILED", retryable: false });
        expect(server.requests.at(-1)?.headers["content-type"]).toBe("application/json");
      },
      { opening: readsBinary },
    );
  });

  it("ends a session at a Fusion that does not read the one insisted on", async () => {
    const { signal } = new AbortController();
    const server = await FakeFusion.start("v2");
    const sender = await createSender(server.url, { encoding: "binary" });
    const message = expect.stringMatching(/does not read binary/) as string;
    await expect(sender.openSession(request, signal)).rejects.toMatchObject({
      code: "SESSION_REFUSED",
      message,
    });
    expect(server.requests.at(-1)).toMatchObject({ method: "DELETE" });
    await sender.close();
    await server.stop();
  });
});

describe("a session with a packer", () => {
  it("posts a pack as the batch that its messages would have been", async () => {
    await withSession(
      "v2",
      async ({ server, session, signal }) => {
        expect(session.packer).toBe(new URL("../src/packer.js", import.meta.url).href);
        const { startedAt, endedAt, scope } = listing;
        const bytes = pack([listing]) ?? Buffer.alloc(0);
        const about = { rows: 3, messages: 1, startedAt, endedAt, scopes: [scope] };
        const packed = { kind: "pack", bytes, ...about } as const;
        await session.send({ stream: "scan", seq: 1, messages: [], pack: packed }, signal);
        expect(server.requests.at(-1)?.headers["content-type"]).toBe(BATCH_TYPE);
        expect(server.received).toEqual([listing]);
        await session.send({ ...batch, seq: 2 }, signal);
        expect(server.received).toEqual([listing, listing]);
      },
      { opening: readsBinary },
    );
  });

  it.each([
    ["v2", "json", readsBinary],
    ["v2", "auto", {}],
    ["v1", "auto", {}],
  ] as const)("is none with %s and encoding %s at a Fusion that says %j", async (...how) => {
    const [dialect, encoding, opening] = how;
    await withSession(
      dialect,
      async ({ session }) => {
        expect(session.packer).toBeUndefined();
      },
      { opening, options: { encoding } },
    );
  });
});

describe("what Fusion wants listed", () => {
  it("comes with the answer to a batch", async () => {
    await withSession("v2", async ({ server, session, signal }) => {
      server.wanted = ["/d", "no/path"];
      expect(await session.send(batch, signal)).toEqual({
        wanted: [{ scope: "/d", recursive: false }],
      });
    });
  });

  it.each([
    ["v2", { features: ["digests"] }, true],
    ["v2", { features: ["moves"] }, false],
  ] as const)("may follow from digests where a %s Fusion says %j", async (dialect, opening, is) => {
    const use = async ({ session }: { session: { policy: { digests?: boolean } } }) => {
      expect(session.policy.digests ?? false).toBe(is);
    };
    await withSession(dialect, use, { opening });
  });
});

describe("a move", () => {
  const move = changeOf({ upserts: { "/b": 1 }, deletes: ["/c"], moves: [["/a", "/b"]] });
  const moved = { stream: "realtime", seq: 1, messages: [move] } as const;

  it("is told as one to a Fusion that knows moves", async () => {
    const use: Parameters<typeof withSession>[1] = async ({ server, session, signal }) => {
      expect(await session.send(moved, signal)).toEqual({ wanted: [] });
      expect(server.received).toEqual([move]);
    };
    await withSession("v2", use, { opening: { features: ["moves"] } });
  });

  it("whose end is wanted is wanted with all below", async () => {
    const use: Parameters<typeof withSession>[1] = async ({ server, session, signal }) => {
      server.wanted = ["/b", "/d"];
      const wanted = [
        { scope: "/b", recursive: true },
        { scope: "/d", recursive: false },
      ];
      expect(await session.send(moved, signal)).toEqual({ wanted });
    };
    await withSession("v2", use, { opening: { features: ["moves"] } });
  });

  it("is told to another as an end and a beginning, whose inside is listed then", async () => {
    await withSession("v2", async ({ server, session, signal }) => {
      const reply = await session.send(moved, signal);
      expect(server.received).toEqual([changeOf({ upserts: { "/b": 1 }, deletes: ["/a", "/c"] })]);
      expect(reply).toEqual({ wanted: [{ scope: "/b", recursive: true }] });
    });
    await withSession("v1", async ({ session, signal }) => {
      const reply = await session.send(moved, signal);
      expect(reply).toEqual({ wanted: [{ scope: "/b", recursive: true }] });
    });
  });

  it("of a file leaves nothing to be listed", async () => {
    await withSession("v1", async ({ session, signal }) => {
      const upserts = { fields: ["path", "type"], rows: [["/b", "f"]] };
      const messages = [{ ...move, upserts }];
      expect(await session.send({ ...moved, messages }, signal)).toEqual({ wanted: [] });
    });
  });
});

describe("the agent's clock", () => {
  it("travels with each batch as the round trips tell it", async () => {
    const clock: Clock = { now: () => 1_000, wall: () => 1_000, sleep: () => Promise.resolve() };
    await withSession(
      "v2",
      async ({ server, session, signal }) => {
        const messages = [changeOf({ deletes: ["/a"], at: 1_000 })];
        await session.send({ stream: "realtime", seq: 1, messages }, signal);
        expect(server.requests.at(-1)?.body).toMatchObject({
          clock: { offset_ms: 500, error_ms: 0 },
        });
        server.heartbeat = { server_time: 501_000 };
        await session.heartbeat({ canRealtime: true, status: {} }, signal);
        await session.send({ stream: "realtime", seq: 2, messages: [] }, signal);
        expect(server.requests.at(-1)?.body).toMatchObject({ clock: { offset_ms: 500_000 } });
      },
      { opening: { server_time: 1_500 }, clock },
    );
  });

  it("is not told by heartbeats too, for Fusion would judge by how long the opening took", async () => {
    await withSession(
      "v2",
      async ({ server, session, signal }) => {
        await session.heartbeat({ canRealtime: true, status: {} }, signal);
        expect(server.requests.at(-1)?.body).not.toHaveProperty("clock");
      },
      { opening: { server_time: 1_500 } },
    );
  });

  it("is told by heartbeats alone at a Fusion that does not tell its own", async () => {
    await withSession("v2", async ({ server, session, signal }) => {
      await session.heartbeat({ canRealtime: true, status: {} }, signal);
      expect(server.requests.at(-1)?.body).toHaveProperty("clock");
      await session.send(batch, signal);
      expect(server.requests.at(-1)?.body).not.toHaveProperty("clock");
    });
  });

  it("is asked for before a batch leaves once the machine slept", async () => {
    let wall = 1_000;
    const clock: Clock = { now: () => 1_000, wall: () => wall, sleep: () => Promise.resolve() };
    await withSession(
      "v2",
      async ({ server, session, signal }) => {
        await session.heartbeat({ canRealtime: true, status: { a: 1 } }, signal);
        wall += 60_000;
        const scan = { type: "scan", path: "/d", recursive: true };
        server.heartbeat = { server_time: 61_500, role: "follower", epoch: 9, commands: [scan] };
        await session.send({ stream: "realtime", seq: 1, messages: [] }, signal);
        const [beat, sent] = server.requests.slice(-2);
        expect(beat).toMatchObject({ body: { can_realtime: true, status: { a: 1 } } });
        // Said in the role that the pipe knows.
        expect(sent).toMatchObject({ body: { epoch: 1, clock: { offset_ms: 60_500 } } });
        server.heartbeat = { server_time: 61_500 };
        const { scans } = await session.heartbeat({ canRealtime: true, status: {} }, signal);
        expect(scans).toEqual([{ scope: "/d", recursive: true }]);
      },
      { opening: { server_time: 1_500 }, clock },
    );
  });
});

describe("what Fusion asks by a heartbeat", () => {
  const report = { canRealtime: true, status: {} };

  it("is heard: names in doubt, scans, what it knows, and how soon it wants to be asked", async () => {
    await withSession("v2", async ({ server, session, signal }) => {
      server.heartbeat = {
        known_root: true,
        next_heartbeat_sec: 2,
        commands: [
          { type: "probe", paths: ["/a", "no/path", 7, "/b"] },
          { type: "scan", path: "/d", recursive: false },
          { type: "scan", path: "/e", recursive: true, id: "s7" },
          { type: "cancel", id: "s6" },
          { type: "dance", paths: ["/c"] },
          "nonsense",
        ],
      };
      expect(await session.heartbeat(report, signal)).toEqual({
        role: "leader",
        probes: ["/a", "/b"],
        scans: [
          { scope: "/d", recursive: false },
          { scope: "/e", recursive: true, id: "s7" },
        ],
        cancels: ["s6"],
        known: true,
        nextMs: 2_000,
      });
      server.heartbeat = {};
      expect(await session.heartbeat(report, signal)).toEqual({
        role: "leader",
        probes: [],
        scans: [],
        cancels: [],
      });
    });
  });

  it.each([
    [
      { known_root: true, max_staleness_sec: 60 },
      { known: true, maxStalenessMs: 60_000 },
    ],
    [{}, { known: false }],
    [{ known_root: 1, max_staleness_sec: "soon" }, { known: false }],
  ])("begins with the policy of an opening that says %j", async (opening, policy) => {
    const timing = { timeoutMs: 9_000, auditIntervalMs: 15_000, digests: false };
    const use: Parameters<typeof withSession>[1] = async ({ session }) => {
      expect(session.policy).toEqual({ ...timing, ...policy });
    };
    await withSession("v2", use, { opening });
  });
});
