import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "tsup";
import { cpuSince, report, time } from "./figures.mjs";
import { asDecoded, createRandom, rowsOfDirectories } from "./tree-rows.mjs";

const SOURCES = fileURLToPath(new URL("../packages/view-fs/src/", import.meta.url));
const BATCH_ROWS = 10_000;
const PARTS = 10;
const MOVED_ROWS = 100_000;
const CHAIN = 2_000;
export const SESSION = { sessionId: "bench", stream: "scan" };
export const CONFIG = {
  hot_file_threshold_sec: 60,
  tombstone_ttl_sec: 3_600,
  tombstones_max: 200_000,
  blind_spots_max: 10_000,
  gaps_max: 10_000,
};
const FIELDS = [
  ...["name", "type", "size", "mtime", "mtime_nsec", "ctime", "ctime_nsec"],
  ...["mode", "uid", "gid", "ino", "nlink", "blocks"],
];
export const START = 1_800_000_000_000;

/** Prints how fast listings are judged and applied, beside the tree that they end up in. */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: "string", default: "1000000" },
      json: { type: "boolean", default: false },
    },
  });
  const outDir = mkdtempSync(join(tmpdir(), "fustor-bench-core-"));
  try {
    await build({
      entry: { view: join(SOURCES, "index.ts"), tree: join(SOURCES, "tree/index.ts") },
      outDir,
      format: "esm",
      target: "node20",
      config: false,
      silent: true,
      splitting: false,
      noExternal: [/^@fustor\//],
      outExtension: () => ({ js: ".mjs" }),
      esbuildOptions: (options) => void (options.conditions = ["@fustor/source"]),
    });
    const { createFsView } = await import(join(outDir, "view.mjs"));
    const { Tree } = await import(join(outDir, "tree.mjs"));
    report(measure({ createFsView, Tree }, Number(values.rows)), values.json);
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

function measure({ createFsView, Tree }, rows) {
  // Once for nothing: code gets compiled.
  stream(createView(createFsView), 100_000, START, 7);
  fillTree(new Tree({ digestMask: 31 }), 100_000, 7);
  const view = createView(createFsView);
  return {
    title: `${rows} rows, by processor time`,
    facts: { rows },
    figures: [
      ["tree alone, new rows, us/row", fillTree(new Tree({ digestMask: 31 }), rows, 1)],
      ["listings of new rows, us/row", stream(view, rows, START, 1)],
      ["the same rows again, us/row", stream(view, rows, START + 600_000, 1)],
      ["an hour later, from another boot", streamFromAnotherBoot(view, rows)],
      ["changes of one row each, us/record", streamChanges(view, rows)],
      [`a chain of ${CHAIN} new directories, ms`, [timeChain(createView(createFsView))]],
      [`move of a directory of ${MOVED_ROWS} names, ms`, [timeMove(createView(createFsView))]],
      ["state hash, ms", [time(() => view.hash())]],
    ],
  };
}

export function createView(createFsView) {
  const view = createFsView(CONFIG);
  open(view, START, "1");
  return view;
}

function open(view, at, bootId) {
  const source = { schema: "fs", uri: "/data", identity: "ext4:2", scope: {} };
  const speaker = { ...SESSION, agentId: "bench", bootId, dialect: "v2", clockOffsetMs: 0 };
  view.apply({
    ...{ kind: "opened", at },
    speaker: { ...speaker, clockErrorMs: 1, source: { ...source, facts: { network: false } } },
  });
  view.apply({ kind: "role", at, sessionId: SESSION.sessionId, role: "leader" });
}

function streamFromAnotherBoot(view, rows) {
  const at = START + 4_200_000;
  open(view, at, "2");
  return stream(view, rows, at + 10_000, 1);
}

/** Applies the listings of so many rows, a batch of messages at a time. Gives us/row by part. */
function stream(view, rows, at, seed) {
  return inParts(rows, seed, listingOf(at), (messages) => {
    view.apply({ kind: "batch", at: at + 5_000, ...SESSION, messages });
  });
}

/**
 * The rows once more, each as a record of its own: what a log of single changes is replayed by.
 * Literals of one form, as decoders make them: what is spread may get a shape of its own each time.
 */
function streamChanges(view, rows) {
  const startedAt = START + 4_300_000;
  const [at, stream, source] = [startedAt + 5_000, "realtime", "realtime"];
  const { sessionId } = SESSION;
  const fields = ["path", ...FIELDS.slice(1)];
  const toRecords = ({ path, rows }) =>
    rows.map(({ name, attributes }) => {
      const full = asDecoded(`/${path.join("/")}/${name}`);
      const row = toRow(full, { ...attributes, size: attributes.size + 1 });
      const upserts = { fields, rows: [row] };
      const endedAt = startedAt;
      const message = { kind: "change", source, startedAt, endedAt, upserts, deletes: [] };
      return { kind: "batch", at, sessionId, stream, messages: [message] };
    });
  return inParts(rows, 1, toRecords, (listings) => {
    for (const records of listings) for (const one of records) view.apply(one);
  });
}

/** Each directory stands in the one before, as an event tells of it. */
function timeChain(view) {
  const row = (path) => [path, "d", 1, 1, 0, 1, 0, 0o755, 0, 0, 7, 1, 8];
  const change = { kind: "change", source: "realtime", startedAt: START, endedAt: START };
  const fields = ["path", ...FIELDS.slice(1)];
  let path = "";
  const messages = Array.from({ length: CHAIN }, () => {
    path += "/d";
    return { ...change, upserts: { fields, rows: [row(path)] }, deletes: [] };
  });
  const record = { kind: "batch", at: START + 10, ...SESSION, stream: "realtime", messages };
  return time(() => view.apply(record));
}

/** Looks each name up and inserts it with its evidence: the least that any rules need. */
function fillTree(tree, rows, seed) {
  return inParts(
    rows,
    seed,
    (listing) => listing,
    (listings) => {
      for (const { path, self, rows } of listings) {
        let at = tree.root;
        for (const name of path) at = tree.child(at, name) ?? tree.insert(at, name, self);
        tree.reserve(at, rows.length);
        tree.expect(rows.map(({ name }) => name));
        for (const { name, attributes } of rows) {
          const id = tree.child(at, name) ?? tree.insert(at, name, attributes);
          tree.setSeen(id, START, 1, 3);
        }
      }
    },
  );
}

/** Rows are made outside the time taken. */
function inParts(rows, seed, prepare, apply) {
  const source = rowsOfDirectories(createRandom(seed));
  const figures = [];
  let done = 0;
  for (let part = 1; part <= PARTS; part += 1) {
    const spent = { ms: 0, rows: 0 };
    while (done < (rows * part) / PARTS) {
      const prepared = [];
      let count = 0;
      while (count < BATCH_ROWS) {
        const listing = source.next();
        count += listing.rows.length;
        prepared.push(prepare(listing));
      }
      const usage = process.cpuUsage();
      apply(prepared);
      spent.ms += cpuSince(usage);
      spent.rows += count;
      done += count;
    }
    if (spent.rows > 0) figures.push((spent.ms * 1_000) / spent.rows);
  }
  return figures;
}

export function listingOf(at) {
  return ({ path, self, rows }) => ({
    kind: "listing",
    source: "snapshot",
    startedAt: at,
    endedAt: at,
    scope: `/${path.join("/")}`,
    entries: { fields: FIELDS, rows: rows.map(({ name, attributes }) => toRow(name, attributes)) },
    self: toRow("", self),
    complete: true,
    part: 0,
    last: true,
  });
}

function timeMove(view) {
  const row = (name, type) => [name, type, 1, 1, 0, 1, 0, 0o644, 0, 0, 7, 1, 8];
  const rows = Array.from({ length: MOVED_ROWS }, (_, i) => row(`file-${i}`, "f"));
  const whole = { complete: true, part: 0, last: true };
  const seen = { source: "snapshot", startedAt: START, endedAt: START };
  const self = row("", "d");
  const listing = { kind: "listing", ...seen, scope: "/from", entries: { fields: FIELDS, rows } };
  view.apply({ kind: "batch", at: START, ...SESSION, messages: [{ ...listing, self, ...whole }] });
  const upserts = { fields: ["path", ...FIELDS.slice(1)], rows: [row("/to", "d")] };
  const moved = { kind: "change", source: "realtime", startedAt: START + 9, endedAt: START + 9 };
  const message = { ...moved, upserts, deletes: [], moves: [["/from", "/to"]] };
  const record = { kind: "batch", at: START + 10, ...SESSION, messages: [message] };
  const ms = time(() => view.apply({ ...record, stream: "realtime" }));
  if (view.node("/to/file-1") === undefined) throw new Error("The directory was not moved");
  return ms;
}

function toRow(name, a) {
  return [
    ...[name, a.type, a.size, a.mtime, a.mtimeNsec, a.ctime, a.ctimeNsec],
    ...[a.mode, a.uid, a.gid, a.ino, a.nlink, a.blocks],
  ];
}
