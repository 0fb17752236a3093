import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import v8 from "node:v8";
import vm from "node:vm";
import { Worker } from "node:worker_threads";
import { build } from "tsup";
import { cpuSince, report, time } from "./figures.mjs";
import { createRandom, rowsOfDirectories } from "./tree-rows.mjs";

const TREE = fileURLToPath(new URL("../packages/view-fs/src/tree/index.ts", import.meta.url));
const WINDOW_MS = 1_000;
const PARTS = 20;
const BATCH_ROWS = 10_000;

/** Prints what the columnar tree costs: memory by group, inserts, lookups, sums, searches. */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      nodes: { type: "string", default: "1000000" },
      rounds: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
    },
  });
  const nodes = Number(values.nodes);
  const rounds = Number(values.rounds);
  const outDir = mkdtempSync(join(tmpdir(), "fustor-bench-tree-"));
  try {
    await build({
      entry: { tree: TREE },
      outDir,
      format: "esm",
      target: "node20",
      config: false,
      silent: true,
      noExternal: [/^@fustor\//],
      outExtension: () => ({ js: ".mjs" }),
      esbuildOptions: (options) => void (options.conditions = ["@fustor/source"]),
    });
    const library = await import(join(outDir, "tree.mjs"));
    report(await measure(library, join(outDir, "tree.mjs"), nodes, rounds), values.json);
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

async function measure(library, file, nodes, rounds) {
  const gc = exposeGc();
  const before = residentBytes();
  // Once for nothing: code gets compiled, and the heap as large as making rows makes it.
  fill(new library.Tree({ digestMask: 0 }), rowsOfDirectories(createRandom(3)), 400_000);
  const tree = new library.Tree({ digestMask: 0 });
  const source = rowsOfDirectories(createRandom(1));
  const insert = fill(tree, source, nodes);
  gc();
  const rss = (residentBytes() - before) / nodes;
  const heap = process.memoryUsage().heapUsed;
  const directories = insert.directories;
  const random = createRandom(2);
  const pick = () => directories[Math.floor(random() * directories.length)];
  const figures = [
    ["insert by directory, us/row", insert.wall],
    ["  of processor time", insert.cpu],
    [`longest batch of ${BATCH_ROWS} rows, ms`, [insert.longest]],
    ["RSS, bytes/node", [rss]],
    ...Object.entries(tree.columns).map(([group, buffers]) => [
      `  ${group}`,
      [buffers.reduce((sum, { byteLength }) => sum + byteLength, 0) / nodes],
    ]),
    ["  tables of names", [tree.names.memory().tables / nodes]],
    ["different names, share of nodes", [tree.names.count / nodes]],
    ["bytes of a different name", [tree.names.memory().poolLive / tree.names.count]],
    ["JavaScript heap, MB", [heap / 2 ** 20]],
    ["usage of any directory, us", repeat(rounds, () => timeUsage(tree, pick))],
    ["find a path, us", repeat(rounds, () => timeFind(tree, pick))],
    ["update a row anywhere, us", repeat(rounds, () => timeUpdate(tree, pick))],
    ["move a directory, us", repeat(rounds, () => timeMoves(tree, pick))],
    ["page of 1,000 of 300,000 names, ms", timePages(library, tree)],
    ["search, this thread, ms: rare", repeat(rounds, () => timeSearch(library, tree, "zq7"))],
    ["  common (_0042.)", repeat(rounds, () => timeSearch(library, tree, "_0042."))],
    ["  not ASCII", repeat(rounds, () => timeSearch(library, tree, "ÜBER"))],
    ["state hash, ms", repeat(1, () => time(() => library.stateHash(tree)))],
  ];
  figures.push(...(await besideWorker(file, tree, source, rounds)));
  const title = `tree of ${nodes} nodes, ${directories.length} listings, ${rounds} rounds`;
  return { title, facts: { nodes }, figures };
}

/** Inserts whole directories until the tree has `nodes`; rows are made outside the time taken. */
function fill(tree, source, nodes) {
  const directories = [];
  const wall = [];
  const cpu = [];
  let longest = 0;
  for (let part = 1; part <= PARTS; part += 1) {
    const spent = { ms: 0, cpuMs: 0, rows: 0 };
    while (count(tree) < (nodes * part) / PARTS) {
      const listings = [];
      let rows = 0;
      while (rows < BATCH_ROWS) {
        listings.push(source.next());
        rows += listings.at(-1).rows.length;
      }
      const usage = process.cpuUsage();
      const ms = time(() => {
        for (const listing of listings) directories.push(insertListing(tree, listing));
      });
      spent.cpuMs += cpuSince(usage);
      spent.ms += ms;
      spent.rows += rows;
      if (rows < 2 * BATCH_ROWS) longest = Math.max(longest, ms);
    }
    if (spent.rows === 0) continue;
    wall.push((spent.ms * 1_000) / spent.rows);
    cpu.push((spent.cpuMs * 1_000) / spent.rows);
  }
  return { directories, wall, cpu, longest };
}

/** Looks each name up, as rules do, and inserts it with its evidence. */
function insertListing(tree, { path, self, rows }) {
  let at = tree.root;
  for (const name of path) at = tree.child(at, name) ?? tree.insert(at, name, self);
  tree.reserve(at, rows.length);
  tree.expect(rows.map(({ name }) => name));
  for (const { name, attributes } of rows) {
    const id = tree.child(at, name) ?? tree.insert(at, name, attributes);
    tree.setSeen(id, 1_700_000_000_000, 1, 3);
  }
  tree.setListed(at, { at: 1_700_000_000_000, by: 1, error: 3, complete: true });
  return at;
}

function count(tree) {
  return tree.nodes.files.live + tree.nodes.directories.live;
}

function timeUsage(tree, pick) {
  const ids = Array.from({ length: 10_000 }, pick);
  return (time(() => ids.forEach((id) => tree.usage(id))) * 1_000) / ids.length;
}

function timeFind(tree, pick) {
  const paths = Array.from({ length: 10_000 }, () => {
    const children = tree.childrenOf(pick());
    return tree.path(children[children.length >> 1]);
  });
  return (time(() => paths.forEach((path) => tree.find(path))) * 1_000) / paths.length;
}

function timeUpdate(tree, pick) {
  const ids = Array.from({ length: 10_000 }, () => {
    const children = tree.childrenOf(pick());
    return children[children.length >> 1];
  });
  const attributes = ids.map((id) => tree.attributes(id));
  const work = () =>
    ids.forEach((id, i) => {
      const before = attributes[i];
      tree.update(id, { ...before, size: before.size + 1, mtime: before.mtime + 1 });
      tree.setSeen(id, 1_700_000_000_001, 2, 4);
    });
  return (time(work) * 1_000) / ids.length;
}

function timeMoves(tree, pick) {
  const ids = [...new Set(Array.from({ length: 1_000 }, pick))];
  const homes = ids.map((id) => [tree.parent(id), tree.name(id)]);
  const work = () => ids.forEach((id, i) => tree.move(id, tree.root, `moved-${String(i)}`));
  const ms = time(work);
  ids.forEach((id, i) => tree.move(id, ...homes[i]));
  return (ms * 1_000) / ids.length;
}

function timePages(library, tree) {
  const big = tree.child(tree.root, "big");
  const times = [];
  let after;
  for (;;) {
    const began = performance.now();
    const ids = library.page(tree, big, after, 1_000);
    times.push(performance.now() - began);
    if (ids.length < 1_000) return times;
    after = tree.name(ids.at(-1));
  }
}

function timeSearch(library, tree, text) {
  return time(() => {
    const candidates = library.searchNames(tree.shared(), text, 10_000);
    [...library.confirmCandidates(tree, candidates, text)].length;
  });
}

/** What a worker may do beside inserts; the last tells what any other busy thread costs them. */
const BESIDE = {
  "a search every 250 ms": { searches: true, everyMs: 250 },
  "searches without a pause": { searches: true, everyMs: 0 },
  "a thread that only counts": { searches: false, everyMs: 0 },
};

/** Inserts in turns alone and beside a worker. */
async function besideWorker(file, tree, source, rounds) {
  const go = new Int32Array(new SharedArrayBuffer(4));
  const program = `
    const { workerData, parentPort } = require("node:worker_threads");
    const { file, go } = workerData;
    const count = () => { for (let i = 0; i < 1e8; i += 1); };
    import(file).then(({ searchNames }) => {
      parentPort.on("message", ({ shared, searches, everyMs }) => {
        const times = [];
        while (Atomics.load(go, 0) === 1 || times.length === 0) {
          const began = performance.now();
          if (searches) searchNames(shared, "zq7", 10_000);
          else count();
          times.push(performance.now() - began);
          const rest = everyMs - times.at(-1);
          if (rest > 0) Atomics.wait(go, 0, 1, rest);
        }
        parentPort.postMessage(times);
      });
      parentPort.postMessage("ready");
    });`;
  const worker = new Worker(program, { eval: true, workerData: { file, go } });
  const heard = () => new Promise((resolve) => worker.once("message", resolve));
  await heard();
  const searches = [];
  const alone = [];
  const ratios = Object.keys(BESIDE).map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, job] of Object.values(BESIDE).entries()) {
      alone.push(insertFor(WINDOW_MS, tree, source));
      Atomics.store(go, 0, 1);
      worker.postMessage({ shared: tree.shared(), ...job });
      await new Promise((resolve) => setTimeout(resolve, 20));
      ratios[i].push(insertFor(WINDOW_MS, tree, source) / alone.at(-1));
      Atomics.store(go, 0, 0);
      Atomics.notify(go, 0);
      const times = await heard();
      if (job.searches) searches.push(...times);
    }
  }
  await worker.terminate();
  return [
    ["search in a worker beside inserts, ms", searches],
    ["inserts alone, M rows/s", alone],
    ...Object.keys(BESIDE).map((what, i) => [`  beside ${what}, ratio`, ratios[i]]),
  ];
}

/** Millions of rows a second, of the time spent in the tree. */
function insertFor(windowMs, tree, source) {
  let ms = 0;
  let rows = 0;
  while (ms < windowMs) {
    const listing = source.next();
    ms += time(() => insertListing(tree, listing));
    rows += listing.rows.length;
  }
  return rows / ms / 1_000;
}

function repeat(rounds, work) {
  return Array.from({ length: rounds }, work);
}

function residentBytes() {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
}

function exposeGc() {
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc");
}
