/**
 * `node scripts/record-session.mjs`: runs a real session of `fustor` on a tree that it makes, and
 * draws it as docs/images/session.svg. Needs a build. What is drawn is what the commands printed.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, "apps", "fustor", "dist", "cli.js");
const picture = join(root, "docs", "images", "session.svg");
const place = mkdtempSync(join(tmpdir(), "fustor-session-"));
const tree = join(place, "research");
const env = {
  ...process.env,
  FUSTOR_HOME: join(place, "home"),
  FUSTOR_FUSION_PORT: "0",
  FUSTOR_AGENT_PORT: "0",
  TZ: "UTC",
};

try {
  makeTree();
  const up = start(["up", tree]);
  try {
    await up.says(/^Ready after .*$/m);
    const lines = [];
    for (const args of [
      ["find", "/", "-name", "*.raw", "-size", "+3M", "-printf", "%s %p\\n"],
      ["du", "-h", "-d", "1", "/"],
    ]) {
      lines.push(...shown(args, await run(args)));
    }
    const watcher = start(["watch", "/"]);
    // It says nothing before the first change.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await writeFile(join(tree, "notes.txt"), "calibrated\n");
    await watcher.says(/created +\/notes\.txt/);
    await rename(join(tree, "notes.txt"), join(tree, "corona", "notes.txt"));
    await watcher.says(/moved +\/notes\.txt -> \/corona\/notes\.txt/);
    await watcher.end("SIGINT");
    lines.push(...shown(["watch", "/"], watcher.output()));
    for (const args of [
      ["explain", "/notes.txt"],
      ["verify", tree],
    ]) {
      lines.push(...shown(args, await run(args)));
    }
    mkdirSync(dirname(picture), { recursive: true });
    await writeFile(picture, draw(lines.map(withoutThisMachine)));
    process.stdout.write(`Drew ${picture}\n`);
  } finally {
    await up.end("SIGTERM");
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

/** What is drawn tells nothing of where it was recorded. */
function withoutThisMachine(line) {
  return line.replaceAll(tree, "/data/research").replace(/agent \S+-[0-9a-f]{8}$/, "agent nas-7");
}

/** Some thousand files of known sizes and times. */
function makeTree() {
  const at = Date.UTC(2026, 0, 31) / 1000;
  for (const [index, project] of ["aurora", "borealis", "corona"].entries()) {
    for (let run = 1; run <= 5; run += 1) {
      const folder = join(tree, project, `run-${run}`);
      mkdirSync(folder, { recursive: true });
      for (let frame = 1; frame <= 200; frame += 1) {
        const file = join(folder, `frame-${String(frame).padStart(4, "0")}.raw`);
        writeFileSync(file, "x".repeat(frame * 31 * (index + 1)));
        if (frame === 200) truncateSync(file, (run + index) * 700_000);
        utimesSync(file, at, at - frame * 60);
      }
    }
  }
}

/** A command while it runs. */
function start(args) {
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const waiting = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (piece) => {
      text += piece;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise((resolve) => child.once("close", resolve));
  const says = (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (!pattern.test(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`fustor ${args.join(" ")} ended:\n${text}`)));
    });
  return {
    says,
    ended,
    output: () => text,
    end: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}

/** What a command prints, run to its end. */
async function run(args) {
  const command = start(args);
  await command.ended;
  return command.output();
}

function shown(args, output) {
  const words = args.map((arg) => (/^[\w./+-]+$/.test(arg) ? arg : `'${arg}'`));
  const lines = output
    .replaceAll("\t", "  ")
    .split("\n")
    .filter((line) => line !== "");
  return [`$ fustor ${words.join(" ")}`, ...lines, ""];
}

/** A terminal as an SVG: no script, no font of its own, legible on light and dark pages. */
function draw(lines) {
  const [columns, step, width] = [96, 20, 900];
  const cut = lines.map((line) =>
    line.length > columns ? `${line.slice(0, columns - 1)}…` : line,
  );
  const height = cut.length * step + 64;
  const rows = cut.map((line, index) => {
    const colour = line.startsWith("$ ") ? "#7ee787" : "#c9d1d9";
    return `<text x="24" y="${index * step + 64}" fill="${colour}" xml:space="preserve">${escape(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A session of fustor in a terminal">
<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>
<circle cx="24" cy="22" r="6" fill="#ff5f56"/><circle cx="44" cy="22" r="6" fill="#ffbd2e"/><circle cx="64" cy="22" r="6" fill="#27c93f"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${rows.join("\n")}
</g>
</svg>
`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
