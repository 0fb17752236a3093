import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createPage, openPage } from "../src/page.js";
import type { AgentReport } from "../src/report.js";

const report: AgentReport = {
  app: "fustor-agent",
  version: "0.0.0",
  node: "20.19.0",
  pid: 1,
  agentId: "nas-7",
  bootId: "b",
  home: "/home/x/.fustor",
  configFile: "/home/x/.fustor/agent-config.yaml",
  startedAt: 0,
  now: 1,
  uptimeMs: 1,
  pipes: [],
};

async function ask(url: string, host = "127.0.0.1:8100") {
  const app = await createPage({ host: "127.0.0.1", report: () => report });
  onTestFinished(() => app.close());
  return app.inject({ url, headers: { host } });
}

describe("the agent's page", () => {
  it("reports the agent as JSON, never from a cache", async () => {
    const reply = await ask("/api/status");
    expect(reply.json()).toEqual(report);
    expect(reply.headers["cache-control"]).toBe("no-store");
  });

  it.each(["/", "/page.js", "/page.css", "/api/status", "/nowhere"])(
    "sends %s under a policy that allows only its own files",
    async (url) => {
      const policy = (await ask(url)).headers["content-security-policy"];
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("unsafe");
    },
  );

  it("refers to nothing but files that it serves", async () => {
    const html = (await ask("/")).body;
    const links = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, link]) => link ?? "");
    expect(links).toEqual(["/page.css", "/page.js"]);
    for (const link of links) expect((await ask(link)).statusCode).toBe(200);
    expect(html).not.toMatch(/<style|style=|onclick|<script>/);
  });

  it("writes what it shows as text, never as HTML", async () => {
    expect((await ask("/page.js")).body).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML/);
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
    const opening = openPage({ host: "127.0.0.1", port, report: () => report });
    await expect(opening).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining(`127.0.0.1:${String(port)}`) as string,
    });
  });

  it("answers where it says", async () => {
    const page = await openPage({ host: "127.0.0.1", port: 0, report: () => report });
    onTestFinished(() => page.close());
    const reply = await fetch(`${page.url}/healthz`);
    expect(await reply.json()).toEqual({ status: "ok" });
  });
});
