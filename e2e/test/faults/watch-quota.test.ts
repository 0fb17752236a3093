import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { Agent } from "../../support/agent.js";
import { makeFolder } from "../../support/folders.js";
import { Fusion } from "../../support/fusion.js";
import { Picture } from "../../support/hosts.js";
import { itNeeds } from "../../support/needs.js";
import { setWatchQuota, watchQuotas, withWatchQuota } from "../../support/watch-quota.js";

const it = itNeeds(watchQuotas);
const FOLDERS = 60;

it("watches that the system refuses are counted, missed by nobody, and had once it allows them", async () => {
  const home = await makeFolder("quota");
  const dir = await makeFolder("tree");
  const folders = Array.from({ length: FOLDERS }, (_, n) => join(dir, `folder-${String(n)}`));
  for (const folder of folders) await mkdir(folder);
  const fusion = await Fusion.start({
    home: join(home, "fusion"),
    auditIntervalSec: 3,
    sentinelIntervalSec: 1,
  });
  const { endpoint, key } = fusion;
  const tracer = withWatchQuota(20);
  const agent = await Agent.start({ home: join(home, "agent"), dir, endpoint, key, tracer });
  const view = new Picture(fusion.view, dir);
  await view.untilEqual();
  const report = await agent.eventuallyReports(
    ({ source }) => Number(source?.["unwatched"]) > 0,
    "short of watches",
  );
  expect(Number(report.source?.["watches"])).toBeLessThanOrEqual(20);
  for (const folder of folders) await writeFile(join(folder, "while short"), "x");
  await view.untilEqual();

  await setWatchQuota(agent.pid, 10_000);
  await view.until(
    "every directory to be watched",
    async () => (await agent.pipe())?.source?.["unwatched"] === 0,
    100_000,
  );
  for (const folder of folders) await writeFile(join(folder, "afterwards"), "x");
  await view.untilEqual();
});
