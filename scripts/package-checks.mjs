/**
 * `pnpm package-checks`: looks at every package as its users would get it, and at what it brings
 * along. Build first. Prints one line for each fault and exits with 1 when there is any.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import semver from "semver";
import { pack, workspacePackages } from "./pack.mjs";
import { findPnpm } from "./pnpm.mjs";
import { root } from "./setup.mjs";

const OLDEST_NODE = "20.19.0";
const LICENCES = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "PSF-2.0",
]);
/** They say that they need a newer Node.js, and work on ours; the tests run with them. */
const WORK_ANYWAY = new Set(["cookie"]);
const FOREIGN = /^package\/(src|test|bench|node_modules)\/|\.test\.|config\.(ts|js|json)$/;
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

const exec = promisify(execFile);
const faults = [];
const folder = mkdtempSync(join(tmpdir(), "fustor-packages-"));
try {
  for (const each of workspacePackages().filter((one) => one.private !== true)) {
    await checkPackage(each);
  }
  await checkDependencies();
} finally {
  rmSync(folder, { recursive: true });
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(faults.length === 0 ? "All packages are fit to be released.\n" : "");
process.exit(faults.length === 0 ? 0 : 1);

async function checkPackage({ name, folder: source }) {
  const tarball = await pack(source, folder);
  const { stdout: list } = await exec("tar", ["-tzf", tarball]);
  const files = list.trim().split("\n");
  const { stdout: text } = await exec("tar", ["-xzOf", tarball, "package/package.json"]);
  const manifest = JSON.parse(text);

  for (const file of ["LICENSE", "README.md", "package.json"]) {
    expect(files.includes(`package/${file}`), `${name}: the tarball has no ${file}`);
  }
  const foreign = files.find((file) => FOREIGN.test(file));
  expect(foreign === undefined, `${name}: the tarball holds ${foreign}`);
  const script = INSTALL_SCRIPTS.find((each) => manifest.scripts?.[each] !== undefined);
  expect(script === undefined, `${name}: has the install script "${script}"`);
  expect(!text.includes("workspace:"), `${name}: a version "workspace:" was left in the manifest`);
  expect(manifest.license === "Apache-2.0", `${name}: its licence is ${manifest.license}`);
  expect(
    manifest.engines?.node === `>=${OLDEST_NODE}`,
    `${name}: does not say which Node it needs`,
  );
  await tool(name, "publint", ["run", tarball, "--strict"]);
  // A package of programs only has no entry point whose types could be wrong.
  if (Object.keys(manifest.exports ?? {}).length > 0) {
    await tool(name, "attw", [tarball, "--profile", "esm-only", "--format", "ascii"]);
  }
  process.stdout.write(`${name}: ${files.length} files\n`);
}

/** Everything that an installation of ours brings along. */
async function checkDependencies() {
  const args = ["licenses", "list", "--prod", "--json", "--recursive"];
  const { stdout } = await exec(await findPnpm(), args, { cwd: root, maxBuffer: 64 << 20 });
  for (const [licence, packages] of Object.entries(JSON.parse(stdout))) {
    for (const { name, versions, paths } of packages) {
      expect(isAllowed(licence), `${name}@${versions}: the licence ${licence} is not on our list`);
      for (const path of paths) checkEngine(path);
    }
  }
}

/** `A OR B` leaves the choice to us; anything more intricate is looked at by people. */
function isAllowed(licence) {
  const choices = licence.replace(/^\((.*)\)$/, "$1").split(" OR ");
  return choices.some((choice) => LICENCES.has(choice));
}

function checkEngine(path) {
  const { name, version, engines } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const range = engines?.node;
  if (range === undefined || semver.satisfies(OLDEST_NODE, range) || WORK_ANYWAY.has(name)) return;
  faults.push(`${name}@${version}: needs Node ${range}, and we promise ${OLDEST_NODE}`);
}

async function tool(name, program, args) {
  try {
    await exec(join(root, "node_modules", ".bin", program), args);
  } catch (error) {
    faults.push(`${name}: ${program} found faults:\n${error.stdout}${error.stderr}`);
  }
}

function expect(truth, otherwise) {
  if (!truth) faults.push(otherwise);
}
