/**
 * Eight processes create 25,000 files each, as fast as they can, under one watched folder; then a
 * tenth of the files are removed. Prints how long after the last of it the picture is whole.
 *
 *   pnpm --filter @fustor/source-fs storm [inotify|parcel] [folder]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, type Message, type SourceDriver } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import fs from "../src/index.js";

const WRITERS = 8;
const FILES = 25_000;
const WRITER = `
const fs = require("node:fs");
const [directory, action, count] = process.argv.slice(1);
for (let i = 0; i < Number(count); i += 1) {
  const path = directory + "/file-" + i + ".dat";
  if (action === "create") fs.writeFileSync(path, "x");
  else fs.unlinkSync(path);
}`;

const [backend = "inotify", parent = tmpdir()] = process.argv.slice(2);
const clock = createSystemClock();
const root = mkdtempSync(join(parent, "fustor-storm-"));
const directories = Array.from({ length: WRITERS }, (_, i) => join(root, `w${String(i)}`));
for (const directory of directories) mkdirSync(directory);

const watch_backend = backend === "parcel" ? "parcel" : "inotify";
const config = {
  uri: root,
  driver_params: { file_pattern: "*", exclude: [], watch_backend },
} as const;
const source: SourceDriver = await fs.create(config, {
  id: "storm",
  clock,
  random: Math.random,
  logger: silentLogger,
  home: "/nonexistent",
});

const names = new Map<string, Set<string>>();
const counts: Record<string, number> = {};
const stop = new AbortController();
await source.describe(stop.signal);
const stream = await source.watch(stop.signal);
const reading = read();
try {
  await storm("create", FILES);
  await storm("remove", FILES / 10);
} finally {
  stop.abort();
  await reading;
  await source.close();
  rmSync(root, { recursive: true });
}

async function storm(action: string, count: number): Promise<void> {
  const startedAt = clock.now();
  let worstStallMs = 0;
  let lastTick = clock.now();
  const ticker = setInterval(() => {
    worstStallMs = Math.max(worstStallMs, clock.now() - lastTick - 5);
    lastTick = clock.now();
  }, 5);
  const writers = directories.map((directory) =>
    spawn(process.execPath, ["-e", WRITER, directory, action, String(count)], {
      stdio: "inherit",
    }),
  );
  await Promise.all(writers.map((writer) => once(writer, "exit")));
  const writtenAt = clock.now();
  clearInterval(ticker);
  const real = new Map(directories.map((directory, i) => [`/w${String(i)}`, namesIn(directory)]));
  let missing = difference(real);
  const missingAtEnd = missing;
  while (missing > 0 && clock.now() - writtenAt < 60_000) {
    await clock.sleep(20);
    missing = difference(real);
  }
  console.log(
    JSON.stringify({
      backend,
      action,
      files: WRITERS * count,
      writingMs: Math.round(writtenAt - startedAt),
      wrongWhenWritten: missingAtEnd,
      wholeAfterMs: missing === 0 ? Math.round(clock.now() - writtenAt) : "never",
      stillWrong: missing,
      worstStallMs: Math.round(worstStallMs),
      rssMb: Math.round(process.memoryUsage().rss / 2 ** 20),
      messages: counts,
      status: source.status?.(),
    }),
  );
}

function namesIn(directory: string): Set<string> {
  return new Set(readdirSync(directory));
}

/** Whether the counts agree is asked first: the question must not cost what it measures. */
function difference(real: Map<string, Set<string>>): number {
  let count = 0;
  for (const [directory, should] of real) {
    count += Math.abs((names.get(directory)?.size ?? 0) - should.size);
  }
  if (count > 0) return count;
  for (const [directory, should] of real) {
    const seen = names.get(directory) ?? new Set();
    for (const name of should) if (!seen.has(name)) count += 1;
  }
  return count;
}

async function read(): Promise<void> {
  const listed = new Map<string, Set<string>>();
  for await (const message of stream) take(message, listed);
}

function take(message: Message, listed: Map<string, Set<string>>): void {
  counts[message.kind] = (counts[message.kind] ?? 0) + 1;
  if (message.kind === "change") {
    for (const [path] of message.upserts.rows) {
      const [directory, name] = split(String(path));
      if (name.startsWith("file")) of(directory).add(name);
    }
    for (const path of message.deletes) {
      const [directory, name] = split(path);
      of(directory).delete(name);
    }
  }
  if (message.kind !== "listing") return;
  const whole = message.part === 0 ? new Set<string>() : (listed.get(message.scope) ?? new Set());
  listed.set(message.scope, whole);
  for (const [name] of message.entries.rows) whole.add(String(name));
  if (message.scope === "/") return;
  const seen = of(message.scope);
  for (const name of whole) seen.add(name);
  if (!message.last || !message.complete) return;
  for (const name of seen) if (!whole.has(name)) seen.delete(name);
}

function of(directory: string): Set<string> {
  let set = names.get(directory);
  if (set === undefined) names.set(directory, (set = new Set()));
  return set;
}

function split(path: string): [string, string] {
  const slash = path.lastIndexOf("/");
  return [path.slice(0, slash) || "/", path.slice(slash + 1)];
}
