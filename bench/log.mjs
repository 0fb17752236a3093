import { cp, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createSystemClock } from "../packages/core/dist/host/index.js";
import { encodeBinaryBatch } from "../packages/protocol/dist/index.js";
import { createFusion, defaultFusionConfig } from "../packages/server/dist/index.js";
import view from "../packages/view-fs/dist/index.js";
import { median } from "./figures.mjs";

const FIELDS = "name type size mtime mtime_nsec ctime ctime_nsec mode uid gid ino nlink blocks";
const ROWS_PER_FOLDER = 50;
/** What an agent may have under way. */
const WINDOW = 2;

/**
 * Prints how fast batches are taken with a log and without, in turns, beside the bare writing and
 * syncing of the same bytes; then how fast the log is read again, and a checkpoint.
 */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: "string", default: "1000000" },
      batch: { type: "string", default: "10000" },
      runs: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
    },
  });
  const rows = Number(values.rows);
  const bodies = [...bodiesOf(rows, Number(values.batch))];
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const taken = { plain: [], memory: [], disk: [], replay: [], checkpoint: [], restore: [] };
  for (let run = 0; run < Number(values.runs); run += 1) {
    taken.plain.push(await timePlain(bodies));
    taken.memory.push((await timeIngest(bodies, "memory")).seconds);
    const disk = await timeIngest(bodies, "disk");
    for (const [name, seconds] of Object.entries(disk.after)) taken[name].push(seconds);
    taken.disk.push(disk.seconds);
  }
  const results = Object.entries(taken).map(([what, seconds]) => {
    const [wall, core] = ["wall", "core"].map((key) => median(seconds.map((each) => each[key])));
    return { what, wall, core };
  });
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ rows, bytesPerRow: bytes / rows, results }, null, 2)}\n`,
    );
    return;
  }
  process.stdout.write(
    `${rows} rows, ${values.batch} a batch, ${(bytes / rows).toFixed(1)} bytes a row\n`,
  );
  console.table(
    results.map(({ what, wall, core }) => ({
      what: SAYS[what],
      "wall s": Number(wall.toFixed(2)),
      "core s": Number(core.toFixed(2)),
      "M rows/core s": Number((rows / core / 1e6).toFixed(2)),
    })),
  );
}

const SAYS = {
  plain: "the bytes alone, written and synced batch by batch",
  memory: "taken and applied, kept in memory",
  disk: "taken, logged, synced and applied",
  replay: "start: the whole log read and applied",
  checkpoint: "stop: a checkpoint written",
  restore: "start: a checkpoint read",
};

async function timePlain(bodies) {
  const folder = await mkdtemp(join(tmpdir(), "fustor-bench-"));
  const file = await open(join(folder, "plain"), "w");
  const seconds = await timeOf(async () => {
    for (const body of bodies) {
      await file.write(body);
      await file.datasync();
    }
  });
  await file.close();
  await rm(folder, { recursive: true });
  return seconds;
}

async function timeIngest(bodies, storage) {
  const home = await mkdtemp(join(tmpdir(), "fustor-bench-"));
  let fusion = await startFusion(home, storage);
  const send = await openSession(fusion);
  const seconds = await timeOf(async () => {
    const underWay = [];
    for (const body of bodies) {
      underWay.push(send(body));
      if (underWay.length >= WINDOW) await underWay.shift();
    }
    await Promise.all(underWay);
  });
  const after = {};
  if (storage === "disk") {
    // Before it is stopped there is the log alone, as after a crash.
    const image = `${home}-killed`;
    await cp(join(home, "state"), join(image, "state"), {
      recursive: true,
      filter: (path) => !path.includes("lease"),
    });
    after.checkpoint = await timeOf(() => fusion.close());
    after.replay = await timeOf(async () => (fusion = await startFusion(image, storage)));
    await fusion.close();
    after.restore = await timeOf(async () => (fusion = await startFusion(home, storage)));
    await rm(image, { recursive: true });
  }
  await fusion.close();
  await rm(home, { recursive: true });
  return { seconds, after };
}

/** Opens a session of an agent; returns what brings a batch of it to Fusion. */
export async function openSession(fusion) {
  const { key } = await fusion.keys.create({ scopes: ["admin"] });
  const opened = await fusion.app.inject({
    method: "POST",
    url: "/api/v1/pipe/session/",
    headers: { "x-api-key": key },
    payload: {
      task_id: "bench:p",
      client_info: {
        protocols: ["v2"],
        agent_id: "bench",
        boot_id: "1",
        pipe_id: "p",
        schema: "fs",
        uri: "/data",
        root: { identity: "ext4:1:2" },
        scope: { file_pattern: "*", exclude: [] },
        facts: { network: false },
        capabilities: [],
        clock: Date.now(),
      },
    },
  });
  const url = `/api/v2/pipe/ingest/${opened.json().session_id}/events`;
  return async (payload) => {
    const type = Buffer.isBuffer(payload) ? "application/vnd.fustor.batch" : "application/json";
    const headers = { "x-api-key": key, "content-type": type };
    const reply = await fusion.app.inject({ method: "POST", url, headers, payload });
    if (reply.statusCode !== 200) throw new Error(reply.payload);
  };
}

/** A Fusion of the built packages, in this process. */
export function startFusion(home, storage) {
  return createFusion({
    config: { ...defaultFusionConfig, storage },
    home,
    clock: createSystemClock(),
    random: Math.random,
    loadView: async () => view,
  });
}

/** Seconds by the clock, and those in which it kept a core busy. */
async function timeOf(work) {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - began) / 1000, core: (user + system) / 1e6 };
}

/** The listings of a walk, in the binary form, batch by batch. */
export function* bodiesOf(rows, rowsPerBatch) {
  const at = Date.now() - 60_000;
  const observed = { source: "snapshot", startedAt: at, endedAt: at };
  for (let made = 0, seq = 1; made < rows; seq += 1) {
    const messages = [];
    for (let inBatch = 0; inBatch < rowsPerBatch && made < rows; inBatch += ROWS_PER_FOLDER) {
      const folder = made / ROWS_PER_FOLDER;
      messages.push({
        kind: "listing",
        ...observed,
        scope: `/project-${folder % 97}/run-${folder}`,
        entries: {
          fields: FIELDS.split(" "),
          rows: Array.from({ length: ROWS_PER_FOLDER }, (_, index) => rowOf(made + index)),
        },
        self: ["", "d", 4096, 1.7e9, 1, 1.7e9, 1, 0o755, 0, 0, made + 1e9, 2, 8],
        complete: true,
        part: 0,
        last: true,
      });
      made += ROWS_PER_FOLDER;
    }
    yield encodeBinaryBatch({ stream: "scan", seq, messages }, 1);
  }
}

function rowOf(number) {
  const size = (number * 7919) % 10_000_000;
  const mtime = 1_500_000_000 + ((number * 104_729) % 200_000_000);
  const nsec = (number * 15_485_863) % 1_000_000_000;
  const name = `sample_${String(number).padStart(8, "0")}.fastq`;
  const blocks = Math.ceil(size / 4096) * 8;
  return [name, "f", size, mtime, nsec, mtime, nsec, 0o644, 1000, 100, number + 1000, 1, blocks];
}
