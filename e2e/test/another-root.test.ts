import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Agent } from "../support/agent.js";
import { atEndOfTest } from "../support/at-end.js";
import { eventually } from "../support/eventually.js";
import { makeFolder } from "../support/folders.js";
import { startPair, type Pair } from "../support/pair.js";
import { cli } from "../support/processes.js";
import { fillWithSamples } from "../support/sample-tree.js";

const refused = (agent: Agent) =>
  agent.eventuallyReports(({ problem }) => problem?.code === "ROOT_MISMATCH", "refused");

describe("an agent with another root", () => {
  it("changes nothing in the view of the right one, also when that is gone", async () => {
    const pair = await startFilled();
    const { endpoint, key } = pair.fusion;
    const dir = await makeFolder("other");
    await mkdir(join(dir, "other"));
    const other = await Agent.start({ home: await makeFolder("home"), dir, endpoint, key });
    const { problem } = await refused(other);
    expect(problem?.message).toMatch(
      /is new and shows .* that is not the root of the view default/,
    );
    expect((await fustor(pair, "roots")).stdout).toContain(dir);
    await pair.agent.kill();
    await eventually(
      async () => {
        const { stdout } = await fustor(pair, "roots");
        return !stdout.includes("taken") || undefined;
      },
      { what: "the end of the killed agent's session" },
    );
    await refused(other);
    pair.agent.start();
    await writeFile(join(pair.dir, "later"), "x");
    await pair.equal();
  });

  it("is let in as before once its own root is mounted, which was not yet when it started", async () => {
    const pair = await startFilled();
    await pair.agent.stop();
    await rename(pair.dir, `${pair.dir}-unmounted`);
    await mkdir(pair.dir);
    pair.agent.start();
    await refused(pair.agent);
    await rmdir(pair.dir);
    await rename(`${pair.dir}-unmounted`, pair.dir);
    await writeFile(join(pair.dir, "later"), "x");
    await pair.equal(60_000);
  });

  it("is let in with a folder that stands in place of the first one once that is accepted", async () => {
    const pair = await startFilled();
    await pair.agent.stop();
    await rename(pair.dir, `${pair.dir}-former`);
    atEndOfTest(() => rm(`${pair.dir}-former`, { recursive: true, force: true }));
    await mkdir(join(pair.dir, "new"), { recursive: true });
    pair.agent.start();
    const { problem } = await refused(pair.agent);
    const [, agentId = ""] = /fustor roots accept (\S+) --view/.exec(problem?.message ?? "") ?? [];
    const admin = await pair.fusion.createKey(["admin"]);
    const accepted = await fustor(pair, "roots", "accept", agentId, "--key", admin);
    expect(accepted).toMatchObject({ code: 0 });
    await pair.equal(60_000);
  });
});

async function startFilled(): Promise<Pair> {
  const pair = await startPair();
  await fillWithSamples(pair.dir);
  await pair.equal();
  return pair;
}

function fustor({ fusion }: Pair, ...args: string[]) {
  const env = { FUSTOR_ENDPOINT: fusion.endpoint, FUSTOR_KEY: fusion.key };
  return cli("fustor", args, { env: { ...env, FUSTOR_HOME: fusion.home } });
}
