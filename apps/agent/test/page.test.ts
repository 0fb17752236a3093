import { silentLogger } from "@fustor/core";
import { ManualClock } from "@fustor/testkit";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Control } from "../src/control.js";
import { LogMemory } from "../src/log-memory.js";
import { createPage, openPage } from "../src/page.js";
import type { ConsoleSource } from "../src/page-console.js";
import { sampleReport } from "./sample-report.js";

async function ask(url: string, host = "127.0.0.1:8100", console?: ConsoleSource) {
  const shown = console === undefined ? {} : { console };
  const app = await createPage({ host: "127.0.0.1", report: () => sampleReport, ...shown });
  onTestFinished(() => app.close());
  return app.inject({ url, headers: { host } });
}

describe("the agent's page", () => {
  it("reports the agent as JSON, never from a cache", async () => {
    const reply = await ask("/api/status");
    expect(reply.json()).toEqual(sampleReport);
    expect(reply.headers["cache-control"]).toBe("no-store");
  });

  it.each(["/", "/console/log", "/api/status", "/api/log", "/nowhere"])(
    "sends %s under a policy that allows only its own files",
    async (url) => {
      const policy = (await ask(url)).headers["content-security-policy"];
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("unsafe");
    },
  );

  it("is the same at every address that it reads by itself, and is nowhere else", async () => {
    const { body } = await ask("/");
    expect(body).toMatch(/^<!doctype html>/);
    expect((await ask("/console/log")).body).toBe(body);
    expect((await ask("/nowhere")).statusCode).toBe(404);
    expect(body).not.toMatch(/<style|style=|onclick|<script>/);
  });

  it("tells the last lines of the log, without secrets, and what comes after a line", async () => {
    const log = new LogMemory(new ManualClock(5));
    const logger = log.listen(silentLogger);
    logger.info({ pipe: "p", credential: "fk_1" }, "session opened");
    logger.warn({ err: new Error("no way") }, "pipe has a problem");
    const read = (after: string) => ask(`/api/log${after}`, undefined, { log, forms: [] });
    expect((await read("")).json()).toMatchObject({
      lines: [
        { number: 1, at: 5, level: "info", fields: { pipe: "p", credential: "***" } },
        { number: 2, level: "warn", message: "pipe has a problem" },
      ],
    });
    expect((await read("?after=1")).json()).toMatchObject({ lines: [{ number: 2 }] });
    expect((await read("?after=2")).json()).toEqual({ lines: [] });
    // From before a restart.
    expect((await read("?after=9")).json()).toMatchObject({ lines: [{ number: 1 }, {}] });
  });

  it("may be looked at from elsewhere, but only its own machine decides", async () => {
    const control = new Proxy({} as Control, { get: () => () => Promise.resolve({}) });
    const app = await createPage({ host: "0.0.0.0", report: () => sampleReport, control });
    onTestFinished(() => app.close());
    const post = async (remoteAddress: string, url: string): Promise<number> =>
      (await app.inject({ method: "POST", url, remoteAddress, headers: { host: "127.0.0.1" } }))
        .statusCode;
    for (const url of ["/api/v1/reload", "/api/v1/pipes/p/pause", "/api/v1/pipes/p/rescan"]) {
      expect(await post("10.0.0.2", url)).toBe(403);
      expect(await post("127.0.0.1", url)).toBe(200);
    }
    const look = { url: "/api/status", remoteAddress: "10.0.0.2", headers: { host: "10.0.0.1" } };
    expect((await app.inject(look)).statusCode).toBe(200);
  });

  it.each(["127.0.0.1:8100", "localhost:8100", "localhost", "[::1]:8100"])(
    "answers to the name %s",
    async (host) => {
      expect((await ask("/api/status", host)).statusCode).toBe(200);
    },
  );

  it.each(["evil.example", "evil.example:8100", "127.0.0.1.evil.example"])(
    "refuses the name %j, which a foreign page may have pointed here",
    async (host) => {
      expect((await ask("/api/status", host)).statusCode).toBe(403);
    },
  );

  it("names a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const opening = openPage({ host: "127.0.0.1", port, report: () => sampleReport });
    await expect(opening).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining(`127.0.0.1:${String(port)}`) as string,
    });
  });

  it("answers where it says", async () => {
    const page = await openPage({ host: "127.0.0.1", port: 0, report: () => sampleReport });
    onTestFinished(() => page.close());
    const reply = await fetch(`${page.url}/healthz`);
    expect(await reply.json()).toEqual({ status: "ok" });
  });
});
