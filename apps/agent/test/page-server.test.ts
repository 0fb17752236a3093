import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { PageServer, type Answer } from "../src/page-server.js";

const hello: Answer = (_request, response) => response.end("hello");

function open(makeAnswer: () => Promise<Answer>): PageServer {
  const server = new PageServer(makeAnswer);
  onTestFinished(() => server.close());
  return server;
}

async function ask(url: string): Promise<readonly [status: number, text: string]> {
  const reply = await fetch(url);
  return [reply.status, await reply.text()];
}

describe("the server of a page", () => {
  it("makes what answers with the first request, once", async () => {
    let made = 0;
    const server = open(async () => {
      made += 1;
      return hello;
    });
    const url = await server.listen("127.0.0.1", 0);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(made).toBe(0);
    expect(await Promise.all([ask(url), ask(url)])).toEqual([
      [200, "hello"],
      [200, "hello"],
    ]);
    expect(made).toBe(1);
  });

  it("answers again once what answers can be made", async () => {
    let tries = 0;
    const server = open(async () => {
      tries += 1;
      if (tries === 1) throw new Error("not now");
      return hello;
    });
    const url = await server.listen("127.0.0.1", 0);
    expect((await ask(url))[0]).toBe(500);
    expect(await ask(url)).toEqual([200, "hello"]);
  });

  it("says at which address to ask one that listens everywhere", async () => {
    const url = await open(async () => hello).listen("0.0.0.0", 0);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  it("hands on why it cannot listen", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const listening = open(async () => hello).listen("127.0.0.1", port);
    await expect(listening).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("ends while somebody still waits for an answer", async () => {
    const server = open(async () => () => undefined);
    const url = await server.listen("127.0.0.1", 0);
    const ended = new Promise((resolve) => request(url).once("error", resolve).end());
    await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    expect(await ended).toMatchObject({ code: expect.stringMatching(/^ECONN/) as string });
  });
});
