import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { createKeyStore } from "../src/index.js";
import { guardAccess } from "../src/http/access.js";
import { createApp } from "../src/http/app.js";
import { Logins } from "../src/http/logins.js";
import { Servers } from "../src/http/servers.js";
import { OpenCalls } from "../src/http/open-calls.js";
import { createWorld, openV2, snapshot, START } from "./support.js";

const LIMITS = { headerTimeoutMs: 1_000, requestTimeoutMs: 1_000, connectionsMax: 10 };
const SESSIONS = "/api/v1/pipe/session/";

describe("access", () => {
  it("must be declared by every route", () => {
    const app = createApp({ servers: new Servers(LIMITS, undefined), answerTimeoutMs: 60_000 });
    const clock = new ManualClock(START);
    guardAccess(app, {
      keys: createKeyStore("/nonexistent/keys.json"),
      logins: new Logins(clock),
      calls: new OpenCalls(),
      clock,
      allowedHosts: [],
      requestsPerSecMax: 100,
    });
    expect(() => app.get("/forgotten", async () => "secret")).toThrow(
      /\/forgotten.*config\.access/,
    );
  });

  it("is declared by every route of a Fusion", async () => {
    const { fusion } = await createWorld();
    expect(() => fusion.app.route({ method: "GET", url: "/late", handler: () => "x" })).toThrow();
    const { paths } = (await fusion.app.inject("/api/v1/openapi.json")).json<{
      paths: Record<string, Record<string, { security: readonly unknown[] }>>;
    }>();
    const open = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { security }]) =>
        security.length === 0 ? [`${method} ${path}`] : [],
      ),
    );
    // Whatever is added here answers anybody who reaches the port.
    expect(open.filter((call) => call.includes("/api/")).sort()).toEqual([
      "get /api/v1/openapi.json",
      "post /api/v1/login",
      "post /api/v1/logout",
    ]);
  });

  it.each([
    ["GET", "/api/v1/views"],
    ["GET", "/api/v1/views/default/tree"],
    ["DELETE", "/api/v1/views/default/reset"],
    ["GET", "/api/v1/keys"],
    ["POST", "/api/v1/keys"],
    ["DELETE", "/api/v1/keys/x"],
    ["POST", SESSIONS],
    ["POST", "/api/v1/pipe/session/x/heartbeat"],
    ["DELETE", "/api/v1/pipe/session/x"],
    ["POST", "/api/v1/pipe/ingest/x/events"],
    ["POST", "/api/v1/pipe/consistency/reset"],
    ["POST", "/api/v2/pipe/ingest/x/events"],
    ["POST", "/api/v2/pipe/session/x/heartbeat"],
  ] as const)("needs a key: %s %s", async (method, url) => {
    const world = await createWorld();
    const missing = await world.call(method, url, undefined, { key: null });
    expect(missing.status).toBe(401);
    expect(missing.text).toContain("API key required");
    const wrong = await world.call(method, url, undefined, { key: "fk_000000000000_x" });
    expect(wrong.status).toBe(401);
  });

  it.each([
    ["ingest:default", "GET", "/api/v1/views/default/tree"],
    ["query:default", "POST", SESSIONS],
    ["query:other", "GET", "/api/v1/views/default/tree"],
    ["ingest:default", "DELETE", "/api/v1/views/default/reset"],
    ["query:default", "DELETE", "/api/v1/views/default/reset"],
    ["ingest:default", "POST", "/api/v1/pipe/consistency/reset"],
    ["ingest:default", "GET", "/api/v1/views"],
  ] as const)("of a key with %s does not reach %s %s", async (scope, method, url) => {
    const world = await createWorld();
    const key = await world.keyFor(scope);
    const { status, body } = await world.call(method, url, undefined, { key });
    expect(status).toBe(403);
    expect(body).toEqual({ detail: expect.stringContaining("may not do this") as string });
  });

  it("is refused to a key of another pipe", async () => {
    const world = await createWorld();
    const key = await world.keyFor("ingest:other");
    const { status, text } = await world.call("POST", SESSIONS, { task_id: "a:p" }, { key });
    expect(status).toBe(403);
    expect(text).toContain("feeds none of the pipes default");
  });

  it("is granted by a bearer token too", async () => {
    const world = await createWorld();
    await snapshot(world, await openV2(world), { "/": [] });
    const key = await world.keyFor("query:default");
    const reply = await world.fusion.app.inject({
      url: "/api/v1/views/default/tree",
      headers: { authorization: `Bearer ${key}` },
    });
    expect(reply.statusCode).toBe(200);
  });

  it("ends when the key is revoked", async () => {
    const world = await createWorld();
    const { id, key } = await world.fusion.keys.create({ scopes: ["query:default"] });
    const ask = () => world.call("GET", "/api/v1/views", undefined, { key });
    expect((await ask()).status).toBe(200);
    const other = createKeyStore(`${world.home}/keys.json`);
    await other.revoke(id);
    await world.clock.advance(1_000);
    expect((await ask()).status).toBe(401);
  });

  it("ends in a stream that was begun before, too, and in no other", async () => {
    const world = await createWorld({ listen: { port: 0 } });
    await snapshot(world, await openV2(world), { "/": [] });
    const { url } = await world.fusion.listen();
    const follow = async (key: string): Promise<{ isOver: boolean; over: Promise<void> }> => {
      const headers = { accept: "text/event-stream", "x-api-key": key };
      const reply = await fetch(`${url}/api/v1/views/default/changes`, { headers });
      expect(reply.status).toBe(200);
      const end = (): void => {
        stream.isOver = true;
      };
      const stream = { isOver: false, over: reply.text().then(end, end) };
      return stream;
    };
    const { id, key } = await world.fusion.keys.create({ scopes: ["query:default"] });
    const revoked = await follow(key);
    const other = await follow(await world.keyFor("query:default"));
    await createKeyStore(`${world.home}/keys.json`).revoke(id);
    await world.clock.advance(2_000);
    await world.clock.advance(2_000);
    await revoked.over;
    expect(other.isOver).toBe(false);
    await world.fusion.close();
    await other.over;
  });
});
