import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { FustorError } from "../errors.js";
import type { App } from "../host/app.js";
import { listDrivers } from "../host/driver-list.js";
import { prepareHome } from "../host/home.js";
import { findPlaces, type PlaceOptions } from "../host/places.js";
import { print } from "./print.js";

/** A package as npm names it, with its version or tag; or a folder or file of this machine. */
const PACKAGE = /^(?:@[\w.~-]+\/)?[\w][\w.~-]*(?:@[\w.~^<>=*|+-]+)?$/;
const LOCAL = /^(?:\.{1,2}$|\.{0,2}\/.)/;

/** Installs driver packages into the home, by npm and without running their scripts. */
export async function addDrivers(
  app: App,
  packages: readonly string[],
  options: PlaceOptions,
): Promise<number> {
  for (const name of packages) requirePackage(name);
  const { home } = findPlaces(app, options);
  await prepareHome(home);
  // Npm takes what is relative as below the home.
  const named = packages.map((name) => (LOCAL.test(name) ? resolve(name) : name));
  await npm(home, ["install", ...named]);
  const found = (await listDrivers([home])).filter(({ folder }) => isIn(home, folder));
  const broken = found.filter(({ problem }) => problem !== undefined);
  print([
    ...packages.map((name) => `Installed ${name} in ${home}/node_modules.`),
    ...found.map(({ packageName, version, kind = "?", name = "?", problem }) =>
      problem === undefined
        ? `${packageName} ${version} is the ${kind} "${name}".`
        : `${packageName} ${version} cannot be used: ${problem}`,
    ),
  ]);
  if (broken.length === 0 && found.length > 0) return 0;
  throw new FustorError(
    "DRIVER_INVALID",
    found.length === 0
      ? `None of ${packages.join(", ")} is a driver: its package.json says no "fustor". ` +
          `Remove it again: fustor-${app} drivers remove ${packages.join(" ")}`
      : `Not every driver in ${home} can be used; see above.`,
  );
}

/** Removes driver packages from the home. */
export async function removeDrivers(
  app: App,
  packages: readonly string[],
  options: PlaceOptions,
): Promise<number> {
  const { home } = findPlaces(app, options);
  const installed = await listDrivers([home]);
  for (const name of packages) {
    requirePackage(name);
    if (installed.some(({ packageName, folder }) => packageName === name && isIn(home, folder))) {
      continue;
    }
    throw new FustorError(
      "DRIVER_NOT_FOUND",
      `"${name}" is not installed in ${home}. See: fustor-${app} drivers list`,
    );
  }
  await npm(home, ["uninstall", ...packages]);
  print([`Removed ${packages.join(", ")} from ${home}/node_modules.`]);
  return 0;
}

function isIn(home: string, folder: string): boolean {
  return folder.startsWith(`${home}/`);
}

function requirePackage(name: string): void {
  if (PACKAGE.test(name) || LOCAL.test(name)) return;
  throw new FustorError(
    "USAGE",
    `"${name}" is no package. Name one as npm does, e.g. fustor-source-x or @acme/source-x@1.2.0.`,
  );
}

/** Runs npm on the home. Throws `DRIVER_NOT_FOUND` in npm's own words. */
async function npm(home: string, args: readonly string[]): Promise<void> {
  const flags = ["--prefix", home, "--ignore-scripts", "--no-audit", "--no-fund"];
  const { code, words } = await run("npm", [...args, ...flags, "--loglevel=error"]);
  if (code === 0) return;
  throw new FustorError(
    "DRIVER_NOT_FOUND",
    code === undefined
      ? "npm cannot be started: it comes with Node.js. Install it, or install the package into " +
          `${home}/node_modules in another way.`
      : `npm ${args.join(" ")} failed in ${home}:\n${words.trim()}`,
  );
}

/** What a program printed, and how it ended: undefined when it could not be started. */
function run(
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number | undefined; readonly words: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (words += text));
    }
    child.once("error", () => {
      resolve({ code: undefined, words });
    });
    child.once("close", (code) => {
      resolve({ code: code ?? 1, words });
    });
  });
}
