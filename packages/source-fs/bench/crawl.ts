/**
 * Arms and lists a tree, next to `find -printf` of the same one, in the same run. Prints medians.
 *
 *   pnpm --filter @fustor/source-fs crawl [inotify|parcel] [directories] [files in each]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, type Message } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import fs from "../src/index.js";

const ROUNDS = 5;
const [backend = "inotify", directories = "4000", files = "50"] = process.argv.slice(2);
const clock = createSystemClock();
const root = mkdtempSync(join(tmpdir(), "fustor-crawl-"));

try {
  for (let d = 0; d < Number(directories); d += 1) {
    const directory = join(root, `group-${String(d % 100)}`, `set-${String(d)}`);
    mkdirSync(directory, { recursive: true });
    for (let f = 0; f < Number(files); f += 1) {
      writeFileSync(join(directory, `sample_${String(f)}.dat`), "");
    }
  }
  await run();
} finally {
  rmSync(root, { recursive: true });
}

async function run(): Promise<void> {
  const find: number[] = [];
  const arm: number[] = [];
  const list: number[] = [];
  const close: number[] = [];
  let rows = 0;
  const told = new Map<string, number>();
  let worstStallMs = 0;
  let lastTick = clock.now();
  let isTicking = false;
  setInterval(() => {
    if (isTicking) worstStallMs = Math.max(worstStallMs, clock.now() - lastTick - 2);
    lastTick = clock.now();
    isTicking = true;
  }, 2).unref();

  for (let round = 0; round < ROUNDS; round += 1) {
    find.push(
      await time(async () => {
        const args = ["-c", `find ${root} -printf '%p %s %T@ %y\\n' > /dev/null`];
        execFileSync("sh", args);
      }),
    );
    isTicking = false;
    const watch_backend = backend === "parcel" ? "parcel" : "inotify";
    const driver_params = { file_pattern: "*", exclude: [], watch_backend } as const;
    const source = await fs.create(
      { uri: root, driver_params },
      { id: "crawl", clock, random: Math.random, logger: silentLogger, home: "/nonexistent" },
    );
    const stop = new AbortController();
    await source.describe(stop.signal);
    let stream: AsyncIterable<Message> | undefined;
    arm.push(
      await time(async () => {
        stream = await source.watch(stop.signal);
      }),
    );
    const reading = (async () => {
      if (stream === undefined) return;
      for await (const { kind } of stream) told.set(kind, (told.get(kind) ?? 0) + 1);
    })();
    rows = 0;
    list.push(
      await time(async () => {
        for await (const message of source.snapshot(stop.signal)) {
          if (message.kind === "listing") rows += message.entries.rows.length;
        }
      }),
    );
    close.push(
      await time(async () => {
        stop.abort();
        await reading;
        await source.close();
      }),
    );
    isTicking = false;
  }
  const base = median(find);
  console.log(
    JSON.stringify({
      backend,
      rows,
      told: Object.fromEntries(told),
      findMs: Math.round(base),
      armRatio: ratio(arm, base),
      listRatio: ratio(list, base),
      closeMs: Math.round(median(close)),
      worstStallMs: Math.round(worstStallMs),
      rssMb: Math.round(process.memoryUsage().rss / 2 ** 20),
    }),
  );
}

async function time(work: () => Promise<void>): Promise<number> {
  const startedAt = clock.now();
  await work();
  return clock.now() - startedAt;
}

function ratio(times: readonly number[], base: number): number {
  return Math.round((median(times) / base) * 100) / 100;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
