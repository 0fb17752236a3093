import { lstat, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { FustorError } from "../errors.js";
import { APP_WORDS, type App } from "../host/app.js";
import { homeUnusable } from "../host/home.js";
import { readClaim } from "../host/pid-file.js";
import { findPlaces, type PlaceOptions } from "../host/places.js";
import { print } from "./print.js";

export interface PurgeOptions extends PlaceOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** What an app writes into its home; the configuration is its user's, and goes last. */
const OURS: Readonly<Record<App, readonly string[]>> = {
  agent: ["agent.pid", "agent-id", "logs/agent.log", "agent-config.yaml"],
  fusion: ["fusion.pid", "state", "keys.json", "logs/fusion.log", "fusion-config.yaml"],
};
/** What both write, and goes when the other has nothing here. */
const SHARED = ["connection.json", "up"];
/** What npm makes for `drivers add`. */
const DRIVERS = ["node_modules", "package.json", "package-lock.json"];

/**
 * Removes what an app has written into the home, its configuration and keys too. Nothing else there
 * is touched. Throws `HOME_IN_USE` while the app runs, and `USAGE` unless `yes` or `dryRun` is said.
 */
export async function purge(app: App, options: PurgeOptions): Promise<number> {
  const { home } = findPlaces(app, options);
  const other: App = app === "agent" ? "fusion" : "agent";
  const isAlone = (await present(home, OURS[other])).length === 0;
  const shared = isAlone ? [...SHARED, ...((await isProject(home)) ? [] : DRIVERS)] : [];
  const found = await present(home, [...OURS[app], ...shared]);
  if (options.dryRun === true) {
    print([
      found.length === 0 ? `There is nothing of ours in ${home}.` : `This would remove:`,
      ...found.map((name) => `  ${join(home, name)}`),
    ]);
    return 0;
  }
  if ((await readClaim(home, app))?.alive === true) {
    throw new FustorError(
      "HOME_IN_USE",
      `${APP_WORDS[app].subject} of ${home} is running. Stop it first: fustor-${app} stop`,
    );
  }
  if (options.yes !== true) {
    throw new FustorError(
      "USAGE",
      `This removes ${found.join(", ")} from ${home} for good. Look with --dry-run, then say --yes.`,
    );
  }
  try {
    for (const name of found) await rm(join(home, name), { recursive: true, force: true });
  } catch (error) {
    throw homeUnusable(home, error);
  }
  // Only when they are empty: what else is in there is not ours.
  for (const folder of [join(home, "logs"), home]) await rmdir(folder).catch(() => undefined);
  print([`Removed ${String(found.length)} things of ours from ${home}.`]);
  return 0;
}

/** A home may be in a project of its user, which has a name and is none of ours. */
async function isProject(home: string): Promise<boolean> {
  try {
    const text = await readFile(join(home, "package.json"), "utf8");
    return (JSON.parse(text) as { readonly name?: unknown }).name !== undefined;
  } catch {
    return true;
  }
}

async function present(home: string, names: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    names.map((name) =>
      lstat(join(home, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_, index) => there[index]);
}
