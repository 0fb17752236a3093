import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { BACKENDS } from "../support/agent.js";
import { eventually } from "../support/eventually.js";
import { itNeeds, writableFolder } from "../support/needs.js";
import { startPair } from "../support/pair.js";
import { root, runOk } from "../support/processes.js";
import { readDisk } from "../support/disk.js";
import { ask } from "../support/view.js";

const WRITERS = 8;
const FILES_EACH = 25_000;

describe.each(BACKENDS)("a burst with %s", (backend) => {
  const onMemory = itNeeds(writableFolder("/dev/shm"));

  onMemory("misses none of 200,000 files that 8 processes make at once", async () => {
    const pair = await startPair({ backend, parent: "/dev/shm" });
    await pair.equal();

    const writers = Array.from({ length: WRITERS }, async (_, index) => {
      const dir = join(pair.dir, `writer-${String(index)}`);
      await mkdir(dir);
      const script = `${root}e2e/support/make-files.mjs`;
      await runOk(process.execPath, [script, dir, String(FILES_EACH)], { withinMs: 100_000 });
    });
    await Promise.all(writers);

    const written = performance.now();
    // Cheap looks first: a whole view of this size takes a second to read.
    await eventually(
      async () => {
        const { total_files: files } = await ask<{ total_files: number }>(
          pair.fusion.view,
          "stats",
        );
        if (files < WRITERS * FILES_EACH) throw new Error(`it has ${String(files)}`);
        return true;
      },
      { what: "200,000 files in the view", withinMs: 60_000 },
    );
    process.stderr.write(
      `  ${backend}: ${seconds(written)} s after the last file, all were there\n`,
    );
    await pair.equal(60_000);
    // Whatever was lost on the way is known to have been made good.
    await eventually(
      async () => {
        const { gap_count: gaps } = await ask<{ gap_count: number }>(pair.fusion.view, "stats");
        if (gaps > 0) throw new Error(`it has ${String(gaps)} gaps`);
        return true;
      },
      { what: "a view without gaps", withinMs: 60_000 },
    );
    expect((await readDisk(pair.dir)).size).toBeGreaterThan(WRITERS * FILES_EACH);
  });
});

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
