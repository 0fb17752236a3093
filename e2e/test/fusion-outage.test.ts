import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startChurn } from "../support/churn.js";
import { startPair } from "../support/pair.js";
import { fillWithSamples } from "../support/sample-tree.js";

/** How long Fusion is away while files change. */
const OUTAGE_MS = 30_000;

describe("an outage of Fusion", () => {
  it("leaves nothing missing once Fusion is back", async () => {
    const pair = await startPair();
    await fillWithSamples(pair.dir);
    await pair.equal();

    const churn = startChurn(pair.dir);
    await pair.fusion.stop();
    await sleep(OUTAGE_MS);
    await pair.agent.eventuallyReports(({ state }) => state === "retrying", "retrying");
    await pair.fusion.start();
    await churn.stop();

    expect(churn.count()).toBeGreaterThan(100);
    await pair.equal(40_000);
  });

  it("of a crash leaves nothing missing either", async () => {
    const pair = await startPair();
    await fillWithSamples(pair.dir);
    await pair.equal();

    await pair.fusion.kill();
    await rm(join(pair.dir, "project-0"), { recursive: true });
    await mkdir(join(pair.dir, "while/down"), { recursive: true });
    await writeFile(join(pair.dir, "while/down/made"), "made");
    await pair.fusion.start();

    await pair.equal(40_000);
  });
});
