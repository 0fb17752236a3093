import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { report, say } from "./figures.mjs";
import { makeTree } from "./tree.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CLI = {
  agent: join(ROOT, "apps/agent/dist/cli.js"),
  fusion: join(ROOT, "apps/fusion/dist/cli.js"),
};
const POLL_MS = 20;
const FIGURES = [
  ["find -printf, ms", "find"],
  ["whole: agent start to tree counted, ms", "ms"],
  ["  ratio to find", "ratio"],
  ["of it the walk to its last row in, ms", "walkMs"],
  ["  walk's ratio to find", "walkRatio"],
  ["CPU of the agent's main process, ms", "mainCpuMs"],
  ["CPU of the source's process, ms", "sourceCpuMs"],
  ["CPU of Fusion, ms", "fusionCpuMs"],
  ["agent peak RSS, both processes, MB", "agentMb"],
  ["  of it the main process, MB", "agentMainMb"],
  ["  of it the source's process, MB", "agentChildrenMb"],
  ["Fusion RSS, MB", "fusionMb"],
  ["Fusion RSS when empty, MB", "fusionEmptyMb"],
];
/** After this long without an end something is broken, and a figure would mean nothing. */
const GIVE_UP_MS = 600_000;

/**
 * Prints how long a fresh pair needs to show a whole tree, next to `find -printf` of it in the same
 * round. What is meant is the whole: from the start of the agent's process, with nothing of it
 * running, until Fusion counts every file.
 */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      files: { type: "string", default: "200000" },
      runs: { type: "string", default: "5" },
      dir: { type: "string", default: join(tmpdir(), "fustor-bench") },
      backend: { type: "string", default: "inotify" },
      json: { type: "boolean", default: false },
    },
  });
  const files = Number(values.files);
  const dir = join(values.dir, `tree-${files}`);
  say(`Making a tree of ${files} files at ${dir} (once)`);
  mkdirSync(dir, { recursive: true });
  makeTree(dir, { files });
  const nodes = countNodes(dir); // warms the cache too

  const rounds = [];
  for (let run = 1; run <= Number(values.runs); run += 1) {
    const find = measureFind(dir);
    const pair = await measurePair(dir, nodes, values.backend);
    rounds.push({ find, ...pair, ratio: pair.ms / find, walkRatio: pair.walkMs / find });
    say(
      `run ${run}: find ${find.toFixed(0)} ms, whole ${pair.ms.toFixed(0)} ms ` +
        `(${(pair.ms / find).toFixed(2)}x), agent ${pair.agentMb.toFixed(0)} MB`,
    );
  }
  const { backend } = values;
  const title = `snapshot of ${files} files (${nodes} nodes), ${backend}, ${rounds.length} runs`;
  const figures = FIGURES.map(([says, field]) => [says, rounds.map((round) => round[field])]);
  report({ title, facts: { files, nodes, backend }, figures }, values.json);
}

/** `find` writes to nowhere, so that no reader slows it down. */
function measureFind(dir) {
  const began = performance.now();
  execFileSync("find", [dir, "-printf", "%P\\0%y\\0%s\\0%T@\\0"], { stdio: "ignore" });
  return performance.now() - began;
}

function countNodes(dir) {
  return execFileSync("find", [dir, "-printf", "."], { maxBuffer: 2 ** 31 - 1 }).length;
}

/** From the start of the agent's process until Fusion counts the whole tree. */
async function measurePair(dir, nodes, backend) {
  const home = mkdtempSync(join(tmpdir(), "fustor-bench-home-"));
  const running = [];
  try {
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const env = { ...process.env, FUSTOR_HOME: home, FUSTOR_FUSION_PORT: String(port) };
    const scopes = ["--scope", "ingest:default", "--scope", "query:default"];
    const made = execFileSync(
      process.execPath,
      [CLI.fusion, "keys", "create", "--json", ...scopes],
      { env },
    );
    const { key } = JSON.parse(made);
    const fusion = launch(CLI.fusion, env, running);
    const ask = (path) => fetch(endpoint + path, { headers: { "x-api-key": key } });
    await until(async () => (await ask("/healthz")).ok, fusion);
    const fusionEmptyMb = residentMb(fusion.pid);

    const agentHome = join(home, "agent");
    mkdirSync(agentHome, { mode: 0o700 });
    writeFileSync(join(agentHome, "agent-config.yaml"), agentConfig(dir, endpoint, key));
    const agentEnv = {
      ...process.env,
      FUSTOR_HOME: agentHome,
      FUSTOR_AGENT_PORT: "0",
      FUSTOR_WATCH_BACKEND: backend,
    };
    const fusionBefore = cpuMs(fusion.pid);
    const began = performance.now();
    const agent = launch(CLI.agent, agentEnv, running);
    const peak = watchMemory(agent.pid);
    await until(async () => {
      const answer = await ask("/api/v1/views/default/stats");
      if (!answer.ok) return false;
      const { item_count: shown } = await answer.json();
      return shown >= nodes - 1; // whether the root counts is the view's affair
    }, agent);
    const ms = performance.now() - began;
    const cpu = {
      mainCpuMs: cpuMs(agent.pid),
      sourceCpuMs: childrenOf(agent.pid).reduce((sum, child) => sum + cpuMs(child), 0),
      fusionCpuMs: cpuMs(fusion.pid) - fusionBefore,
    };
    await sleep(500);
    const walkMs = await readWalkMs(agentHome, agent);
    return { ms, walkMs, ...cpu, ...peak.stop(), fusionMb: residentMb(fusion.pid), fusionEmptyMb };
  } finally {
    for (const child of running.reverse()) await end(child);
    rmSync(home, { recursive: true, force: true });
  }
}

/** How long the agent says that its snapshot took, from the first directory to the last. */
async function readWalkMs(home, agent) {
  const { url } = JSON.parse(readFileSync(join(home, "agent.pid"), "utf8"));
  let walkMs;
  await until(async () => {
    const { pipes } = await (await fetch(`${url}/api/status`)).json();
    walkMs = pipes[0].source.lastWalkMs;
    return walkMs !== undefined;
  }, agent);
  return walkMs;
}

function launch(cli, env, running) {
  // As a shell does it: the first line of the file says with which options of Node.js.
  const child = spawn(cli, ["start"], { env, stdio: ["ignore", "pipe", "pipe"] });
  child.words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream
      .setEncoding("utf8")
      .on("data", (text) => (child.words = (child.words + text).slice(-5000)));
  }
  running.push(child);
  return child;
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

async function until(isTrue, child) {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`It ended with ${child.exitCode}:\n${child.words}`);
    if (await isTrue().catch(() => false)) return;
    if (performance.now() > deadline) throw new Error(`No end in sight:\n${child.words}`);
    await sleep(POLL_MS);
  }
}

/** The largest figures of a process and its children, looked at now and then. */
function watchMemory(pid) {
  const peak = { agentMainMb: 0, agentChildrenMb: 0, agentMb: 0 };
  const look = () => {
    const main = residentMb(pid);
    const children = childrenOf(pid).reduce((sum, child) => sum + residentMb(child), 0);
    peak.agentMainMb = Math.max(peak.agentMainMb, main);
    peak.agentChildrenMb = Math.max(peak.agentChildrenMb, children);
    peak.agentMb = Math.max(peak.agentMb, main + children);
  };
  const timer = setInterval(look, 100);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}

function childrenOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
}

/** What a process has used of the processors, in the kernel's ticks of 10 ms. */
function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMb(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has just ended
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function agentConfig(uri, endpoint, credential) {
  return JSON.stringify({
    sources: [{ id: "files", type: "fs", config: { uri, driver_params: {} } }],
    senders: [{ id: "to-fusion", type: "fusion", config: { endpoint, credential } }],
    pipes: [{ id: "bench", source_id: "files", sender_id: "to-fusion", enabled: true }],
  });
}
