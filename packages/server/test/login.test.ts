import { describe, expect, it } from "vitest";
import { ManualClock } from "@fustor/testkit";
import { Logins } from "../src/http/logins.js";
import { createWorld, START, type Reply, type World } from "./support.js";

const HOST = "127.0.0.1:8102";
const OWN = { host: HOST, "sec-fetch-site": "same-origin", origin: `http://${HOST}` };

function logIn(world: World, key: string, headers: Record<string, string> = OWN): Promise<Reply> {
  return world.call("POST", "/api/v1/login", { key }, { key: null, headers });
}

function cookieOf({ headers }: Reply): string {
  return String(headers["set-cookie"]).split(";")[0] ?? "";
}

function ask(world: World, cookie: string, headers: Record<string, string> = OWN): Promise<Reply> {
  const all = { ...headers, cookie };
  return world.call("GET", "/api/v1/views", undefined, { key: null, headers: all });
}

describe("login from a browser", () => {
  it("gives a cookie that no script reads, that no other site sends, and that stands for the key", async () => {
    const world = await createWorld();
    const expiresAt = world.clock.now() + 60_000;
    const { id, key } = await world.fusion.keys.create({
      name: "desk",
      scopes: ["query:default"],
      expiresAt,
    });
    const reply = await logIn(world, key);
    expect(reply.status).toBe(200);
    const facts = {
      key_id: id,
      name: "desk",
      scopes: ["query:default"],
      expires_at: expiresAt / 1000,
    };
    expect(reply.body).toEqual(facts);
    expect(reply.headers["set-cookie"]).toMatch(
      /^fustor_fusion_8102=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(reply.text + String(reply.headers["set-cookie"])).not.toContain(key.slice(20));
    expect((await ask(world, cookieOf(reply))).status).toBe(200);
    const again = await world.call("GET", "/api/v1/login", undefined, {
      key: null,
      headers: { ...OWN, cookie: cookieOf(reply) },
    });
    expect(again.body).toEqual(facts);
  });

  it("ends when the key is revoked, and when it expires", async () => {
    const world = await createWorld();
    const { keys } = world.fusion;
    const revoked = await keys.create({ scopes: ["query:default"] });
    const mortal = await keys.create({
      scopes: ["query:default"],
      expiresAt: world.clock.now() + 5_000,
    });
    const other = await keys.create({ scopes: ["query:default"] });
    const cookies: string[] = [];
    for (const { key } of [revoked, mortal, other]) cookies.push(cookieOf(await logIn(world, key)));
    await keys.revoke(revoked.id);
    await world.clock.advance(5_000);
    const statuses = cookies.map(async (cookie) => (await ask(world, cookie)).status);
    expect(await Promise.all(statuses)).toEqual([401, 401, 200]);
  });

  it("ends after twelve hours without a request", async () => {
    const clock = new ManualClock(START);
    const logins = new Logins(clock);
    const token = logins.open("key");
    for (let times = 0; times < 3; times += 1) {
      await clock.advance(12 * 3_600_000);
      expect(logins.keyIdOf(token)).toBe("key");
    }
    await clock.advance(12 * 3_600_000 + 1);
    expect(logins.keyIdOf(token)).toBeUndefined();
  });

  it("is one of ten thousand at the most: the longest unused goes", () => {
    const logins = new Logins(new ManualClock(START));
    const [first, second] = [logins.open("first"), logins.open("second")];
    expect(logins.keyIdOf(first)).toBe("first");
    for (let count = 2; count < 10_001; count += 1) logins.open("x");
    expect(logins.keyIdOf(second)).toBeUndefined();
    expect(logins.keyIdOf(first)).toBe("first");
  });

  it("ends by logout, which anybody may call", async () => {
    const world = await createWorld();
    const cookie = cookieOf(await logIn(world, world.admin));
    const headers = { ...OWN, cookie };
    const out = await world.call("POST", "/api/v1/logout", undefined, { key: null, headers });
    expect(out.status).toBe(204);
    expect(out.headers["set-cookie"]).toMatch(/^fustor_fusion_8102=; .*Max-Age=0$/);
    expect((await ask(world, cookie)).status).toBe(401);
    const none = await world.call("POST", "/api/v1/logout", undefined, { key: null });
    expect(none.status).toBe(204);
  });

  it("is replaced by the next one of the same browser", async () => {
    const world = await createWorld();
    const first = cookieOf(await logIn(world, world.admin));
    const second = cookieOf(await logIn(world, world.admin, { ...OWN, cookie: first }));
    expect((await ask(world, first)).status).toBe(401);
    expect((await ask(world, second)).status).toBe(200);
  });

  it.each(["", "x", `fk_${"0".repeat(12)}_${"A".repeat(43)}`])("refuses %j", async (key) => {
    const world = await createWorld();
    const reply = await logIn(world, key);
    expect(reply.status).toBe(401);
    expect(reply.headers["set-cookie"]).toBeUndefined();
  });

  it("lets a stranger guess a hundredth as often as a key may ask", async () => {
    const world = await createWorld({ limits: { max_requests_per_sec: 300 } });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await logIn(world, "x")).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    await world.clock.advance(1_000);
    expect((await logIn(world, "x")).status).toBe(401);
  });
});

describe("a page of somebody else", () => {
  // Other ports of this machine are the same site: SameSite alone does not keep them out.
  it.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:3000" },
    { origin: "http://127.0.0.1:3000" },
    { origin: "https://evil.example" },
    { origin: "null" },
  ])("with %j reads nothing by a login, and changes nothing", async (said) => {
    const world = await createWorld();
    const cookie = cookieOf(await logIn(world, world.admin));
    const headers = { host: HOST, cookie, ...said };
    const call = (method: "GET" | "POST" | "DELETE", url: string, body?: unknown) =>
      world.call(method, url, body, { key: null, headers });
    expect((await call("GET", "/api/v1/views")).status).toBe(401);
    expect((await call("DELETE", "/api/v1/views/default/reset")).status).toBe(401);
    expect((await call("POST", "/api/v1/logout")).status).toBe(403);
    expect((await call("POST", "/api/v1/login", { key: world.admin })).status).toBe(403);
    // Whatever it tried, the login stands.
    expect((await ask(world, cookie)).status).toBe(200);
  });

  it("changes nothing either where the browser says nothing of where it came from", async () => {
    const world = await createWorld();
    const cookie = cookieOf(await logIn(world, world.admin));
    const headers = { host: HOST, cookie };
    const url = "/api/v1/views/default/reset";
    const silent = await world.call("DELETE", url, undefined, { key: null, headers });
    expect(silent.status).toBe(403);
    const own = { ...headers, origin: `http://${HOST}` };
    expect((await world.call("DELETE", url, undefined, { key: null, headers: own })).status).toBe(
      204,
    );
  });

  it("is no matter where a program sends the key", async () => {
    const world = await createWorld();
    const headers = { "sec-fetch-site": "cross-site", origin: "https://dashboard.example" };
    const reset = await world.call("DELETE", "/api/v1/views/default/reset", undefined, { headers });
    expect(reset.status).toBe(204);
    expect(reset.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("the name that Fusion is called by", () => {
  it.each([
    ["127.0.0.1:8102", 200],
    ["[::1]:8102", 200],
    ["10.1.2.3", 200],
    ["localhost:8102", 200],
    ["LOCALHOST.", 200],
    ["fusion.example:443", 200],
    ["evil.example:8102", 421],
    ["localhost.evil.example", 421],
    ["127.0.0.1.evil.example", 421],
    ["fusion.example.evil.example", 421],
    ["[::1].evil.example", 421],
  ])("may be %s: %d", async (host, status) => {
    const world = await createWorld({ listen: { allowed_hosts: ["Fusion.example"] } });
    const headers = { host };
    const get = (url: string, key: string | null) =>
      world.call("GET", url, undefined, { key, headers });
    expect((await get("/healthz", null)).status).toBe(status);
    expect((await get("/metrics", "fk_000000000000_x")).status).toBe(status);
    const page = { ...headers, "sec-fetch-site": "same-origin" };
    const login = await logIn(world, world.admin, page);
    expect(login.status).toBe(status);
    const cookie = cookieOf(await logIn(world, world.admin));
    const port = /:(\d+)$/.exec(host)?.[1] ?? "default";
    const renamed = cookie.replace(/_8102=/, `_${port}=`);
    expect((await ask(world, renamed, page)).status).toBe(status);
    // No page elsewhere knows a key.
    expect((await get("/api/v1/views", world.admin)).status).toBe(200);
  });
});

describe("every answer", () => {
  it.each(["/", "/healthz", "/nowhere", "/api/v1/views", "/api/v1/views/default/tree", "/%zz"])(
    "of %s forbids to be framed, sniffed and told of to others",
    async (url) => {
      const world = await createWorld();
      const { headers } = await world.call("GET", url);
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers).toMatchObject({
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-resource-policy": "same-origin",
      });
    },
  );
});
