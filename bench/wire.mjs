import { parseArgs } from "node:util";
import {
  encodeBatch,
  encodeBinaryBatch,
  openBinaryBatch,
  openJsonBatch,
} from "../packages/protocol/dist/index.js";
import { median } from "./figures.mjs";
import { createRandom, ENDINGS, PROJECTS, SUBJECTS } from "./tree.mjs";

const FIELDS = "name type size mtime mtime_nsec ctime ctime_nsec mode uid gid ino nlink blocks";
const LISTING_FIELDS = FIELDS.split(" ");
const ROWS_PER_FOLDER = 50;
const SCHEMA = { schema: "fs" };
/** A run takes so long at least, so that the compiler has done its work and noise evens out. */
const RUN_MS = 700;

/** Prints how large and how fast the two forms of a batch are, of the same messages, in turns. */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: "string", default: "1000,10000" },
      runs: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
    },
  });
  const results = [];
  for (const rows of values.rows.split(",").map(Number)) {
    for (const [what, messages] of Object.entries(makeBatches(rows))) {
      const batch = { stream: "scan", seq: 1, messages };
      const forms = { json: jsonForm(batch), binary: binaryForm(batch) };
      const taken = { json: [], binary: [] };
      for (const form of Object.values(forms)) measure(form, rows); // warms the compiler up
      for (let run = 0; run < Number(values.runs); run += 1) {
        for (const [name, form] of Object.entries(forms)) taken[name].push(measure(form, rows));
      }
      for (const [name, form] of Object.entries(forms)) {
        results.push({ what, rows, form: name, bytes: form.bytes / rows, ...medians(taken[name]) });
      }
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else console.table(results.map(toLine));
}

function jsonForm(batch) {
  const encode = () => Buffer.from(JSON.stringify(encodeBatch(batch, 1)));
  const sent = encode();
  const decode = () => openJsonBatch(JSON.parse(sent.toString("utf8"))).decode(SCHEMA);
  return { encode, decode, bytes: sent.length };
}

function binaryForm(batch) {
  const encode = () => encodeBinaryBatch(batch, 1);
  const sent = encode();
  return { encode, decode: () => openBinaryBatch(sent).decode(SCHEMA), bytes: sent.length };
}

/** Million rows a second, of either way and of both one after the other. */
function measure({ encode, decode }, rows) {
  const [encodeUs, decodeUs] = [timeOf(encode), timeOf(decode)];
  return {
    encode: rows / encodeUs,
    decode: rows / decodeUs,
    both: rows / (encodeUs + decodeUs),
  };
}

/** Microseconds that one call keeps a core busy: others on the machine do not count. */
function timeOf(call) {
  const began = performance.now();
  const before = process.cpuUsage();
  let calls = 0;
  do {
    call();
    calls += 1;
  } while (performance.now() - began < RUN_MS / 2);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

function medians(runs) {
  const of = (key) => median(runs.map((run) => run[key]));
  return { encode: of("encode"), decode: of("decode"), both: of("both") };
}

function toLine({ what, rows, form, bytes, encode, decode, both }) {
  return {
    batch: `${rows} rows, ${what}`,
    form,
    "bytes/row": Number(bytes.toFixed(1)),
    "encode M/s": Number(encode.toFixed(2)),
    "decode M/s": Number(decode.toFixed(2)),
    "both M/s": Number(both.toFixed(2)),
  };
}

/** A walk's listings of folders with names as research groups give them, and a burst of changes. */
function makeBatches(rows) {
  const random = createRandom(7);
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const observed = { startedAt: 1_795_000_000_000.125, endedAt: 1_795_000_000_003.5 };
  const fileRow = (key, at, ino) => {
    const mtime = at + below(20_000);
    const nsec = below(1e9);
    const size = Math.floor(2 ** (6 + random() * 22));
    const isTouched = below(20) === 0;
    return [
      key,
      "f",
      size,
      mtime,
      nsec,
      isTouched ? mtime + below(100_000) : mtime,
      isTouched ? below(1e9) : nsec,
      below(10) === 0 ? 0o640 : 0o644,
      1000 + (at % 5),
      100,
      ino,
      1,
      Math.ceil(size / 4096) * 8,
    ];
  };
  const listings = [];
  const paths = [];
  for (let made = 0, run = 0; made < rows; run += 1) {
    const scope = `/${pick(PROJECTS)}/${2015 + (run % 11)}/${pick(SUBJECTS)}/run-${run}`;
    const count = Math.min(ROWS_PER_FOLDER, rows - made);
    const stem = `${pick(SUBJECTS)}_${pick(PROJECTS)}`;
    const ending = pick(ENDINGS);
    const at = 1_500_000_000 + below(2e8);
    const ino = 10_000_000 + below(1e8);
    const names = Array.from({ length: count }, (_, i) =>
      run % 3 === 0
        ? `${pick(PROJECTS)} ${pick(SUBJECTS)} ${below(1e6).toString(36)}.${pick(ENDINGS)}`
        : `${stem}_${String(i).padStart(4, "0")}.${ending}`,
    );
    // Directories are read in the order of hashes.
    const entries = names
      .map((name, i) => ({ name, ino: ino + i, order: random() }))
      .sort((a, b) => a.order - b.order);
    listings.push({
      kind: "listing",
      source: "snapshot",
      ...observed,
      scope,
      entries: {
        fields: LISTING_FIELDS,
        rows: entries.map((entry) => fileRow(entry.name, at, entry.ino)),
      },
      self: ["", "d", 4096, at, below(1e9), at, below(1e9), 0o755, 1000, 100, ino - 1, 2, 8],
      complete: true,
      part: 0,
      last: true,
    });
    for (const entry of entries) paths.push(fileRow(`${scope}/${entry.name}`, at, entry.ino));
    made += count;
  }
  const change = {
    kind: "change",
    source: "realtime",
    ...observed,
    upserts: { fields: ["path", ...LISTING_FIELDS.slice(1)], rows: paths },
    deletes: [],
    settled: paths.map(([path]) => path),
  };
  return { "a walk": listings, "a burst": [change] };
}
