import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FustorError } from "../src/errors.js";
import { createLogger, readLogLevel } from "../src/host/index.js";
import { formatLogLine } from "../src/host/log-line.js";
import { createFolder } from "./folder.js";

async function createLog(level = "info") {
  const file = join(await createFolder(), "logs", "agent.log");
  const logger = createLogger({ level, file });
  const read = async () =>
    (await readFile(file, "utf8"))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { file, logger, read };
}

describe("createLogger", () => {
  it("appends one line of JSON for each message, for its user alone", async () => {
    const { file, logger, read } = await createLog();
    logger.info({ rows: 12 }, "snapshot sent");
    createLogger({ level: "info", file }).warn({}, "queue overflowed");
    expect(await read()).toEqual([
      { level: "info", time: expect.any(String) as string, rows: 12, msg: "snapshot sent" },
      { level: "warn", time: expect.any(String) as string, msg: "queue overflowed" },
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("leaves out what is below its level", async () => {
    const { logger, read } = await createLog("warn");
    logger.info({}, "quiet");
    logger.error({}, "loud");
    expect((await read()).map(({ msg }) => msg)).toEqual(["loud"]);
  });

  it("writes what we foresaw without a stack, and a bug with one", async () => {
    const { logger, read } = await createLog();
    const cause = new Error("refused");
    logger.error({ err: new FustorError("SEND_FAILED", "Cannot send.", { cause }) }, "batch lost");
    logger.error({ err: new TypeError("x is undefined") }, "crashed");
    const [foreseen, bug] = await read();
    expect(foreseen?.["err"]).toEqual({
      type: "FustorError",
      code: "SEND_FAILED",
      message: "Cannot send.",
      cause: { type: "Error", message: "refused" },
    });
    expect(bug?.["err"]).toMatchObject({
      type: "TypeError",
      stack: expect.stringContaining("logger.test.ts") as string,
    });
  });

  it("blanks what is named like a secret, however deep", async () => {
    const { file, logger } = await createLog();
    logger.info({ credential: "s3cret", a: [{ api_key: "s3cret", Authorization: "s3cret" }] }, "x");
    logger.child({ id: "x" }).info({ password: "s3cret", token: { value: "s3cret" } }, "y");
    const text = await readFile(file, "utf8");
    expect(text).toContain("***");
    expect(text).not.toContain("s3cret");
  });

  it("survives a log that cannot be written to", () => {
    const logger = createLogger({ level: "info", file: "/dev/full" });
    expect(() => {
      logger.info({}, "lost");
    }).not.toThrow();
  });
});

describe("formatLogLine", () => {
  const format = (fields: object, colour = false) =>
    formatLogLine(JSON.stringify({ time: "2026-01-02T03:04:05.678Z", ...fields }), { colour });

  it("puts time, level, message and fields on one line", () => {
    expect(format({ level: "info", msg: "snapshot sent", rows: 12, root: "/a b" })).toMatch(
      /^\d\d:\d\d:05 info {2}snapshot sent rows=12 root="\/a b"\n$/,
    );
  });

  it("adds the words of an error, and its stack when there is one", () => {
    const line = { level: "error", msg: "send failed", err: { type: "E", message: "refused" } };
    expect(format(line)).toMatch(/ error send failed: refused\n$/);
    expect(format({ ...line, err: { ...line.err, stack: "E: refused\n at x" } })).toMatch(
      /refused\nE: refused\n at x\n$/,
    );
  });

  it("paints what is wrong", () => {
    expect(format({ level: "error", msg: "x" }, true)).toContain("\u001B[31merror\u001B[0m");
    expect(format({ level: "info", msg: "x" }, true)).not.toContain("\u001B[31m");
  });
});

describe("FUSTOR_LOG_LEVEL", () => {
  it("is info when it is absent or empty", () => {
    expect(readLogLevel({})).toBe("info");
    expect(readLogLevel({ FUSTOR_LOG_LEVEL: "" })).toBe("info");
    expect(readLogLevel({ FUSTOR_LOG_LEVEL: "debug" })).toBe("debug");
  });

  it("is refused when it is no level", () => {
    expect(() => readLogLevel({ FUSTOR_LOG_LEVEL: "foo" })).toThrow(
      'FUSTOR_LOG_LEVEL is "foo"; use debug, info, warn or error.',
    );
  });
});
