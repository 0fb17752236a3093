import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { createLogger } from "../src/host/index.js";
import { LINE_LIMITS, LineLimit } from "../src/host/line-limit.js";
import { createFolder } from "./folder.js";

const { intervalMs, linesPerMessage, messages } = LINE_LIMITS;

async function createLog(level = "info") {
  const clock = new ManualClock();
  const file = join(await createFolder(), "x.log");
  const logger = createLogger({ level, file, clock });
  const read = async () =>
    (await readFile(file, "utf8"))
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const fields = JSON.parse(line) as Record<string, unknown>;
        return Object.fromEntries(
          Object.entries(fields).filter(([key]) => key !== "level" && key !== "time"),
        );
      });
  return { clock, logger, read };
}

describe("a log", () => {
  it("tells a line that comes again once, and how often it came when the interval ends", async () => {
    const { clock, logger, read } = await createLog();
    for (let at = 0; at < 1_000; at += 1) logger.warn({ pipe: "p" }, "send failed");
    expect(await read()).toEqual([{ pipe: "p", msg: "send failed" }]);
    await clock.advance(intervalMs);
    expect(await read()).toEqual([
      { pipe: "p", msg: "send failed" },
      { repeated: 999, pipe: "p", msg: "send failed" },
    ]);
    expect(clock.sleepers).toBe(0);
  });

  it("tells it again in the next interval", async () => {
    const { clock, logger, read } = await createLog();
    for (let at = 0; at < 3; at += 1) {
      logger.warn({}, "x");
      await clock.advance(intervalMs);
    }
    expect(await read()).toEqual([{ msg: "x" }, { msg: "x" }, { msg: "x" }]);
  });

  it("takes lines for different ones that differ in a field or in their level", async () => {
    const { logger, read } = await createLog();
    logger.warn({ pipe: "p" }, "x");
    logger.warn({ pipe: "q" }, "x");
    logger.error({ pipe: "p" }, "x");
    expect(await read()).toHaveLength(3);
  });

  it("bounds what one message tells with ever other fields", async () => {
    const { clock, logger, read } = await createLog();
    for (let at = 0; at < 5_000; at += 1) logger.error({ path: `/${String(at)}` }, 'bad "row"');
    logger.info({}, "other");
    expect(await read()).toHaveLength(linesPerMessage + 1);
    await clock.advance(intervalMs);
    expect((await read()).at(-1)).toEqual({ left_out: 5_000 - linesPerMessage, msg: 'bad "row"' });
  });

  it("keeps what it counts bounded, and tells what it cannot count", () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const limit = new LineLimit(clock, (line) => told.push(line));
    const line = (at: number) =>
      `{"level":"warn","time":"2026-01-01T00:00:00.000Z","msg":"${String(at)}"}\n`;
    for (let round = 0; round < 2; round += 1) {
      for (let at = 0; at < messages + 10; at += 1) limit.take(line(at));
    }
    expect(told).toHaveLength(messages + 20);
  });

  it("leaves out nothing that debug says", async () => {
    const { logger, read } = await createLog("debug");
    for (let at = 0; at < 300; at += 1) logger.debug({}, "step");
    expect(await read()).toHaveLength(300);
  });

  it("tells what it counted even when a second interval has begun meanwhile", async () => {
    const { clock, logger, read } = await createLog();
    logger.warn({}, "a");
    await clock.advance(intervalMs / 2);
    logger.warn({}, "b");
    logger.warn({}, "a");
    logger.warn({}, "b");
    await clock.advance(intervalMs * 2);
    expect(await read()).toEqual([
      { msg: "a" },
      { msg: "b" },
      { repeated: 1, msg: "a" },
      { repeated: 1, msg: "b" },
    ]);
  });
});
