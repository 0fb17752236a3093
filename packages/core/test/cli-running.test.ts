import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, findRunning, type RunningApp } from "../src/cli/index.js";
import { claimHome } from "../src/host/index.js";
import { createFolder } from "./folder.js";

/** A running app that answers everything with `body`. */
async function createApp(status: number, body: string): Promise<RunningApp> {
  const server = createServer((_, reply) => reply.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { app: "fusion", pid: 42, url: `http://127.0.0.1:${String(port)}`, startedAt: 0, fetch };
}

describe("a running app", () => {
  it("is found by its home", async () => {
    const home = await createFolder();
    const claim = await claimHome(home, "agent");
    await claim.publish({ url: "http://127.0.0.1:1" });
    const { pid, startedAt } = claim.record;
    const expected = { app: "agent", pid, startedAt, url: "http://127.0.0.1:1", fetch };
    expect(await findRunning("agent", home)).toEqual(expected);
    await expect(findRunning("fusion", home)).rejects.toMatchObject({
      code: "NOT_RUNNING",
      message: `No Fusion is running in ${home}. Start one with: fustor-fusion start -D`,
    });
  });

  it("is still starting before it answers", async () => {
    const home = await createFolder();
    await claimHome(home, "fusion");
    await expect(findRunning("fusion", home)).rejects.toMatchObject({
      code: "START_FAILED",
      message: `Fusion (pid ${String(process.pid)}) is still starting. Ask again in a moment.`,
    });
  });

  it("is asked in JSON", async () => {
    const app = await createApp(503, '{"ready":false}');
    expect(await ask(app, "/readyz", { statuses: [200, 503] })).toEqual({
      status: 503,
      body: { ready: false },
    });
  });

  it.each([
    ["an error", 500, "{}"],
    ["what is no JSON", 200, "<html>"],
  ])("does not answer when it says %s", async (_what, status, body) => {
    const app = await createApp(status, body);
    await expect(ask(app, "/")).rejects.toMatchObject({
      code: "SEND_FAILED",
      message: `Fusion (pid 42) does not answer at ${app.url}. Restart it: fustor-fusion stop, then start -D`,
    });
  });
});
