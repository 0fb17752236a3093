import { closeSync, fsyncSync, mkdtempSync, openSync, readvSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "tsup";
import { CONFIG, createView, listingOf, SESSION, START } from "./core.mjs";
import { cpuSince, report, time } from "./figures.mjs";
import { createRandom, rowsOfDirectories } from "./tree-rows.mjs";

const SOURCE = fileURLToPath(new URL("../packages/view-fs/src/index.ts", import.meta.url));
const BATCH_ROWS = 10_000;
/** Between two batches so many slices are written. */
const SLICES = 8;
const ROUNDS = 3;

/** Prints what a checkpoint costs who goes on meanwhile, and how fast a view is made from it. */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      nodes: { type: "string", default: "1000000" },
      json: { type: "boolean", default: false },
    },
  });
  const dir = mkdtempSync(join(tmpdir(), "fustor-bench-checkpoint-"));
  try {
    await build({
      entry: { view: SOURCE },
      outDir: dir,
      format: "esm",
      target: "node20",
      config: false,
      silent: true,
      splitting: false,
      noExternal: [/^@fustor\//],
      outExtension: () => ({ js: ".mjs" }),
      esbuildOptions: (options) => void (options.conditions = ["@fustor/source"]),
    });
    const { createFsView } = await import(join(dir, "view.mjs"));
    report(await measure(createFsView, Number(values.nodes), join(dir, "state")), values.json);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function measure(createFsView, nodes, file) {
  const view = createView(createFsView);
  const source = rowsOfDirectories(createRandom(1));
  for (let done = 0; done < nodes;) done += applyNext(view, source, START).rows;

  const quiet = Array.from({ length: ROUNDS }, () => write(view, file));
  const { slices, bytes } = quiet[0];
  const alone = Array.from({ length: 20 }, (_, i) => ingest(view, i));
  const busy = writeWhileIngesting(view, file, alone.length);
  const loaded = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    loaded.push(await load(createFsView, view, file, busy.sizes));
  }
  return {
    title: `${nodes} nodes`,
    facts: { nodes },
    figures: [
      ["slices", [slices]],
      ["bytes/node", [bytes / nodes]],
      ["begin, ms", quiet.map(({ begin }) => begin)],
      ["longest slice, ms", quiet.map(({ longest }) => longest)],
      ["all slices, ms", quiet.map(({ copying }) => copying)],
      ["written to a file and synced, ms", quiet.map(({ all }) => all)],
      ["  processor time to write", quiet.map(({ cpu }) => cpu)],
      [`batches of ${BATCH_ROWS} rows alone, ms`, alone],
      ["the same while slices are read, ms", busy.batches],
      ["made again from the file, ms", loaded.map(({ all }) => all)],
      ["  processor time to make it again", loaded.map(({ cpu }) => cpu)],
      ["  reading the file", loaded.map(({ reading }) => reading)],
    ],
  };
}

/** Rows are made outside the time taken. */
function applyNext(view, source, at) {
  const messages = [];
  let rows = 0;
  while (rows < BATCH_ROWS) {
    const listing = source.next();
    rows += listing.rows.length;
    messages.push(listingOf(at)(listing));
  }
  const record = { kind: "batch", at: at + 5_000, ...SESSION, messages };
  return { rows, ms: time(() => view.apply(record)) };
}

/** New directories all over the tree, which change the ones above. */
function ingest(view, round) {
  const source = rowsOfDirectories(createRandom(1_000 + round));
  source.next();
  return applyNext(view, source, START + 60_000).ms;
}

function write(view, file) {
  const fd = openSync(file, "w");
  const figures = { slices: 0, bytes: 0, longest: 0, copying: 0 };
  const usage = process.cpuUsage();
  let begin = 0;
  const all = time(() => {
    let reading;
    begin = time(() => (reading = view.checkpoint().slices[Symbol.iterator]()));
    for (;;) {
      let next;
      const ms = time(() => (next = reading.next()));
      figures.copying += ms;
      figures.longest = Math.max(figures.longest, ms);
      if (next.done) break;
      figures.slices += 1;
      figures.bytes += next.value.bytes.length;
      writeSync(fd, next.value.bytes);
    }
    fsyncSync(fd);
  });
  closeSync(fd);
  return { ...figures, begin, all, cpu: cpuSince(usage) };
}

function writeWhileIngesting(view, file, rounds) {
  const fd = openSync(file, "w");
  const sizes = [];
  const batches = [];
  const reading = view.checkpoint().slices[Symbol.iterator]();
  let next = reading.next();
  for (let round = 0; !next.done; round += 1) {
    for (let i = 0; i < SLICES && !next.done; i += 1, next = reading.next()) {
      const { section, bytes } = next.value;
      sizes.push({ section, length: bytes.length });
      writeSync(fd, bytes);
    }
    if (round < rounds) batches.push(ingest(view, 100 + round));
  }
  closeSync(fd);
  return { sizes, batches };
}

async function load(createFsView, view, file, sizes) {
  const copy = createFsView(CONFIG);
  const fd = openSync(file, "r");
  let reading = 0;
  const slices = async function* () {
    for (const { section, length } of sizes) {
      const read = async (into) => {
        reading += time(() => into.length > 0 && readvSync(fd, into));
      };
      yield { section, length, read };
    }
  };
  const usage = process.cpuUsage();
  const start = performance.now();
  await copy.restore(slices());
  const all = performance.now() - start;
  const cpu = cpuSince(usage);
  closeSync(fd);
  if (copy.usage("/").bytes === 0 || copy.usage("/").bytes > view.usage("/").bytes) {
    throw new Error("The view that was made again is another one");
  }
  return { all, cpu, reading };
}
