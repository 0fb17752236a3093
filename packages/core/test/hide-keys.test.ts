import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FustorError } from "../src/index.js";
import { createLogger, printError } from "../src/host/index.js";

const CANARY = "CANARYcanaryCANARYcanaryCANARYcanaryCANARY1";
const KEY = `fk_0123456789ab_${CANARY}`;

describe("a key that somebody puts where none belongs", () => {
  it("is blanked in the log: in words, fields, errors with their causes and stacks, and URLs", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fustor-core-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "a.log");
    const logger = createLogger({ level: "debug", file });
    const cause = new Error(`GET https://u:${CANARY}@host/x?key=${KEY} failed`);
    const url = `/api/v1/views?key=${KEY}&x=1`;
    logger.info({ url, nested: { list: [KEY] } }, `asked with ${KEY}`);
    logger.error({ err: new Error(`no ${KEY}`, { cause }) }, "request failed");
    logger.warn({ err: new FustorError("SEND_FAILED", `${KEY}!`) }, "gave up");
    logger.warn({ said: `in a header:\n${KEY}` }, `it says\t${KEY}\u0001${KEY}`);
    logger.warn({ credential: CANARY, headers: { "x-api-key": CANARY } }, "sent");
    const text = await readFile(file, "utf8");
    expect(text.trimEnd().split("\n")).toHaveLength(5);
    expect(text).not.toContain(CANARY);
    // Which key it was can be seen still.
    expect(text).toContain("fk_0123456789ab_***");
    expect(text).toContain("https://u:***@host/x?key=fk_0123456789ab_***");
    for (const line of text.trimEnd().split("\n"))
      expect(() => void JSON.parse(line)).not.toThrow();
  });

  it("is blanked in what a command says of an error", () => {
    let said = "";
    const stream = { write: (text: string) => (said += text) };
    printError(new FustorError("USAGE", `${KEY} is no option`), stream);
    printError(new Error(KEY), stream);
    expect(said).toContain("fk_0123456789ab_*** is no option");
    expect(said).not.toContain(CANARY);
  });
});
