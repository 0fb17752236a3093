import { silentLogger } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAgent } from "../src/agent.js";
import { createControl } from "../src/control.js";
import { createPage } from "../src/page.js";
import { planAgent } from "../src/plan.js";
import { createReporter } from "../src/report.js";
import { CONFIG, createFolder, homeFiles } from "./folder.js";

const TWO = CONFIG.concat("  - { id: p2, source_id: lines, sender_id: nowhere, fields: [a] }\n");

/** An agent that runs on a configuration, and its page. */
async function start(config: string) {
  const home = await createFolder(homeFiles(config));
  const configFile = join(home, "agent-config.yaml");
  const places = { configFile, home, env: {}, binPath: "" };
  const clock = createSystemClock();
  const ids = { agentId: "agent", bootId: "boot" };
  const context = { ...ids, home, clock, random: () => 0.5, logger: silentLogger };
  const agent = await createAgent(await planAgent(places), context);
  const stop = new AbortController();
  const running = agent.run(stop.signal);
  const report = createReporter(agent, context, configFile);
  const control = createControl(agent, places, silentLogger);
  const page = await createPage({ host: "127.0.0.1", report, control });
  onTestFinished(async () => {
    stop.abort();
    await running;
    await page.close();
  });
  const post = async (url: string, headers: Record<string, string> = {}) => {
    const host = "127.0.0.1:8100";
    const reply = await page.inject({ method: "POST", url, headers: { host, ...headers } });
    return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() };
  };
  const write = (text: string) => writeFile(configFile, text);
  return { agent, post, write, stop, running };
}

describe("reloading an agent", () => {
  it("starts anew only what changed, and what is new", async () => {
    const { post, write, agent } = await start(TWO);
    await write(
      TWO.replace("[a]", "[b]").concat("  - { id: p3, source_id: lines, sender_id: nowhere }\n"),
    );
    expect(await post("/api/v1/reload")).toEqual({
      status: 200,
      body: { started: ["p3"], stopped: [], restarted: ["p2"], kept: ["p1"] },
    });
    expect(agent.pipes().map(({ id }) => id)).toEqual(["p1", "p2", "p3"]);
    await write(CONFIG);
    const { body } = await post("/api/v1/reload");
    expect(body).toEqual({ started: [], stopped: ["p2", "p3"], restarted: [], kept: ["p1"] });
    expect(agent.pipes().map(({ id }) => id)).toEqual(["p1"]);
  });

  it("starts anew the pipes of a sender or source that changed", async () => {
    const { post, write } = await start(TWO);
    await write(TWO.replace("key: k1", "key: k2"));
    expect((await post("/api/v1/reload")).body).toMatchObject({ restarted: ["p1", "p2"] });
    await write(TWO.replace("key: k1", "key: k2").replace("/data", "/data2"));
    expect((await post("/api/v1/reload")).body).toMatchObject({ restarted: ["p1", "p2"] });
    expect((await post("/api/v1/reload")).body).toMatchObject({ kept: ["p1", "p2"] });
  });

  it.each([
    ["path: /data", "pth: /data", "pth"],
    ["key: k1", "key: unfit", "letters that no key has"],
    ["pipes:", "listen: { port: 9 }\npipes:", "which a reload cannot do"],
    [
      "pipes:",
      "  - { id: sap, type: sap, config: {} }\npipes:\n  - { id: p2, source_id: lines, sender_id: sap }",
      "Cannot find the sender driver",
    ],
    ["{ id: p1,", "{ id: p1, enabled: false,", "no pipe that is enabled"],
  ])("leaves all as it was when %j becomes %j", async (from, to, says) => {
    const { post, write, agent } = await start(CONFIG);
    const before = agent.pipes();
    await write(CONFIG.replace(from, to));
    const { status, body } = await post("/api/v1/reload");
    expect(status).toBe(409);
    expect(JSON.stringify(body)).toContain(says);
    expect(agent.pipes().map(({ id, enabled }) => ({ id, enabled }))).toEqual(
      before.map(({ id, enabled }) => ({ id, enabled })),
    );
    await write(CONFIG);
    expect((await post("/api/v1/reload")).body).toMatchObject({ kept: ["p1"] });
  });
});

describe("a pipe of a running agent", () => {
  it("is paused until it is resumed, also through a reload", async () => {
    const { post, agent } = await start(CONFIG);
    expect((await post("/api/v1/pipes/p1/pause")).status).toBe(200);
    expect(agent.pipes()[0]).toMatchObject({ state: "stopped", isPaused: true });
    await post("/api/v1/reload");
    expect(agent.pipes()[0]).toMatchObject({ isPaused: true });
    expect((await post("/api/v1/pipes/p1/resume")).status).toBe(200);
    expect(agent.pipes()[0]?.isPaused).toBeUndefined();
    expect(agent.pipes()[0]?.state).not.toBe("stopped");
  });

  it("begins anew with a rescan", async () => {
    const { post, agent } = await start(CONFIG);
    expect(await post("/api/v1/pipes/p1/rescan")).toMatchObject({ status: 200 });
    expect(agent.pipes()[0]?.state).not.toBe("stopped");
  });

  it("is asked for by its id", async () => {
    const { post } = await start(CONFIG);
    const { status, body } = await post("/api/v1/pipes/p9/pause");
    expect(status).toBe(404);
    expect(JSON.stringify(body)).toContain("There are p1");
  });

  it("hears nobody but this machine's programs and the agent's own page", async () => {
    const { post, agent } = await start(CONFIG);
    for (const headers of [{ origin: "http://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
      expect((await post("/api/v1/pipes/p1/pause", headers)).status).toBe(403);
      expect((await post("/api/v1/reload", headers)).status).toBe(403);
    }
    expect(agent.pipes()[0]?.isPaused).toBeUndefined();
    const own = { origin: "http://127.0.0.1:8100", "sec-fetch-site": "same-origin" };
    expect((await post("/api/v1/pipes/p1/pause", own)).status).toBe(200);
  });

  it("stays ended when the agent ends", async () => {
    const { agent, stop, running } = await start(CONFIG);
    stop.abort();
    await running;
    await agent.resume("p1");
    expect(agent.pipes()[0]?.state).toBe("stopped");
  });
});
