import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Agent } from "../../support/agent.js";
import { atEndOfGroup } from "../../support/at-end.js";
import { eventually } from "../../support/eventually.js";
import { makeFolder } from "../../support/folders.js";
import { Fusion } from "../../support/fusion.js";
import { Picture } from "../../support/hosts.js";
import { Wire } from "../../support/wire.js";

const BUFFER_ROWS_MAX = 1_000;
const FILES_A_WAVE = 800;
const NEIGHBOURS = Array.from({ length: 20 }, (_, index) => `few/d${String(index)}`);
/** Each loss is remembered by itself; 1,000 are too many. */
const SCATTERED = Array.from({ length: 1_500 }, (_, index) => `many-${String(index)}/d`);
const WITHIN_MS = 90_000;

describe("more changes than the agent keeps, while Fusion is away,", () => {
  const atEnd = atEndOfGroup();
  let dir: string;
  let fusion: Fusion;
  let wire: Wire;
  let agent: Agent;
  let view: Picture;
  let files = 0;

  beforeAll(async () => {
    const home = await makeFolder("overflow", { atEnd });
    dir = join(home, "tree");
    for (const folder of [...NEIGHBOURS, ...SCATTERED]) {
      mkdirSync(join(dir, folder), { recursive: true });
    }
    fusion = await Fusion.start({
      home: join(home, "fusion"),
      // The session outlives the outage: a new one would list everything anyway.
      sessionTimeoutSec: 120,
      // What the agent looks at again is enough.
      auditIntervalSec: 0,
      atEnd,
    });
    wire = await Wire.start(fusion.endpoint, atEnd);
    agent = await Agent.start({
      home: join(home, "agent"),
      dir,
      endpoint: wire.endpoint,
      key: fusion.key,
      bufferRowsMax: BUFFER_ROWS_MAX,
      atEnd,
    });
    view = new Picture(fusion.view, dir);
    await view.untilEqual();
  });

  it("are told as the loss of the subtree that they were in, which is looked at again", async () => {
    const lost = await outage(NEIGHBOURS);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.filter((scope) => scope !== "/few" && !scope.startsWith("/few/"))).toEqual([]);
  });

  it("are told as the loss of everything when they were all over the tree", async () => {
    // Each time it forgets a third of them at the least.
    expect(await outage(SCATTERED, 3)).toContain("/");
  });

  /** Makes files until the agent has forgotten some so often; returns what was told to be lost. */
  async function outage(folders: readonly string[], times = 1): Promise<string[]> {
    const from = wire.heard.length;
    await fusion.kill();
    await makeUntilForgotten(folders, times);
    await fusion.start();
    await view.untilEqual("/", WITHIN_MS);
    await view.until("a view without gaps", async () => (await view.stats())["gap_count"] === 0);
    return wire.heard.slice(from).flatMap(({ message }) => {
      return message.kind === "lost" ? [message.scope] : [];
    });
  }

  async function makeUntilForgotten(folders: readonly string[], times: number): Promise<void> {
    const before = (await agent.pipe())?.counters?.["overflows"] ?? NaN;
    await eventually(
      async () => {
        for (let left = FILES_A_WAVE; left > 0; left -= 1) {
          const folder = folders[files % folders.length] ?? "";
          writeFileSync(join(dir, folder, `f${String((files += 1))}`), "");
        }
        const { buffered = NaN, overflows = NaN } = (await agent.pipe())?.counters ?? {};
        expect(buffered).toBeLessThanOrEqual(BUFFER_ROWS_MAX);
        return overflows >= before + times || undefined;
      },
      { what: "the agent to forget what it cannot keep", withinMs: WITHIN_MS },
    );
  }
});
