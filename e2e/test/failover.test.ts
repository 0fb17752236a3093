import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { startPair, type Pair } from "../support/pair.js";
import { fillWithSamples } from "../support/sample-tree.js";
import { readView } from "../support/view.js";

const SESSION_TIMEOUT_SEC = 3;
/** "Within the time-out and two seconds", and room for a busy machine. */
const PATIENCE_MS = 30_000;

describe("two agents on one tree", () => {
  it("have one leader, and the other leads when the first is killed", async () => {
    const pair = await startPair({ agents: 2, sessionTimeoutSec: SESSION_TIMEOUT_SEC });
    await fillWithSamples(pair.dir);
    const [first, second] = await bothRunning(pair);
    expect([first.role, second.role].sort()).toEqual(["follower", "leader"]);
    await pair.equal();

    const leader = first.role === "leader" ? 0 : 1;
    const watchman = watchTheView(pair);
    await pair.agents[leader]?.kill();
    const killed = performance.now();
    await pair.agents[1 - leader]?.eventuallyReports(({ role }) => role === "leader", "leader");
    process.stderr.write(
      `  the follower led ${((performance.now() - killed) / 1000).toFixed(1)} s after the kill\n`,
    );
    expect(performance.now() - killed).toBeLessThan(PATIENCE_MS);

    await writeFile(join(pair.dir, "after the change of leaders"), "x");
    await pair.equal();
    expect(await watchman.stop()).toEqual([]);

    pair.agents[leader]?.start();
    const returned = await pair.agents[leader]?.eventuallyReports(
      ({ state, role }) => state === "running" && role !== undefined && role !== null,
      "running",
    );
    expect(returned?.role).toBe("follower");
  });

  it("reports what happens through the follower too", async () => {
    const pair = await startPair({ agents: 2 });
    await bothRunning(pair);
    await pair.equal();
    await writeFile(join(pair.dir, "seen by both"), "x");
    await pair.equal();
  });
});

function bothRunning(pair: Pair) {
  const running = pair.agents.map((agent) =>
    agent.eventuallyReports(({ state }) => state === "running", "running"),
  );
  return Promise.all(running as [(typeof running)[0], (typeof running)[0]]);
}

/** Asks for the view again and again; `stop` tells what went wrong with an answer. */
function watchTheView(pair: Pair): { readonly stop: () => Promise<readonly string[]> } {
  const problems: string[] = [];
  let stopped = false;
  const watching = eventually(
    async () => {
      try {
        const { size } = await readView(pair.fusion.view);
        if (size < 300) problems.push(`only ${String(size)} nodes`);
      } catch (error) {
        problems.push(String(error));
      }
      return stopped || undefined;
    },
    { what: "the end of the test", withinMs: 100_000 },
  );
  return {
    async stop() {
      stopped = true;
      await watching;
      return problems;
    },
  };
}
