import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { WIRE_LIMITS } from "@fustor/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseJson } from "../src/http/app.js";
import { Turns } from "../src/http/turns.js";
import { change, createWorld, openingV2, openV2, push, snapshot, type World } from "./support.js";

const V = "/api/v1/views/default";
const MIB = 1024 * 1024;

describe("limits", () => {
  it("of a body are kept to the byte", async () => {
    const world = await createWorld({ limits: { max_batch_bytes: 500 } });
    const isTooLarge = async (url: string, bytes: number, key: string | null = world.admin) => {
      const body = JSON.stringify({ key: "x".repeat(bytes - '{"key":""}'.length) });
      expect(body).toHaveLength(bytes);
      const reply = await world.fusion.app.inject({
        method: "POST",
        url,
        headers: { "content-type": "application/json", ...(key && { "x-api-key": key }) },
        payload: body,
      });
      return reply.statusCode === 413;
    };
    const edges: readonly [url: string, most: number, key?: null][] = [
      ["/api/v2/pipe/ingest/none/events", 500],
      ["/api/v1/pipe/ingest/none/events", 500],
      ["/api/v1/pipe/session/", MIB],
      ["/api/v2/pipe/session/none/heartbeat", 8 * MIB],
      [`${V}/scans`, MIB],
      ["/api/v1/keys", MIB],
      ["/api/v1/login", MIB / 64, null],
      ["/nothing/here", MIB / 64, null],
    ];
    for (const [url, most, key] of edges) {
      expect([url, await isTooLarge(url, most, key)]).toEqual([url, false]);
      expect([url, await isTooLarge(url, most + 1, key)]).toEqual([url, true]);
    }
    // Without a key nothing is read.
    expect(await isTooLarge("/api/v1/pipe/session/", MIB + 1, null)).toBe(false);
  });

  // Nothing is inflated: a body is never larger than what was sent.
  it.each(["gzip", "deflate", "br", "zstd", "compress", "gzip, gzip", "identity"])(
    "let no body be sent with Content-Encoding: %s",
    async (encoding) => {
      const world = await createWorld();
      const reply = await world.fusion.app.inject({
        method: "POST",
        url: "/api/v1/pipe/session/",
        headers: {
          "content-type": "application/json",
          "content-encoding": encoding,
          "x-api-key": world.admin,
        },
        payload: gzipSync(Buffer.alloc(1_000_000, " ")),
      });
      expect(reply.statusCode).toBe(415);
    },
  );

  it("of a path are kept to the letter, in reports and in questions, however deep it is", async () => {
    const world = await createWorld();
    const session = await openV2(world);
    await snapshot(world, session, { "/": [] });
    const at = world.clock.now();
    const longest = "/d".repeat(WIRE_LIMITS.pathLength / 2);
    expect(longest).toHaveLength(WIRE_LIMITS.pathLength);
    const taken = await push(world, session, "realtime", 1, [change(longest, at)]);
    expect(taken.status).toBe(200);
    const refused = await push(world, session, "realtime", 2, [change(`${longest}x`, at)]);
    expect(refused.status).toBe(400);
    const ask = (path: string) => world.call("GET", `${V}/entry?path=${path}`);
    expect((await ask(longest)).status).toBe(200);
    expect((await ask(`${longest}x`)).status).toBe(400);
  });

  it("of values are counted before a body is parsed", async () => {
    const body = (values: number) => Buffer.from(`{"messages":[${"[],".repeat(values)}[]]}`);
    const url = "/api/v2/pipe/ingest/x";
    await expect(parseJson(body(3_000_000), url)).resolves.toBeDefined();
    await expect(parseJson(body(4_000_000), url)).rejects.toMatchObject({ status: 413 });
  });

  it("of requests count for each key alone, second by second", async () => {
    const world = await createWorld({ limits: { max_requests_per_sec: 3 } });
    const key = await world.keyFor("query:default");
    const ask = async () => (await world.call("GET", "/api/v1/views", undefined, { key })).status;
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 200]);
    const over = await world.call("GET", "/api/v1/views", undefined, { key });
    expect(over.status).toBe(429);
    expect(over.headers["retry-after"]).toBe("1");
    expect((await world.call("GET", "/api/v1/views")).status).toBe(200);
    await world.clock.advance(999);
    expect(await ask()).toBe(429);
    await world.clock.advance(1);
    expect(await ask()).toBe(200);
  });

  it("of sessions let an agent return, and no further one in", async () => {
    const world = await createWorld({ limits: { max_sessions: 2 } });
    const open = async (agent: string, boot: string) =>
      (await world.call("POST", "/api/v1/pipe/session/", openingV2(agent, boot))).status;
    expect(await open("a", "1")).toBe(200);
    expect(await open("b", "1")).toBe(200);
    expect(await open("c", "1")).toBe(429);
    expect(await open("a", "2")).toBe(200);
    await world.clock.advance(40_000);
    expect(await open("c", "1")).toBe(200);
  });

  it("of names end a question that is about one more", async () => {
    const names = Array.from({ length: 9 }, (_, index) => `f${String(index)}`);
    const ask = async (most: number, call: string) => {
      const world = await createWorld({ limits: { max_query_nodes: most } });
      await snapshot(world, await openV2(world), { "/": names });
      return world.call("GET", `${V}/${call}`);
    };
    expect((await ask(10, "tree")).status).toBe(200);
    const tree = await ask(9, "tree");
    expect(tree.status).toBe(413);
    expect(tree.text).toContain("limits.max_query_nodes");
    expect((await ask(9, "tree?max_depth=1")).status).toBe(200);
    expect((await ask(3, "entries?sort=size")).status).toBe(413);
    expect((await ask(3, "usage")).status).toBe(413);
    expect((await ask(100, "entries?sort=size")).status).toBe(200);
  });

  function* stepsOf(count: number): Generator<undefined, string, undefined> {
    for (let step = 0; step < count; step += 1) yield;
    return "done";
  }

  it("of steps are kept to the step", async () => {
    const turns = new Turns(() => 0, { steps: 10_000, workMs: Infinity });
    const { signal } = new AbortController();
    // The last step is the one that brings the result.
    await expect(turns.run(stepsOf(9_999), signal)).resolves.toBe("done");
    await expect(turns.run(stepsOf(10_001), signal)).rejects.toMatchObject({ status: 413 });
  });

  it("of time count the work of the question, not what it waits for", async () => {
    let now = 0;
    const turns = new Turns(() => now, { steps: Infinity, workMs: 100 });
    function* work(slices: number): Generator<undefined, string, undefined> {
      for (let slice = 0; slice < slices; slice += 1) {
        now += 5;
        for (let step = 0; step < 64; step += 1) yield;
      }
      return "done";
    }
    const others = setInterval(() => (now += 1_000), 0);
    onTestFinished(() => {
      clearInterval(others);
    });
    const { signal } = new AbortController();
    await expect(turns.run(work(15), signal)).resolves.toBe("done");
    await expect(turns.run(work(40), signal)).rejects.toThrow(/0\.1 s of work/);
  });
});

describe("who is slow, or too many", () => {
  async function listen(limits: Parameters<typeof createWorld>[0]): Promise<[World, number]> {
    const world = await createWorld({ listen: { port: 0 }, ...limits });
    const { url } = await world.fusion.listen();
    return [world, Number(new URL(url).port)];
  }

  async function open(port: number, text: string): Promise<Socket> {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(text);
    onTestFinished(() => {
      socket.destroy();
    });
    return socket;
  }

  /** All that comes until the other side ends. */
  async function read(socket: Socket): Promise<string> {
    let text = "";
    socket.on("data", (bytes) => (text += String(bytes)));
    await once(socket, "close");
    return text;
  }

  it("is cut off when the head or the body of a request does not come in time", async () => {
    const limits = { header_timeout_sec: 1, request_timeout_sec: 1 };
    const [world, port] = await listen({ limits });
    const head = await open(port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    const key = `X-API-Key: ${world.admin}\r\n`;
    const type = "Content-Type: application/json\r\nContent-Length: 100\r\n";
    const body = await open(
      port,
      `POST /api/v1/pipe/session/ HTTP/1.1\r\nHost: localhost\r\n${key}${type}\r\n{"task_id`,
    );
    // A letter now and then does not help.
    const drip = setInterval(() => {
      head.write("x");
      body.write("x");
    }, 200);
    onTestFinished(() => {
      clearInterval(drip);
    });
    const told = await Promise.all([read(head), read(body)]);
    expect(told).toEqual([expect.stringContaining("408"), expect.stringContaining("408")]);
  });

  it("is not let in beyond max_connections", async () => {
    const [, port] = await listen({ limits: { max_connections: 2 } });
    const one = await open(port, "");
    await open(port, "");
    const third = await open(port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(await read(third)).toBe("");
    const answer = read(one);
    one.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    expect(await answer).toContain("200 OK");
  });
});

describe("paths that lead elsewhere", () => {
  const CORPUS = [
    "../etc/passwd",
    "/../etc/passwd",
    "/a/../../etc/passwd",
    "/..",
    "/.",
    "/a/./b",
    "//etc/passwd",
    "/a//b",
    "/%2e%2e/etc",
    "/a/%2e%2e/b",
    "..%2f..%2fetc",
    "/a\\..\\..\\etc",
    "/a\0b",
    "/\u2024\u2024/etc",
    "/..;/etc",
    "/....//etc",
    "file:///etc/passwd",
    "C:\\windows",
    "\\\\host\\share",
  ];

  it("name nothing that is not in the view, and no file of this machine", async () => {
    const world = await createWorld();
    await snapshot(world, await openV2(world), { "/": ["a/"], "/a": ["b"] });
    const key = await world.keyFor("query:default/a/b");
    const told: unknown[] = [];
    for (const path of CORPUS) {
      const base64 = Buffer.from(path).toString("base64");
      const queries = [
        `path=${encodeURIComponent(path)}`,
        `path_b64=${encodeURIComponent(base64)}`,
      ];
      for (const url of queries.flatMap((query) => [`tree?${query}`, `entries?${query}`])) {
        for (const each of [key, world.admin]) {
          const reply = await world.call("GET", `${V}/${url}`, undefined, { key: each });
          if (reply.status !== 400 && reply.status !== 404) told.push([url, reply.status]);
        }
      }
      const raw = await world.call("GET", `/${path.replace("\0", "%00")}`);
      if (raw.text.includes("root:") || raw.status >= 500) told.push([path, raw.status]);
    }
    expect(told).toEqual([]);
  });
});
