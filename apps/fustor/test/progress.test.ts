import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatSeconds } from "../src/up/figures.js";
import { createLiveLine } from "../src/up/live-line.js";

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
