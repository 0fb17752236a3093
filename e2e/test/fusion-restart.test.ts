import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startChurn } from "../support/churn.js";
import { eventually } from "../support/eventually.js";
import { startPair } from "../support/pair.js";
import { CLI, run } from "../support/processes.js";
import { fillWithSamples } from "../support/sample-tree.js";
import { ask, readView } from "../support/view.js";

interface Sessions {
  readonly active_sessions: readonly { readonly session_id: string }[];
}

describe("a Fusion that is killed in the middle of changes", () => {
  it("goes on with its agents' sessions, and misses nothing", async () => {
    const pair = await startPair({ sessionTimeoutSec: 10 });
    await fillWithSamples(pair.dir);
    await pair.equal();
    const sessions = async (): Promise<string[]> =>
      (await ask<Sessions>(pair.fusion.view, "sessions")).active_sessions.map(
        ({ session_id }) => session_id,
      );
    const before = await sessions();
    expect(before).toHaveLength(1);

    for (let kill = 0; kill < 3; kill += 1) {
      const churn = startChurn(pair.dir);
      await eventually(() => churn.count() > 50 || undefined, { what: "50 changes" });
      await pair.fusion.kill();
      await pair.fusion.start();
      await churn.stop();
      expect(await sessions()).toEqual(before);
    }
    await pair.equal(40_000);
    expect(await sessions()).toEqual(before);
  });

  it("answers at once, without any agent", async () => {
    const pair = await startPair();
    await fillWithSamples(pair.dir);
    await pair.equal();
    const known = await readView(pair.fusion.view);
    await pair.agent.kill();
    await mkdir(join(pair.dir, "unseen"));

    await pair.fusion.kill();
    await pair.fusion.start();
    expect(await readView(pair.fusion.view)).toEqual(known);

    await pair.fusion.stop();
    await pair.fusion.start();
    expect(await readView(pair.fusion.view)).toEqual(known);
  });

  it("keeps its state to itself", async () => {
    const pair = await startPair();
    await pair.equal();
    const { home } = pair.fusion;
    const config = join(home, "second.yaml");
    const listen = { host: "127.0.0.1", port: 0 };
    await writeFile(config, JSON.stringify({ listen }));
    // As in another container with the same home, to which the pid says nothing.
    await rm(join(home, "fusion.pid"));
    const { code, stderr } = await run(
      process.execPath,
      [CLI.fusion, "start", "--config", config],
      { env: { FUSTOR_HOME: home } },
    );
    expect(code).toBe(1);
    expect(stderr).toContain(String(pair.fusion.pid));
    expect(await readdir(join(home, "state"))).toContain("log");
  });
});
