import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Agent } from "../../support/agent.js";
import { makeFolder } from "../../support/folders.js";
import { Fusion } from "../../support/fusion.js";
import { Picture } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { createSmallDisk, smallDisks } from "../../support/small-disk.js";
import { readView } from "../../support/view.js";

const it = itNeeds(smallDisks);
const FILES_PER_LOOK = 200;

describe("a full disk", () => {
  it("below Fusion's state is told, takes nothing from the view, and is gone on from by itself", async () => {
    const { disk, dir, fusion, agent, view } = await startOnSmallDisk("fusion");
    await disk.fill();
    const known = await readView(fusion.view);
    const files = await writeUntil(dir, async () => {
      const problem = (await agent.pipe())?.problem;
      return problem?.message.includes("ENOSPC") === true;
    });
    const ready = await fetch(`${fusion.endpoint}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toMatch(/ENOSPC.*Make room on that disk/);
    expect((await readView(fusion.view)).size).toBeGreaterThanOrEqual(known.size);

    await disk.free();
    await view.untilEqual();
    expect(files).toBeGreaterThan(0);
    expect(fusion.isRunning()).toBe(true);
    await view.until("Fusion to be ready", async () => {
      return (await fetch(`${fusion.endpoint}/readyz`)).ok;
    });
  });

  it("and a kill of Fusion lose nothing that was acknowledged", async () => {
    const { disk, dir, fusion, agent, view } = await startOnSmallDisk("fusion");
    const known = await readView(fusion.view);
    await disk.fill();
    await writeUntil(dir, async () => (await agent.pipe())?.state === "retrying");
    await fusion.kill();
    await disk.free();
    await fusion.start();
    const again = await readView(fusion.view);
    expect([...known.keys()].filter((path) => !again.has(path))).toEqual([]);
    await view.untilEqual();
  });

  it("below an agent's home stops it from starting, with a sentence, and a running one in nothing", async () => {
    const { disk, dir, agent, view } = await startOnSmallDisk("agent");
    await disk.fill();
    await writeFile(join(dir, "while its home is full"), "x");
    await view.untilEqual();
    await agent.kill();
    agent.start();
    await view.until("the agent to say why, or to run", async () => {
      return !agent.isRunning() || (await agent.pipe())?.state === "running";
    });
    if (!agent.isRunning()) {
      expect(agent.output()).toMatch(/its file system is full. Free some space/);
      await disk.free();
      agent.start();
    }
    await writeFile(join(dir, "afterwards"), "x");
    await view.untilEqual();
  });
});

/** An agent and a Fusion that have seen a tree, the home of one of them on a small disk. */
async function startOnSmallDisk(whose: "fusion" | "agent") {
  const disk = createSmallDisk();
  const dir = await makeFolder("tree");
  const homes = await makeFolder("home");
  await mkdir(join(dir, "folder"));
  await writeFile(join(dir, "folder/file"), "there");
  const fusion = await Fusion.start({
    home: join(whose === "fusion" ? disk.path : homes, "fusion"),
    sessionTimeoutSec: 10,
    sentinelIntervalSec: 2,
  });
  const agent = await Agent.start({
    home: join(whose === "agent" ? disk.path : homes, "agent"),
    dir,
    endpoint: fusion.endpoint,
    key: fusion.key,
  });
  const view = new Picture(fusion.view, dir);
  await view.untilEqual();
  return { disk, dir, fusion, agent, view };
}

/** Makes files until something is so; returns how many it took. The last page of a file is never full. */
async function writeUntil(dir: string, isSo: () => Promise<boolean>): Promise<number> {
  let files = 0;
  while (!(await isSo())) {
    for (let file = 0; file < FILES_PER_LOOK; file += 1, files += 1) {
      await writeFile(join(dir, `file-${String(files)}`), "");
    }
  }
  return files;
}
