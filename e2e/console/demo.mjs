import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { makeDemoTree } from "./demo-tree.mjs";

const APPS = fileURLToPath(new URL("../../apps/", import.meta.url));
const START_MS = 120_000;
/** So often something is written, renamed or removed in the tree. */
const STIR_MS = 180;

/**
 * A Fusion with two agents on a tree of some `wanted` files in which things happen: what the pictures
 * show. The first agent has a second pipe, whose folder does not exist. Needs built packages.
 */
export async function startDemo({ files: wanted }) {
  const place = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "fustor-demo-"));
  const children = [];
  const stop = async () => {
    stirring.abort();
    await Promise.all(children.reverse().map((child) => endOf(child)));
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  };
  const stirring = new AbortController();
  try {
    const tree = join(place, "research");
    const files = makeDemoTree(tree, wanted);
    const home = join(place, "home");
    await mkdir(home, { mode: 0o700 });
    await writeFile(join(home, "agent-id"), "node-a\n", { mode: 0o600 });
    children.push(run("fustor", ["up", tree, "--home", home]));
    const connection = await until(() => readJson(join(home, "connection.json")));
    await until(async () => (await countFiles(connection)) >= files);
    await addBrokenPipe(home, connection);
    children.push(await startFollower(join(place, "second"), home));
    void stir(tree, stirring.signal);
    for (const path of ["/projects", "/gone", "/models"]) await askScan(connection, path);
    return { ...connection, tree, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function run(app, args, env = {}) {
  const cli = join(APPS, app, "dist", "cli.js");
  return spawn(process.execPath, [cli, ...args], {
    stdio: "ignore",
    env: { ...process.env, FUSTOR_FUSION_PORT: "0", FUSTOR_AGENT_PORT: "0", ...env },
  });
}

async function addBrokenPipe(home, { agent_console_url: agent }) {
  const file = join(home, "up", "agent-config.yaml");
  const config = readFileSync(file, "utf8")
    .replace("senders:", "  - { id: archive, type: fs, config: { uri: /mnt/archive } }\nsenders:")
    .concat("  - { id: archive-to-fusion, source_id: archive, sender_id: to-fusion }\n");
  await writeFile(file, config);
  await fetch(`${agent}/api/v1/reload`, { method: "POST" });
}

/** The same pipe from another machine, as far as Fusion can tell. */
async function startFollower(home, firstHome) {
  await mkdir(home, { mode: 0o700 });
  const config = readFileSync(join(firstHome, "up", "agent-config.yaml"), "utf8")
    .replace(/ {2}- \{ id: archive.*\n/g, "")
    .concat("agent_id: node-b\n");
  await writeFile(join(home, "agent-config.yaml"), config, { mode: 0o600 });
  return run("agent", ["start"], { FUSTOR_HOME: home });
}

async function stir(tree, signal) {
  const dir = join(tree, "scratch", "li.wei", "running");
  await mkdir(dir, { recursive: true });
  for (let i = 0; !signal.aborted; i += 1) {
    const file = join(dir, `step-${String(i).padStart(5, "0")}.csv`);
    try {
      await writeFile(file, "x".repeat(1_000 + ((i * 7_919) % 90_000)));
      if (i % 3 === 0) await rename(file, `${file}.done`);
      if (i % 4 === 0) await appendFile(join(dir, "training.log"), "another line\n");
      const old = join(dir, `step-${String(i - 40).padStart(5, "0")}.csv`);
      await rm(old, { force: true });
      await sleep(STIR_MS, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

async function askScan({ endpoint, query_key: key, view }, path) {
  await fetch(`${endpoint}/api/v1/views/${view}/scans`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify({ path, recursive: true }),
  });
}

async function countFiles({ endpoint, query_key: key }) {
  const reply = await fetch(`${endpoint}/api/v1/views`, { headers: { "x-api-key": key } });
  const { views } = await reply.json();
  return views[0]?.ready === true ? views[0].files : 0;
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Asks until the answer is something; a failure is an answer that is not there yet. */
async function until(ask) {
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(200)) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch(() => undefined);
    if (answer) return answer;
  }
  throw new Error("The demo has not come up in time.");
}

function endOf(child) {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill("SIGTERM");
  });
}
