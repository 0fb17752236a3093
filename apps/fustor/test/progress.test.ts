import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ManualClock } from "@fustor/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { formatBytes } from "@fustor/core/cli";
import { formatCount, formatSeconds } from "../src/up/figures.js";
import { createLiveLine } from "../src/up/live-line.js";
import { followProgress } from "../src/up/progress.js";

function createStream(facts: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
  const written: string[] = [];
  return { written, stream: { ...facts, write: (text: string) => written.push(text) } };
}

describe("a live line", () => {
  it("changes in place on a terminal and leaves nothing behind", () => {
    const { written, stream } = createStream({ isTTY: true, columns: 10 });
    const line = createLiveLine(stream, new ManualClock(0));
    line.show("1 row");
    line.show("a line that is too long");
    line.end();
    expect(written).toEqual(["\r\u001b[K1 row", "\r\u001b[Ka line th", "\r\u001b[K"]);
  });

  it("is a new line every two seconds elsewhere", async () => {
    const { written, stream } = createStream();
    const clock = new ManualClock(0);
    const line = createLiveLine(stream, clock);
    line.show("at once");
    await clock.advance(2_000);
    line.show("after two seconds");
    line.show("right behind it");
    line.say("something that matters");
    expect(written).toEqual(["after two seconds\n", "something that matters\n"]);
  });
});

describe("a view that is ready", () => {
  async function introduce(pipe: object): Promise<string> {
    const facts = { id: "default", ready: true, files: 1, directories: 1, bytes: 2 };
    const server = createServer(({ url }, reply) => {
      reply.end(JSON.stringify(url === "/api/status" ? { pipes: [pipe] } : { views: [facts] }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const urls = { endpoint, console_url: endpoint, agent_console_url: endpoint };
    const connection = { ...urls, query_key: "k", view: "default" };
    const written: string[] = [];
    const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    onTestFinished(() => {
      out.mockRestore();
    });
    const { signal } = new AbortController();
    await followProgress({ connection, clock: new ManualClock(0), signal });
    return written.join("");
  }

  it("is said to be followed when its agent has a session", async () => {
    const said = await introduce({ sessionId: "s", counters: {} });
    expect(said).toMatch(/^Ready after .*: 1 file in 1 folder, 2 B\. Changes follow/m);
  });

  it("is not, when its agent shows another root", async () => {
    const problem = { code: "ROOT_MISMATCH", message: "another root" };
    const said = await introduce({ problem, counters: {} });
    expect(said).toMatch(/^Not followed: another root\nShown as of before: 1 file/m);
    expect(said).not.toMatch(/Changes follow|Ready/);
  });
});

describe("figures", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [99_960, "100 kB"],
    [999_600, "1.0 MB"],
    [4_512_345_678, "4.5 GB"],
  ])("show %i bytes as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("group the digits of large counts", () => {
    expect(formatCount(1_234_567)).toBe("1,234,567");
  });

  it("show tenths of seconds", () => {
    expect(formatSeconds(3_249)).toBe("3.2 s");
  });
});
