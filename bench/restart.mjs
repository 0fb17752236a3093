import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encodeBatch } from "../packages/protocol/dist/index.js";
import { report, say } from "./figures.mjs";
import { bodiesOf, openSession, startFusion } from "./log.mjs";

const CLI = fileURLToPath(new URL("../apps/fusion/dist/cli.js", import.meta.url));
const BATCH_ROWS = 10_000;
const POLL_MS = 5;
/** Of the clock of `/proc/PID/stat`. */
const TICKS_PER_SEC = 100;

/**
 * Prints how long a Fusion takes from the start of its process to its first answer about the view
 * that its last life left in a checkpoint, and beside it the mere reading of that file.
 */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      nodes: { type: "string", default: "10000000" },
      runs: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
    },
  });
  const home = await mkdtemp(join(tmpdir(), "fustor-bench-"));
  try {
    const nodes = Number(values.nodes);
    say(`a state of ${nodes} nodes is made ...`);
    const { key, bytes } = await makeState(home, nodes);
    const runs = [];
    for (let run = 0; run < Number(values.runs); run += 1) {
      runs.push({ reading: await readAll(home), ...(await timeStart(home, key)) });
    }
    report(
      {
        title: `${nodes} nodes, a checkpoint of ${(bytes / 2 ** 20).toFixed(0)} MiB`,
        facts: { nodes, bytes },
        figures: [
          ["start to first answer, ms", runs.map(({ ms }) => ms)],
          ["  processor time until then", runs.map(({ cpu }) => cpu)],
          ["memory then, MiB", runs.map(({ rssMb }) => rssMb)],
          ["reading the checkpoint's file alone, ms", runs.map(({ reading }) => reading)],
        ],
      },
      values.json,
    );
  } finally {
    await rm(home, { recursive: true });
  }
}

/** What a Fusion leaves that was told so many rows and then stopped. */
async function makeState(home, nodes) {
  const fusion = await startFusion(home, "disk");
  const send = await openSession(fusion);
  const { key } = await fusion.keys.create({ scopes: ["query:default"] });
  let seq = 1;
  for (const body of bodiesOf(nodes, BATCH_ROWS)) {
    await send(body);
    seq += 1;
  }
  // Only a view that was told everything answers.
  await send(encodeBatch({ stream: "scan", seq, messages: [markOf("begin"), markOf("end")] }, 1));
  await fusion.close();
  const config = { listen: { host: "127.0.0.1", port: await freePort() } };
  // JSON is YAML.
  await writeFile(join(home, "fusion-config.yaml"), JSON.stringify(config), { mode: 0o600 });
  const { size } = await stat(await checkpointOf(home));
  return { key, bytes: size };
}

function markOf(edge) {
  const at = Date.now();
  const observed = { source: "snapshot", startedAt: at, endedAt: at };
  return { kind: "mark", ...observed, walk: "snapshot", edge, id: "1", scope: "/" };
}

async function timeStart(home, key) {
  const { listen } = JSON.parse(await readFile(join(home, "fusion-config.yaml"), "utf8"));
  const url = `http://127.0.0.1:${listen.port}/api/v1/views/default/stats`;
  const began = performance.now();
  const child = spawn(process.execPath, [CLI, "start"], {
    env: { ...process.env, FUSTOR_HOME: home },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  try {
    for (;;) {
      const reply = await fetch(url, { headers: { "x-api-key": key } }).catch(() => undefined);
      const said = await reply?.text();
      if (reply?.ok) break;
      if (reply !== undefined && reply.status !== 503) throw new Error(said);
      if (child.exitCode !== null) throw new Error("Fusion did not start");
      await sleep(POLL_MS);
    }
    const ms = performance.now() - began;
    return { ms, ...(await usageOf(child.pid)) };
  } finally {
    // Not SIGTERM: the state is to be the same for the next run.
    child.kill("SIGKILL");
    await ended;
  }
}

async function usageOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const cpu = ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SEC;
  return { cpu, rssMb: (Number(fields[21]) * 4_096) / 2 ** 20 };
}

async function readAll(home) {
  const path = await checkpointOf(home);
  const began = performance.now();
  await readFile(path);
  return performance.now() - began;
}

async function checkpointOf(home) {
  const folder = join(home, "state/checkpoints");
  const [name] = (await readdir(folder)).sort().reverse();
  return join(folder, name);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
