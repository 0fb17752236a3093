import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createSystemClock, systemRandom } from "../packages/core/dist/host/index.js";
import { BATCH_TYPE, encodeBinaryBatch } from "../packages/protocol/dist/index.js";
import { createFusion, defaultFusionConfig } from "../packages/server/dist/index.js";
import viewFs from "../packages/view-fs/dist/index.js";

const FIELDS = "path type size mtime mtime_nsec ctime ctime_nsec mode uid gid ino nlink blocks";
/** Batches that may be under way before the slowest subscriber has them. */
const AHEAD = 20;
const READERS = fileURLToPath(new URL("./feed-readers.mjs", import.meta.url));

/**
 * Prints how many changes a second reach all followers of one view, over real connections. They are
 * in a process of their own; one more follower never reads. The first line is the same work without
 * any of them; CPU is Fusion's, and includes the agent that says the changes.
 */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: "string", default: "1000000" },
      batch: { type: "string", default: "1000" },
      subscribers: { type: "string", default: "10" },
      json: { type: "boolean", default: false },
    },
  });
  const options = {
    events: Number(values.events),
    batch: Number(values.batch),
    subscribers: Number(values.subscribers),
  };
  const lines = [];
  const quiet = await measure({ ...options, subscribers: 0 });
  const followed = await measure(options);
  const [without, all] = [quiet, followed].map((line) => line["CPU us/event said"]);
  const each = ((all - without) / options.subscribers).toFixed(2);
  lines.push(quiet, { ...followed, "of which CPU us/event told": Number(each) });
  if (values.json) process.stdout.write(`${JSON.stringify(lines, null, 2)}\n`);
  else console.table(lines);
}

async function measure({ events, batch, subscribers }) {
  const home = mkdtempSync(join(tmpdir(), "fustor-bench-home-"));
  const fusion = await createFusion({
    config: {
      ...defaultFusionConfig,
      storage: "memory",
      listen: { host: "127.0.0.1", port: 0 },
    },
    home,
    clock: createSystemClock(),
    random: systemRandom,
    loadView: async () => viewFs,
  });
  try {
    const { url } = await fusion.listen();
    const { key } = await fusion.keys.create({ scopes: ["admin"] });
    const say = await enter(fusion, key);
    // All names are there before anybody follows: then they only change.
    for (let from = 0; from < batch * AHEAD; from += batch) await say(from, batch, 0);
    const readers = subscribers === 0 ? undefined : await follow(url, key, subscribers);
    const stuck = readers && stall(url, key);
    await sleep(200);

    const before = process.cpuUsage();
    const began = performance.now();
    let said = 0;
    for (let round = 1; said < events; round += 1) {
      readers?.said(said + batch);
      await say((round % AHEAD) * batch, batch, round);
      said += batch;
      await readers?.until(said - AHEAD * batch);
    }
    await readers?.until(said);
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(before);
    const delays = readers?.delays.sort((a, b) => a - b) ?? [];
    readers?.end();
    stuck?.destroy();
    const told = said * subscribers;
    return {
      subscribers,
      "events said": said,
      "said/s": Math.round(said / seconds),
      "told/s in all": Math.round(told / seconds),
      "CPU us/event said": Number(((user + system) / said).toFixed(2)),
      "p50 ms to the slowest": delays[Math.floor(delays.length * 0.5)]?.toFixed(1),
      "p99 ms": delays[Math.floor(delays.length * 0.99)]?.toFixed(1),
    };
  } finally {
    await fusion.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** An agent whose changes come straight to the web server, without a connection. */
async function enter(fusion, key) {
  const headers = { "x-api-key": key };
  const call = async (url, payload, type = "application/json") => {
    const reply = await fusion.app.inject({
      method: "POST",
      url,
      headers: { ...headers, "content-type": type },
      payload,
    });
    if (reply.statusCode !== 200) throw new Error(reply.payload);
    return JSON.parse(reply.payload);
  };
  const { session_id, epoch } = await call("/api/v1/pipe/session/", {
    task_id: "bench:default",
    client_info: {
      protocols: ["v2"],
      ...{ agent_id: "bench", boot_id: "1", pipe_id: "default", schema: "fs" },
      root: { identity: "bench", network: false },
      scope: { file_pattern: "*", exclude: [] },
      capabilities: [],
      clock: Date.now(),
    },
  });
  let seq = 0;
  return async (from, count, round) => {
    const at = Date.now();
    seq += 1;
    const message = {
      ...{ kind: "change", source: "realtime", startedAt: at, endedAt: at },
      upserts: { fields: FIELDS.split(" "), rows: rowsOf(from, count, round) },
      deletes: [],
    };
    const batch = { stream: "realtime", seq, messages: [message] };
    const body = Buffer.from(encodeBinaryBatch(batch, epoch));
    await call(`/api/v2/pipe/ingest/${session_id}/events`, body, BATCH_TYPE);
  };
}

function rowsOf(from, count, round) {
  const mtime = 1_700_000_000;
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const path = `/projects/genomics/2026/run-${Math.floor(n / 50)}/sample_${n}_aligned.bam`;
    return [path, "f", round, mtime, round, mtime, round, 0o644, 1000, 100, 10_000 + n, 1, 8];
  });
}

/** Followers in another process; `until` waits for what the slowest of them has. */
async function follow(url, key, subscribers) {
  const child = fork(READERS, [url, key, String(subscribers)]);
  let slowest = 0;
  let wake = () => undefined;
  let isReady = false;
  const waiting = [];
  const delays = [];
  child.on("message", (message) => {
    isReady ||= message.ready === true;
    slowest = message.slowest ?? slowest;
    while (waiting[0]?.events <= slowest) delays.push(performance.now() - waiting.shift().at);
    wake();
  });
  const until = async (isEnough) => {
    while (!isEnough()) await new Promise((resolve) => (wake = resolve));
  };
  await until(() => isReady);
  return {
    delays,
    said: (events) => waiting.push({ events, at: performance.now() }),
    until: (events) => until(() => slowest >= events),
    end: () => child.kill(),
  };
}

/** A follower that never reads. */
function stall(url, key) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.pause();
  const head = `GET /api/v1/views/default/changes HTTP/1.1\r\nhost: ${hostname}\r\n`;
  socket.write(`${head}accept: text/event-stream\r\nx-api-key: ${key}\r\n\r\n`);
  return socket;
}
