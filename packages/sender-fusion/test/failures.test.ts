import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { hasCode, isRetryable, type Batch, type FustorError } from "@fustor/core";
import { lostOf } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { FakeFusion, KEY, type Answer } from "./fake-fusion.js";
import { createSender, freeEndpoint, request, withSession } from "./pipe.js";

const { signal } = new AbortController();
const batch: Batch = { stream: "realtime", seq: 1, messages: [lostOf("/")] };

interface Expected {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly message: RegExp;
}

const busy = { "retry-after": "7" };

const openFailures: readonly [Omit<Answer, "path">, Expected][] = [
  [
    { status: 401, body: { detail: "Invalid API key" } },
    { code: "UNAUTHORIZED", retryable: false, message: /rejected the key: Invalid.*keys create/ },
  ],
  [
    { status: 403, body: {} },
    { code: "FORBIDDEN", retryable: false, message: /scope ingest:/ },
  ],
  [
    { status: 404, body: "<html>" },
    { code: "SESSION_REFUSED", retryable: false, message: /is not a Fusion.*endpoint/ },
  ],
  [
    { status: 200, body: { hello: "world" } },
    { code: "SESSION_REFUSED", retryable: false, message: /is not a Fusion/ },
  ],
  [
    { status: 302, headers: { location: "https://else.example/" } },
    { code: "SESSION_REFUSED", retryable: false, message: /redirects to https:\/\/else/ },
  ],
  [
    { status: 409, body: { detail: "active sessions" } },
    { code: "SESSION_REFUSED", retryable: true, message: /live session of agent-a:p1: active/ },
  ],
  [
    { status: 412, body: { detail: "another root. Accept it" } },
    { code: "ROOT_MISMATCH", retryable: true, message: /nothing of this root: another root/ },
  ],
  [
    { status: 422, body: { detail: [{ msg: "Field required" }] } },
    { code: "SESSION_REFUSED", retryable: false, message: /\(422\).*Field required/ },
  ],
  [
    { status: 500, body: { detail: "locked" } },
    { code: "SEND_FAILED", retryable: true, message: /failed \(500\): locked/ },
  ],
  [
    { status: 503, headers: busy },
    { code: "SEND_FAILED", retryable: true, retryAfterMs: 7_000, message: /busy \(503\)/ },
  ],
];

const sendFailures: readonly [Omit<Answer, "path">, Expected][] = [
  [
    { status: 401, body: {} },
    { code: "UNAUTHORIZED", retryable: false, message: /rejected the key/ },
  ],
  [
    { status: 403, body: {} },
    { code: "FORBIDDEN", retryable: false, message: /not allow/ },
  ],
  [
    { status: 404, body: { detail: "not found" } },
    { code: "SESSION_LOST", retryable: true, message: /no longer knows session s1/ },
  ],
  [
    { status: 419, body: {} },
    { code: "SESSION_LOST", retryable: true, message: /no longer knows session s1/ },
  ],
  [
    { status: 409, body: { error: { code: "SEQ_GAP", message: "2 came" }, expected: 1 } },
    { code: "SESSION_LOST", retryable: true, message: /missed a batch of session s1: 2 came/ },
  ],
  [
    { status: 413, body: {} },
    { code: "SEND_FAILED", retryable: false, message: /too large/ },
  ],
  [
    { status: 400, body: { error: { code: "BAD_BATCH", message: "messages[0] is no object" } } },
    { code: "SEND_FAILED", retryable: false, message: /\(400\): messages\[0\]/ },
  ],
  [
    { status: 422, body: { detail: "bad" } },
    { code: "SEND_FAILED", retryable: false, message: /refused a request \(422\): bad/ },
  ],
  [
    { status: 429, headers: busy, body: {} },
    { code: "SEND_FAILED", retryable: true, retryAfterMs: 7_000, message: /busy \(429\)/ },
  ],
  [
    { status: 502, body: "<html>" },
    { code: "SEND_FAILED", retryable: true, message: /failed \(502\)/ },
  ],
  [
    { status: 200, body: "<html>welcome</html>" },
    { code: "SEND_FAILED", retryable: true, message: /no reply of a Fusion.*proxy/ },
  ],
];

describe("opening a session", () => {
  it.each(openFailures)("makes of %j a coded error", async (answer, expected) => {
    const server = await FakeFusion.start("v2");
    server.answerNext({ path: /session/, ...answer });
    const sender = await createSender(server.url);
    await expect(sender.openSession(request, signal)).rejects.toMatchObject(expected);
    await sender.close();
    await server.stop();
  });
});

describe.each(["v1", "v2"] as const)("a %s session", (dialect) => {
  it.each(sendFailures)("makes of %j to a batch a coded error", async (answer, expected) => {
    await withSession(dialect, async ({ server, session }) => {
      server.answerNext({ path: /ingest/, ...answer });
      const messages = [{ ...lostOf("/"), kind: "mark", walk: "scan", edge: "end", id: "w" }];
      const sent = session.send({ ...batch, messages } as Batch, signal);
      await expect(sent).rejects.toMatchObject(expected);
    });
  });

  it.each(sendFailures)("makes of %j to a heartbeat a coded error", async (answer, expected) => {
    await withSession(dialect, async ({ server, session }) => {
      server.answerNext({ path: /heartbeat/, ...answer });
      const beat = session.heartbeat({ canRealtime: true, status: {} }, signal);
      await expect(beat).rejects.toMatchObject(expected);
    });
  });
});

describe("a Fusion that does not answer", () => {
  it("is named with its endpoint when the connection is refused", async () => {
    const endpoint = await freeEndpoint();
    await expectFailure(
      endpoint,
      /^Fusion at http:.* does not answer \(connection refused\)\. Start/,
    );
  });

  it("is named with its host when that cannot be found", async () => {
    await expectFailure("http://fusion.invalid:8102", /fusion\.invalid:8102 cannot be found/);
  });

  it("is recognised by what it speaks when it is no TLS, or no HTTP", async () => {
    const server = await FakeFusion.start("v2");
    await expectFailure(server.url.replace("http:", "https:"), /speaks no TLS.*Write http:/);
    await server.stop();
    await withRawServer("SSH-2.0-OpenSSH_9\r\n", (endpoint) =>
      expectFailure(endpoint, /does not speak HTTP/),
    );
  });

  it("is recognised by the cut connection", async () => {
    await withRawServer(undefined, (endpoint) => expectFailure(endpoint, /cut the connection/));
  });

  it("is given up after the time-out", async () => {
    const server = await FakeFusion.start("v2");
    server.answerNext({ path: /session/, silent: true });
    const words = /did not answer within 1 s.*request_timeout_sec/;
    await expectFailure(server.url, words, { request_timeout_sec: 1 });
    await server.stop();
  });
});

describe("a request under way", () => {
  it("ends with the reason of its signal", async () => {
    await withSession("v2", async ({ server, session }) => {
      const stop = new AbortController();
      const reason = new Error("stopped");
      server.answerNext({ path: /ingest/, silent: true });
      const sent = session.send(batch, stop.signal);
      await expect.poll(() => server.requests.length).toBe(2);
      stop.abort(reason);
      await expect(sent).rejects.toBe(reason);
    });
  });
});

describe("the key", () => {
  it.each([
    { status: 401, body: { detail: `the key ${KEY} is wrong` } },
    { status: 302, headers: { location: `https://else.example/?key=${KEY}` } },
  ])("stands in no error, not even when Fusion says it: %j", async (answer) => {
    const server = await FakeFusion.start("v2");
    server.answerNext({ path: /session/, ...answer });
    const error = await failureOf(server.url);
    expect(everythingIn(error)).not.toContain(KEY);
    expect(error.message).toContain("***");
    await server.stop();
  });

  it("stands in no error of a failed connection, nor in its cause", async () => {
    const error = await failureOf(await freeEndpoint());
    expect(error.cause).toBeInstanceOf(Error);
    expect(everythingIn(error)).not.toContain(KEY);
  });
});

async function expectFailure(endpoint: string, words: RegExp, options = {}): Promise<void> {
  const error = await failureOf(endpoint, options);
  expect(error.message).toMatch(words);
  expect(hasCode(error, "SEND_FAILED")).toBe(true);
  expect(isRetryable(error)).toBe(true);
}

async function failureOf(endpoint: string, options = {}): Promise<FustorError> {
  const sender = await createSender(endpoint, options);
  const error: unknown = await sender.openSession(request, signal).catch((e: unknown) => e);
  await sender.close();
  return error as FustorError;
}

/** Every property of an error and its causes, as an eager logger would write it. */
function everythingIn(error: unknown, depth = 0): string {
  if (typeof error !== "object" || error === null || depth > 6) return String(error);
  return Object.getOwnPropertyNames(error)
    .map((name) => `${name}=${everythingIn((error as Record<string, unknown>)[name], depth + 1)}`)
    .join("\n");
}

/** A server that says the same to everybody, or hangs up. */
async function withRawServer(
  greeting: string | undefined,
  use: (endpoint: string) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      if (greeting === undefined) socket.destroy();
      else socket.end(greeting);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  await use(`http://127.0.0.1:${port}`);
  server.close();
}
