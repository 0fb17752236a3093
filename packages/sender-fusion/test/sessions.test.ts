import { changeOf, listingOf, lostOf, walkOf } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { FakeFusion } from "./fake-fusion.js";
import { createSender, request, withSession } from "./pipe.js";

const { signal } = new AbortController();

describe("opening a session", () => {
  it("says who the agent is and what it looks at", async () => {
    await withSession("v2", async ({ server }) => {
      expect(server.requests[0]).toMatchObject({
        method: "POST",
        path: "/api/v1/pipe/session/",
        body: {
          task_id: "agent-a:p1",
          source_type: "fs",
          client_info: {
            protocols: ["v2", "v1"],
            agent_id: "agent-a",
            boot_id: "boot-1",
            pipe_id: "p1",
            uri: "/data",
            root: { identity: "ext4:2", fsType: "ext4", network: false },
            capabilities: ["audit", "scan"],
          },
        },
      });
    });
  });

  it("names itself and its version", async () => {
    await withSession("v2", async ({ server }) => {
      expect(server.requests[0]?.headers["user-agent"]).toMatch(/^fustor-agent\/\d+\.\d+\.\d+/);
    });
  });

  it.each(["v1", "v2"] as const)("takes role and policy from a %s reply", async (dialect) => {
    await withSession(dialect, async ({ session }) => {
      expect(session).toMatchObject({
        id: "s1",
        role: "leader",
        policy: { timeoutMs: 9_000, auditIntervalMs: 15_000 },
      });
    });
  });

  it.each([
    ["auto", "v2", "/api/v2/"],
    ["auto", "v1", "/api/v1/"],
    ["v1", "v2", "/api/v1/"],
    ["v2", "v2", "/api/v2/"],
  ] as const)(
    "with protocol %s speaks to a %s Fusion under %s",
    async (protocol, dialect, path) => {
      const server = await FakeFusion.start(dialect);
      const sender = await createSender(server.url, { protocol });
      const session = await sender.openSession(request, signal);
      await session.heartbeat({ canRealtime: false, status: {} }, signal);
      expect(server.requests.at(-1)?.path).toContain(path);
      await sender.close();
      await server.stop();
    },
  );

  it.each([
    ["an agent that insists on v2", { protocol: "v2" }, request, /does not speak v2/],
    [
      "rows that v1 has no words for",
      {},
      { ...request, source: { ...request.source, schema: "sql" } },
      /not rows of schema "sql"/,
    ],
  ])("is refused for %s at a v1 Fusion, and ended there", async (_, options, asked, words) => {
    const server = await FakeFusion.start("v1");
    const sender = await createSender(server.url, options);
    const opened = sender.openSession(asked, signal);
    await expect(opened).rejects.toMatchObject({ code: "SESSION_REFUSED", message: words });
    expect(server.requests.at(-1)).toMatchObject({
      method: "DELETE",
      path: "/api/v1/pipe/session/s1",
    });
    await sender.close();
    await server.stop();
  });

  it("takes an endpoint with a path and a slash at its end", async () => {
    const server = await FakeFusion.start("v2");
    const sender = await createSender(`${server.url}/proxy/`);
    await expect(sender.openSession(request, signal)).rejects.toThrow();
    expect(server.requests[0]?.path).toBe("/proxy/api/v1/pipe/session/");
    await sender.close();
    await server.stop();
  });

  it.each([
    ["a user in the endpoint", "http://me:pw@localhost:8102", {}],
    ["a key with a line break", "http://localhost:8102", { credential: "abc\n" }],
  ])("rejects %s before anything is sent", async (_, endpoint, options) => {
    await expect(createSender(endpoint, options)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe.each(["v1", "v2"] as const)("a look at a %s Fusion", (dialect) => {
  it("succeeds without opening a session", async () => {
    const server = await FakeFusion.start(dialect);
    const sender = await createSender(server.url);
    await sender.check?.(signal);
    expect(server.requests.map(({ path }) => path)).toEqual([
      "/api/v1/pipe/session/no-session/heartbeat",
    ]);
    await sender.close();
    await server.stop();
  });

  it.each([
    ["UNAUTHORIZED", {}, { credential: "wrong" }],
    ["SESSION_REFUSED", { status: 404 }, {}],
    ["SESSION_REFUSED", { status: 200, body: "<html>" }, {}],
    ["SEND_FAILED", { status: 502 }, {}],
  ])("says %s for %j as openSession does", async (code, answer, options) => {
    const server = await FakeFusion.start(dialect);
    if ("status" in answer) server.answerNext({ path: /heartbeat/, ...answer });
    const sender = await createSender(server.url, options);
    await expect(sender.check?.(signal)).rejects.toMatchObject({ code });
    await sender.close();
    await server.stop();
  });
});

describe("a v2 session", () => {
  it("sends batches with stream, seq and the epoch of the last heartbeat", async () => {
    await withSession("v2", async ({ server, session }) => {
      server.heartbeat = { epoch: 7, role: "follower" };
      const beat = await session.heartbeat({ canRealtime: true, status: { a: 1 } }, signal);
      expect(beat.role).toBe("follower");
      await session.send({ stream: "realtime", seq: 1, messages: [lostOf("/a")] }, signal);
      expect(server.requests.at(-1)?.body).toMatchObject({
        epoch: 7,
        stream: "realtime",
        seq: 1,
        messages: [{ kind: "lost", message_source: "realtime", scope: "/a" }],
      });
    });
  });

  it("brings names that are not UTF-8 over unharmed", async () => {
    await withSession("v2", async ({ server, session }) => {
      const message = listingOf("/", { "bad\udcff.txt": 1 });
      await session.send({ stream: "scan", seq: 1, messages: [message] }, signal);
      expect(server.received).toEqual([message]);
    });
  });
});

describe.each(["v1", "v2"] as const)("a %s session", (dialect) => {
  it("hears scan commands, and leaves those alone that it does not know", async () => {
    await withSession(dialect, async ({ server, session }) => {
      server.heartbeat = {
        commands: [
          { type: "scan", path: "/d1", recursive: true, created_at: 1.5 },
          { type: "scan", path: "../etc", recursive: true },
          { type: "dance", path: "/d1" },
        ],
      };
      const { scans } = await session.heartbeat({ canRealtime: true, status: {} }, signal);
      expect(scans).toEqual([{ scope: "/d1", recursive: true }]);
    });
  });

  it("ends at Fusion once, however often it is closed", async () => {
    await withSession(dialect, async ({ server, session }) => {
      await session.close();
      await session.close();
      const ends = server.requests.filter(({ method }) => method === "DELETE");
      expect(ends.map(({ path }) => path)).toEqual([`/api/${dialect}/pipe/session/s1`]);
    });
  });

  it("closes although Fusion fails", async () => {
    await withSession(dialect, async ({ server, session }) => {
      server.answerNext({ path: /session/, status: 500 });
      await expect(session.close()).resolves.toBeUndefined();
    });
  });
});

describe("a v1 session", () => {
  it("says the end of a snapshot twice and that of an audit by a call of its own", async () => {
    await withSession("v1", async ({ server, session }) => {
      const snapshot = walkOf("snapshot", [listingOf("/", { a: 1 })]);
      const audit = walkOf("audit", [listingOf("/", { a: 1 }, { source: "audit" })]);
      await session.send({ stream: "scan", seq: 1, messages: snapshot }, signal);
      await session.send({ stream: "scan", seq: 2, messages: audit }, signal);
      expect(server.requests.slice(1).map(({ path, body }) => summary(path, body))).toEqual([
        "snapshot 1 end",
        "snapshot 0 end",
        "audit 1",
        "audit 0 end",
        "/api/v1/pipe/consistency/audit/end",
      ]);
    });
  });

  it("goes on within a batch where a failed try ended", async () => {
    await withSession("v1", async ({ server, session }) => {
      const names = Array.from({ length: 250 }, (_, i) => [`/f${String(i)}`, i] as const);
      const messages = [changeOf({ upserts: Object.fromEntries(names) })];
      const batch = { stream: "realtime", seq: 1, messages } as const;
      server.requests.length = 0;
      server.answerNext({ path: /ingest/, body: { status: "ok", count: 100 } });
      server.answerNext({ path: /ingest/, status: 503 });
      await expect(session.send(batch, signal)).rejects.toMatchObject({ retryable: true });
      await session.send(batch, signal);
      const counts = server.requests.map(({ body }) => (body as { events: [] }).events.length);
      expect(counts).toEqual([100, 100, 100, 50]);
    });
  });

  it("sends all of the batch that takes the number of a refused one", async () => {
    await withSession("v1", async ({ server, session }) => {
      const names = (count: number) =>
        Array.from({ length: count }, (_, i) => [`/f${String(i)}`, i]);
      const batch = (count: number) => ({
        stream: "realtime" as const,
        seq: 1,
        messages: [
          changeOf({ upserts: Object.fromEntries(names(count)) as Record<string, number> }),
        ],
      });
      server.answerNext({ path: /ingest/, body: { status: "ok", count: 100 } });
      server.answerNext({ path: /ingest/, status: 422 });
      await expect(session.send(batch(150), signal)).rejects.toMatchObject({ retryable: false });
      server.requests.length = 0;
      await session.send(batch(50), signal);
      const counts = server.requests.map(({ body }) => (body as { events: [] }).events.length);
      expect(counts).toEqual([50]);
    });
  });
});

function summary(path: string, body: unknown): string {
  if (body === undefined) return path;
  const { source_type, events, is_end } = body as {
    source_type: string;
    events: readonly unknown[];
    is_end: boolean;
  };
  return `${source_type} ${String(events.length)}${is_end ? " end" : ""}`;
}
