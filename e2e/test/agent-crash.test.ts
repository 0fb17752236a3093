import { mkdir, readlink, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BACKENDS } from "../support/agent.js";
import { childrenOf } from "../support/children.js";
import { startChurn } from "../support/churn.js";
import { eventually } from "../support/eventually.js";
import { startPair } from "../support/pair.js";
import { fillWithSamples } from "../support/sample-tree.js";

describe.each(BACKENDS)("an agent that is killed, with %s", (backend) => {
  it("finds what was deleted, made and moved while it was down", async () => {
    const pair = await startPair({ backend });
    await fillWithSamples(pair.dir);
    await pair.equal();

    const churn = startChurn(pair.dir);
    await eventually(() => churn.count() > 100 || undefined, { what: "100 changes" });
    await pair.agent.kill();
    await rm(join(pair.dir, "project-0"), { recursive: true });
    await rename(join(pair.dir, "project-1"), join(pair.dir, "project-one"));
    await mkdir(join(pair.dir, "while/down"), { recursive: true });
    await writeFile(join(pair.dir, "while/down/made"), "made");
    pair.agent.start();
    await churn.stop();

    await pair.equal(30_000);
  });
});

describe("an agent that is killed", () => {
  it("leaves no process behind", async () => {
    const pair = await startPair();
    await fillWithSamples(pair.dir);
    await pair.equal();
    const children = await childrenOf(pair.agent.pid);
    expect(children.length).toBeGreaterThan(0);

    await pair.agent.kill();

    await eventually(
      async () => {
        const alive = await Promise.all(children.map(isAlive));
        return alive.includes(true) ? undefined : true;
      },
      { what: `the end of the processes ${children.join(", ")}` },
    );
  });

  it("is the leader again at once when it returns", async () => {
    // A time-out far beyond the patience of the test: only taking over can explain a success.
    const pair = await startPair({ sessionTimeoutSec: 600 });
    await pair.equal();
    await pair.agent.kill();
    pair.agent.start();
    await pair.agent.eventuallyReports(({ role }) => role === "leader", "leader");
    await writeFile(join(pair.dir, "after"), "after");
    await pair.equal();
  });
});

/** A process that has ended and is not yet collected has no executable any more. */
async function isAlive(pid: number): Promise<boolean> {
  return readlink(`/proc/${String(pid)}/exe`).then(
    () => true,
    () => false,
  );
}
