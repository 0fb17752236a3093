import { describe, expect, it } from "vitest";
import { createKeyStore } from "../src/index.js";
import { guardAccess } from "../src/http/access.js";
import { createApp } from "../src/http/app.js";
import { createWorld, openV2, snapshot } from "./support.js";

const SESSIONS = "/api/v1/pipe/session/";

describe("access", () => {
  it("must be declared by every route", () => {
    const app = createApp({ bodyBytesMax: 1_000 });
    guardAccess(app, createKeyStore("/nonexistent/keys.json"));
    expect(() => app.get("/forgotten", async () => "secret")).toThrow(
      /\/forgotten.*config\.access/,
    );
  });

  it.each([
    ["GET", "/api/v1/views"],
    ["GET", "/api/v1/views/default/tree"],
    ["DELETE", "/api/v1/views/default/reset"],
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
});
