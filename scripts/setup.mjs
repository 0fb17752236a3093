/**
 * Brings a checkout to the point where it can run: packages installed, everything built.
 * Plain JavaScript without dependencies, because nothing is installed yet when it starts.
 *
 * What is up to date is left alone, so that the second call takes a moment.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const PNPM = "pnpm@12.21.0";
const stamps = {
  install: join(root, "node_modules", ".fustor-installed"),
  build: join(root, "node_modules", ".fustor-built"),
};

/** Ends the process with one sentence and exit code 1 when this Node.js is too old for Fustor. */
export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(
    `Fustor needs Node.js 20.19 or newer, and this is ${process.versions.node}. ` +
      "Install Node.js 24 (recommended) from https://nodejs.org and try again.\n",
  );
  process.exit(1);
}

/**
 * Installs what the lockfile asks for and, with `build`, builds every package. Prints a line for
 * each thing that it does and nothing for what was done before.
 *
 * Throws an `Error` whose message says what failed, after the tool's own output was printed.
 *
 * @param {{ build?: boolean }} [options]
 */
export async function prepare({ build = false } = {}) {
  requireNode();
  await step({
    stamp: stamps.install,
    fingerprint: fingerprint(["pnpm-lock.yaml", "pnpm-workspace.yaml"]),
    done: () => existsSync(join(root, "node_modules", ".modules.yaml")),
    says: "Installing packages (the first time takes about a minute)",
    fails: explainInstall,
    args: ["install", "--frozen-lockfile"],
  });
  if (!build) return;
  const folders = workspaceFolders();
  await step({
    stamp: stamps.build,
    fingerprint: fingerprint([
      "pnpm-lock.yaml",
      "tsconfig.base.json",
      "turbo.json",
      ...folders.flatMap(buildInputs),
    ]),
    done: () => folders.every((folder) => existsSync(join(root, folder, "dist"))),
    says: "Building",
    fails: () => "The build failed.",
    args: ["exec", "turbo", "run", "build", "--output-logs=errors-only"],
  });
}

/**
 * Why the packages could not be installed, by what npm and pnpm said, and what to do about it.
 *
 * @param {string} output
 */
export function explainInstall(output) {
  const [, reason] = REASONS.find(([pattern]) => pattern.test(output)) ?? [];
  return `The packages could not be installed: ${reason ?? "see what was printed above."}`;
}

/** The first that fits: what is said of the lockfile or the disk is no matter of the registry. */
const REASONS = [
  [
    /OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH/,
    "pnpm-lock.yaml does not belong to the package.json files that are here. Take it from the " +
      `same commit (git checkout pnpm-lock.yaml), or renew it: npx ${PNPM} install --no-frozen-lockfile`,
  ],
  [
    /BROKEN_LOCKFILE|NO_LOCKFILE/,
    "pnpm-lock.yaml is missing or damaged. Take it from the commit: git checkout pnpm-lock.yaml",
  ],
  [/ENOSPC/, "the disk is full. Free some space and try again."],
  [/EDQUOT/, "the disk quota of this user is used up. Free some space and try again."],
  [/EACCES|EPERM|EROFS/, "this user may not write here, or into npm's cache. Look at the owner."],
  [
    /INTEGRITY|EINTEGRITY/,
    "the registry sent a package that is not the one that pnpm-lock.yaml names. Try again; if it " +
      "stays so, look at the registry or proxy that npm is set to (npm config get registry).",
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CERT|FETCH_FAIL/,
    "the npm registry cannot be reached. Look at the network, or at the registry and proxy that " +
      "npm is set to (npm config get registry).",
  ],
  [
    /\bE?404\b|E401|E403|NO_MATCHING_VERSION/,
    "the npm registry does not hand out a package that is needed. Look at which registry npm is " +
      "set to (npm config get registry).",
  ],
];

/** Runs pnpm unless the stamp says that the same input was dealt with before. */
async function step({ stamp, fingerprint, done, says, fails, args }) {
  if (done() && readStamp(stamp) === fingerprint) return;
  process.stdout.write(`${says} ...\n`);
  rmSync(stamp, { force: true });
  const { code, output } = await run("npx", ["--yes", PNPM, ...args]);
  if (code !== 0) {
    process.stderr.write(output);
    throw new Error(`${fails(output)} (exit code ${code})`);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

/** Runs a program in the checkout and resolves with its exit code and everything it said. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      // CI: nobody is asked anything.
      env: { ...process.env, CI: "1", TURBO_TELEMETRY_DISABLED: "1", NO_UPDATE_NOTIFIER: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
      // A group of its own: what npx starts in turn has to hear of the end too.
      detached: process.platform !== "win32",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    }
    const passOn = (signal) => endGroup(child, signal);
    process.on("SIGINT", passOn).on("SIGTERM", passOn);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGINT", passOn).off("SIGTERM", passOn);
      if (signal === "SIGINT" || signal === "SIGTERM") process.exit(130);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Ends a process and all that it has started. */
function endGroup(child, signal) {
  if (process.platform === "win32") return child.kill(signal);
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody of it is left.
  }
}

function workspaceFolders() {
  return ["packages", "apps", "examples"].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${group}/${entry.name}`)
      .filter((folder) => existsSync(join(root, folder, "tsup.config.ts"))),
  );
}

function buildInputs(folder) {
  const sources = readdirSync(join(root, folder, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1));
  const settings = ["package.json", "tsup.config.ts", "tsconfig.json"];
  return [...settings.map((name) => `${folder}/${name}`), ...sources.sort()];
}

/** One hash over names and contents: the clock plays no part, so a checkout is not a change. */
function fingerprint(files) {
  const hash = createHash("sha256").update(process.versions.node);
  for (const file of files) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
