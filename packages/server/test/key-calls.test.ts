import { readFile, writeFile } from "node:fs/promises";
import type { KeyMade, Keys } from "@fustor/protocol";
import { describe, expect, it } from "vitest";
import { auditFileOf } from "../src/index.js";
import { createWorld, START, type World } from "./support.js";

const KEYS = "/api/v1/keys";
const HOST = "127.0.0.1:8102";

async function make(world: World, body: object, key = world.admin): Promise<KeyMade> {
  const reply = await world.call("POST", KEYS, body, { key });
  if (reply.status !== 201) throw new Error(reply.text);
  return reply.body as KeyMade;
}

async function list(world: World): Promise<Keys["keys"]> {
  return ((await world.call("GET", KEYS)).body as Keys).keys;
}

function idOf(key: string): string {
  return key.split("_")[1] ?? "";
}

function secretOf(key: string): string {
  return key.split("_").slice(2).join("_");
}

describe("the calls about keys", () => {
  it("make a key that is told once, and kept by no cache", async () => {
    const world = await createWorld();
    const body = {
      name: "report",
      scopes: ["query:default", "query:default"],
      expires_at: START / 1_000 + 60,
    };
    const reply = await world.call("POST", KEYS, body);
    expect(reply.status).toBe(201);
    expect(reply.headers["cache-control"]).toBe("no-store");
    const { id, key } = reply.body as KeyMade;
    expect(reply.body).toEqual({ id, key });
    expect(key).toMatch(new RegExp(`^fk_${id}_[A-Za-z0-9_-]{43}$`));
    expect((await world.call("GET", "/api/v1/views", undefined, { key })).status).toBe(200);
    await world.clock.advance(60_000);
    expect((await world.call("GET", "/api/v1/views", undefined, { key })).status).toBe(401);
  });

  it("list every key, also one that is over, without anything of its secret", async () => {
    const world = await createWorld();
    const { id: plain, key } = await make(world, { scopes: ["ingest:not-configured"] });
    const { id: brief } = await make(world, {
      name: "brief",
      scopes: ["query:default/a b", "admin"],
      expires_at: START / 1_000 + 1,
    });
    const endless = await make(world, { scopes: ["admin"], expires_at: null });
    await world.clock.advance(1_000);
    const reply = await world.call("GET", KEYS);
    expect(reply.status).toBe(200);
    const created_at = START / 1_000;
    expect(reply.body).toEqual({
      keys: [
        { id: idOf(world.admin), scopes: ["admin"], created_at, expires_at: null },
        { id: plain, scopes: ["ingest:not-configured"], created_at, expires_at: null },
        {
          id: brief,
          name: "brief",
          scopes: ["query:default/a b", "admin"],
          created_at,
          expires_at: created_at + 1,
        },
        { id: endless.id, scopes: ["admin"], created_at, expires_at: null },
      ],
    });
    for (const each of [key, endless.key, world.admin]) {
      expect(reply.text).not.toContain(secretOf(each));
    }
    const file = await readFile(`${world.home}/keys.json`, "utf8");
    const hashes = [...file.matchAll(/"sha256": "([0-9a-f]+)"/g)].map(([, hash = ""]) => hash);
    expect(hashes).toHaveLength(4);
    for (const hash of hashes) expect(reply.text).not.toContain(hash);
  });

  it("end a key at once, also for who is logged in with it", async () => {
    const world = await createWorld();
    const { id, key } = await make(world, { scopes: ["query:default"] });
    const headers = { host: HOST, "sec-fetch-site": "same-origin" };
    const login = await world.call("POST", "/api/v1/login", { key }, { key: null, headers });
    const cookie = String(login.headers["set-cookie"]).split(";")[0] ?? "";
    const ask = async (): Promise<number[]> => {
      const byKey = await world.call("GET", "/api/v1/views", undefined, { key });
      const withCookie = { key: null, headers: { ...headers, cookie } };
      const byLogin = await world.call("GET", "/api/v1/views", undefined, withCookie);
      return [byKey.status, byLogin.status];
    };
    expect(await ask()).toEqual([200, 200]);
    const reply = await world.call("DELETE", `${KEYS}/${id}`);
    expect([reply.status, reply.text]).toEqual([204, ""]);
    expect(await ask()).toEqual([401, 401]);
    expect((await list(world)).map((each) => each.id)).toEqual([idOf(world.admin)]);
    expect((await world.call("DELETE", `${KEYS}/${id}`)).status).toBe(404);
  });

  it("do not end the key that asks: nobody locks themselves out", async () => {
    const world = await createWorld();
    const own = idOf(world.admin);
    const reply = await world.call("DELETE", `${KEYS}/${own}`);
    expect(reply.status).toBe(409);
    expect(reply.body).toEqual({ detail: expect.stringContaining("keys revoke") as string });
    expect((await list(world)).map(({ id }) => id)).toEqual([own]);
    // Another one may.
    const other = await world.keyFor("admin");
    const url = `${KEYS}/${own}`;
    expect((await world.call("DELETE", url, undefined, { key: other })).status).toBe(204);
    expect((await world.call("GET", KEYS)).status).toBe(401);
  });

  it.each(["query:default", "ingest:default", "query:default/a"])(
    "are refused to a key with %s",
    async (scope) => {
      const world = await createWorld();
      const key = await world.keyFor(scope);
      const victim = await make(world, { scopes: ["query:default"] });
      const before = await list(world);
      for (const [method, url, body] of [
        ["GET", KEYS, undefined],
        ["POST", KEYS, { scopes: ["admin"] }],
        ["DELETE", `${KEYS}/${victim.id}`, undefined],
        ["DELETE", `${KEYS}/${idOf(key)}`, undefined],
      ] as const) {
        const reply = await world.call(method, url, body, { key });
        expect(reply.status).toBe(403);
        expect(reply.body).toEqual({
          detail: expect.stringContaining("may not do this") as string,
        });
        expect((await world.call(method, url, body, { key: null })).status).toBe(401);
      }
      expect(await list(world)).toEqual(before);
    },
  );

  it.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:3000" },
    { origin: "https://evil.example" },
    {},
  ])("are refused to a page of somebody else, which sends %j", async (said) => {
    const world = await createWorld();
    const { id } = await make(world, { scopes: ["query:default"] });
    const own = { host: HOST, "sec-fetch-site": "same-origin" };
    const body = { key: world.admin };
    const login = await world.call("POST", "/api/v1/login", body, { key: null, headers: own });
    const cookie = String(login.headers["set-cookie"]).split(";")[0] ?? "";
    const before = await list(world);
    const headers = { host: HOST, cookie, ...said };
    const call = (method: "POST" | "DELETE", url: string, more?: object) =>
      world.call(method, url, more, { key: null, headers });
    expect([401, 403]).toContain((await call("POST", KEYS, { scopes: ["admin"] })).status);
    expect([401, 403]).toContain((await call("DELETE", `${KEYS}/${id}`)).status);
    expect(await list(world)).toEqual(before);
    const ours = { key: null, headers: { ...own, cookie } };
    expect((await world.call("DELETE", `${KEYS}/${id}`, undefined, ours)).status).toBe(204);
  });

  it.each([
    [{}, "scopes"],
    [{ scopes: [] }, "fewer than 1"],
    [{ scopes: ["admin", "everything"] }, '"everything" is not a scope. Use ingest:<pipe>'],
    [{ scopes: ["query:default/../b"] }, "is not a scope"],
    [{ scopes: "admin" }, "must be array"],
    [{ scopes: [1] }, "must be string"],
    [{ scopes: Array.from({ length: 101 }, () => "admin") }, "more than 100"],
    [{ scopes: ["admin"], name: "" }, "name"],
    [{ scopes: ["admin"], name: "x".repeat(101) }, "name"],
    [{ scopes: ["admin"], name: "\u001b[2J" }, "name"],
    [{ scopes: ["admin"], name: "a\u202eb" }, "name"],
    [{ scopes: ["admin"], expires_at: START / 1_000 }, "Name a later time"],
    [{ scopes: ["admin"], expires_at: "2027-01-01" }, "expires_at"],
    [{ scopes: ["admin"], expires_at: START }, "expires_at"],
    [{ scopes: ["admin"], expires: 60 }, "additional properties"],
  ])("make none of %j", async (body, reason) => {
    const world = await createWorld();
    const reply = await world.call("POST", KEYS, body);
    expect(reply.status).toBe(400);
    expect((reply.body as { detail: string }).detail).toContain(reason);
    expect(await list(world)).toHaveLength(1);
  });

  it.each(["", "nothing", '{"scopes": ["admin"], "expires_at": 1e999}'])(
    "make none of the body %j, and stay able to read their file",
    async (payload) => {
      const world = await createWorld();
      const headers = { "x-api-key": world.admin, "content-type": "application/json" };
      const { app } = world.fusion;
      const reply = await app.inject({ method: "POST", url: KEYS, headers, payload });
      expect(reply.statusCode).toBe(400);
      expect(await list(world)).toHaveLength(1);
    },
  );

  it("know no parameters", async () => {
    const world = await createWorld();
    const { id } = await make(world, { scopes: ["admin"] });
    const before = await list(world);
    for (const [method, url, body] of [
      ["GET", KEYS, undefined],
      ["POST", KEYS, { scopes: ["admin"] }],
      ["DELETE", `${KEYS}/${id}`, undefined],
    ] as const) {
      const reply = await world.call(method, `${url}?force=1`, body);
      expect(reply.status).toBe(400);
      expect(reply.text).toContain("This call has none.");
    }
    expect(await list(world)).toEqual(before);
  });

  it("say what is wrong with the file of the keys, and leave it as it is", async () => {
    const world = await createWorld();
    // What is known of it holds for a second, and the clock stands still.
    expect(await list(world)).toHaveLength(1);
    const file = `${world.home}/keys.json`;
    const newer = (await readFile(file, "utf8")).replace('"version": 2', '"version": 9');
    await writeFile(file, newer);
    for (const [method, url, body] of [
      ["GET", KEYS, undefined],
      ["POST", KEYS, { scopes: ["admin"] }],
      ["DELETE", `${KEYS}/000000000000`, undefined],
    ] as const) {
      const reply = await world.call(method, url, body);
      expect(reply.status).toBe(500);
      expect(reply.text).toContain("version 9, which a newer Fusion wrote");
    }
    expect(await readFile(file, "utf8")).toBe(newer);
  });

  it("are noted with what they made and ended, and without any key", async () => {
    const world = await createWorld();
    const who = idOf(world.admin);
    const made = await make(world, { name: "n", scopes: ["query:default", "ingest:p"] });
    await world.call("POST", KEYS, { scopes: ["nothing"] });
    await world.call("DELETE", `${KEYS}/${who}`);
    // Somebody takes the key for its id, or for a scope.
    const mistaken = await world.call("DELETE", `${KEYS}/${made.key}`);
    expect(mistaken.status).toBe(404);
    expect(mistaken.text).not.toContain(secretOf(made.key));
    const scope = await world.call("POST", KEYS, { scopes: [made.key] });
    expect(scope.status).toBe(400);
    expect(scope.text).not.toContain(secretOf(made.key));
    await world.call("DELETE", `${KEYS}/${made.id}`);
    await world.fusion.close();
    const text = await readFile(auditFileOf(world.home), "utf8");
    const lines = text.trimEnd().split("\n");
    const at = START;
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      {
        at,
        who,
        what: `POST ${KEYS}`,
        target: `${made.id} query:default ingest:p`,
        result: 201,
      },
      { at, who, what: `POST ${KEYS}`, result: 400 },
      { at, who, what: `DELETE ${KEYS}/${who}`, result: 409 },
      { at, who, what: `DELETE ${KEYS}/fk_${made.id}_***`, result: 404 },
      { at, who, what: `POST ${KEYS}`, result: 400 },
      { at, who, what: `DELETE ${KEYS}/${made.id}`, result: 204 },
    ]);
    for (const each of [made.key, world.admin]) expect(text).not.toContain(secretOf(each));
  });
});
