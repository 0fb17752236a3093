import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  createPipe,
  createSystemClock,
  parseConfig,
  systemRandom,
} from "../packages/core/dist/host/index.js";
import { silentLogger } from "../packages/core/dist/index.js";
import { DirectoryDigest, digestMaskOf } from "../packages/schema-fs/dist/index.js";
import senderFusion from "../packages/sender-fusion/dist/index.js";
import { createFusion, defaultFusionConfig } from "../packages/server/dist/index.js";
import sourceFs from "../packages/source-fs/dist/index.js";
import viewFs from "../packages/view-fs/dist/index.js";
import { say } from "./figures.mjs";
import { makeTree } from "./tree.mjs";

const GIVE_UP_MS = 600_000;
const AUDIT_SEC = 2;

/**
 * Prints what crosses the wire when an agent starts for the first time, when it starts again, and
 * when it audits, over a tree that does not change. Fusion is the real one, over HTTP; both are in
 * one process, because only bytes are compared.
 */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      files: { type: "string", default: "200000" },
      dir: { type: "string", default: join(tmpdir(), "fustor-bench") },
      json: { type: "boolean", default: false },
    },
  });
  const files = Number(values.files);
  const dir = join(values.dir, `tree-${files}`);
  say(`Making a tree of ${files} files at ${dir} (once)`);
  mkdirSync(dir, { recursive: true });
  makeTree(dir, { files });
  const home = mkdtempSync(join(tmpdir(), "fustor-bench-home-"));
  try {
    printTable(await measure(dir, home), { files, json: values.json });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(uri, home) {
  const clock = createSystemClock();
  const wire = { up: 0, down: 0 };
  const told = { digests: 0, listings: 0 };
  const pipe = { id: "default", view_ids: ["default"], session_timeout_seconds: 30 };
  const fusion = await createFusion({
    config: {
      ...defaultFusionConfig,
      listen: { host: "127.0.0.1", port: 0 },
      pipes: [{ ...pipe, audit_interval_sec: AUDIT_SEC, sentinel_interval_sec: 120 }],
    },
    home,
    clock,
    random: systemRandom,
    loadView: async () => counting(told),
  });
  fusion.app.server.on("connection", (socket) => count(socket, wire));
  const { url } = await fusion.listen();
  const { key } = await fusion.keys.create({ scopes: ["ingest:default"] });

  const context = { clock, random: systemRandom, logger: silentLogger, home };
  const start = async (bootId) => {
    const source = await sourceFs.create(
      parseConfig("bench", sourceFs.configSchema, { uri, driver_params: {} }),
      { ...context, id: "files" },
    );
    const sender = await senderFusion.create(
      parseConfig("bench", senderFusion.configSchema, { endpoint: url, credential: key }),
      { ...context, id: "to-fusion" },
    );
    const options = { id: "default", source, sender, agentId: "bench", bootId };
    const running = createPipe({ ...context, ...options });
    const stop = new AbortController();
    const ended = running.run(stop.signal);
    return {
      status: () => running.status(),
      stop: async () => {
        stop.abort();
        await ended;
        await Promise.all([source.close(), sender.close()]);
      },
    };
  };
  const phases = [];
  const phase = async (says, agent, counter) => {
    const before = { ...told, ...wire, at: performance.now() };
    const { counters } = agent.status();
    await until(() => agent.status().counters[counter] > counters[counter], agent);
    phases.push({
      says,
      up: wire.up - before.up,
      down: wire.down - before.down,
      digests: told.digests - before.digests,
      listings: told.listings - before.listings,
      ms: performance.now() - before.at,
    });
  };

  const first = await start("boot-1");
  await phase("first start", first, "snapshotsCompleted");
  await first.stop();
  const second = await start("boot-2");
  await phase("start again", second, "snapshotsCompleted");
  await phase("audit, with the pause before it", second, "auditsCompleted");
  await second.stop();
  await fusion.close();
  return phases;
}

/** Counts what both ends said, also of a socket that is still open. */
function count(socket, wire) {
  const seen = { read: 0, written: 0 };
  const look = () => {
    wire.up += socket.bytesRead - seen.read;
    wire.down += socket.bytesWritten - seen.written;
    seen.read = socket.bytesRead;
    seen.written = socket.bytesWritten;
  };
  const timer = setInterval(look, 10);
  socket.once("close", () => {
    look();
    clearInterval(timer);
  });
}

/** The view, which notes what it is told. One that compares no digests is helped to. */
function counting(told) {
  return {
    ...viewFs,
    create: async (config, context) => {
      const view = await viewFs.create(config, context);
      const apply = view.apply.bind(view);
      const memory = view.takeWanted === undefined ? new DigestMemory() : undefined;
      view.apply = (record) => {
        if (record.kind === "batch") {
          for (const { kind } of record.messages) {
            if (kind === "digest") told.digests += 1;
            if (kind === "listing") told.listings += 1;
          }
        }
        memory?.apply(record);
        apply(record);
      };
      if (memory !== undefined) view.takeWanted = () => memory.takeWanted();
      return view;
    },
  };
}

/** Remembers the digest of every listing, as it came over the wire. */
class DigestMemory {
  #mask = 0;
  #known = new Map();
  #wanted = [];

  apply(record) {
    if (record.kind === "opened") this.#mask = digestMaskOf(record.speaker.source.facts);
    if (record.kind !== "batch") return;
    this.#wanted = [];
    for (const message of record.messages) {
      if (message.kind === "listing") this.#known.set(message.scope, this.#digestOf(message));
      if (message.kind !== "digest") continue;
      if (this.#known.get(message.scope) !== message.digest) this.#wanted.push(message.scope);
    }
  }

  takeWanted() {
    return this.#wanted;
  }

  #digestOf({ entries: { fields, rows } }) {
    const digest = new DirectoryDigest(this.#mask);
    for (const row of rows) {
      const named = Object.fromEntries(fields.map((field, i) => [field, row[i]]));
      const { name, mtime_nsec: mtimeNsec, ctime_nsec: ctimeNsec, ...rest } = named;
      digest.add(name, { ...rest, mtimeNsec, ctimeNsec });
    }
    return digest.toString();
  }
}

async function until(isTrue, agent) {
  const deadline = performance.now() + GIVE_UP_MS;
  while (!isTrue()) {
    if (performance.now() > deadline) {
      throw new Error(`No end in sight: ${JSON.stringify(agent.status())}`);
    }
    await sleep(5);
  }
  await sleep(50); // the last bytes are counted
}

function printTable(phases, { files, json }) {
  if (json) {
    process.stdout.write(`${JSON.stringify({ files, node: process.version, phases })}\n`);
    return;
  }
  say(`\nan unchanged tree of ${files} files, Node ${process.versions.node}\n`);
  console.table(
    phases.map(({ says, up, down, digests, listings, ms }) => ({
      "": says,
      "bytes up": up,
      "bytes down": down,
      digests,
      listings,
      "bytes up a directory": Number((up / (digests + listings)).toFixed(1)),
      s: Number((ms / 1000).toFixed(2)),
    })),
  );
}
