import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent } from "../support/agent.js";
import type { AtEnd } from "../support/at-end.js";
import { childrenOf } from "../support/children.js";
import { eventually } from "../support/eventually.js";
import { makeFolder } from "../support/folders.js";
import { Fusion } from "../support/fusion.js";
import { runOk } from "../support/processes.js";
import { ask } from "../support/view.js";
import { readProcess } from "./gauge.js";

export interface LargeDirectoryOptions {
  readonly entries: number;
  /** A folder in memory: a disk would take longer to make them than all that is tried. */
  readonly parent: string;
  readonly atEnd: AtEnd;
}

export interface LargeDirectoryReport {
  /** From the start of the agent until the view had all of them. */
  readonly listedAfterMs: number;
  /** From a removal and a creation among them until the view had both. */
  readonly followedAfterMs: number;
  /** Of the processes, in the end. */
  readonly rssMb: Readonly<Record<"fusion" | "agent" | "source", number>>;
}

const WITHIN_MS = 600_000;

/**
 * One directory with very many entries: it is shown whole, and followed. Rejects when it is not.
 */
export async function largeDirectory({
  entries,
  parent,
  atEnd,
}: LargeDirectoryOptions): Promise<LargeDirectoryReport> {
  const home = await makeFolder("large", { atEnd });
  const dir = await makeFolder("large", { atEnd, parent });
  const folder = join(dir, "all");
  await mkdir(folder);
  await runOk("sh", ["-ec", `seq ${String(entries)} | xargs touch`], {
    cwd: folder,
    withinMs: WITHIN_MS,
  });
  const fusion = await Fusion.start({ home: join(home, "fusion"), atEnd });
  const { endpoint, key } = fusion;
  const agent = await Agent.start({ home: join(home, "agent"), dir, endpoint, key, atEnd });
  const shows = (wanted: number, name: string): Promise<number> =>
    timeUntil(
      async () => {
        const { total_files: files } = await ask<{ total_files: number }>(fusion.view, "stats");
        if (files !== wanted) throw new Error(`it has ${String(files)}`);
        await ask(fusion.view, `entry?path=${encodeURIComponent(`/all/${name}`)}`);
      },
      `${String(wanted)} files in the view`,
    );
  const listedAfterMs = await shows(entries, "1");
  await rm(join(folder, "1"));
  await writeFile(join(folder, "new"), "");
  const followedAfterMs = await shows(entries, "new");
  const [source = 0] = await childrenOf(agent.pid);
  const rssMb = {
    fusion: await rssOf(fusion.pid),
    agent: await rssOf(agent.pid),
    source: await rssOf(source),
  };
  return { listedAfterMs, followedAfterMs, rssMb };
}

async function timeUntil(look: () => Promise<void>, what: string): Promise<number> {
  const began = performance.now();
  await eventually(async () => look().then(() => true), { what, withinMs: WITHIN_MS });
  return performance.now() - began;
}

async function rssOf(pid: number): Promise<number> {
  return (await readProcess(pid, 0))?.rssMb ?? 0;
}
