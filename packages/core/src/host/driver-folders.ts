import { existsSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface DriverFoldersOptions {
  /** The config file that names the drivers. */
  readonly configFile?: string | undefined;
  readonly home: string;
  /** How the command was called (`process.argv[1]`): possibly a link inside `node_modules/.bin`. */
  readonly binPath: string;
  /** `import.meta.url` of the app. */
  readonly selfUrl: string;
  readonly env?: NodeJS.ProcessEnv;
  /** `process.execPath`. */
  readonly nodePath?: string;
}

/**
 * The folders from which drivers are looked for, as Node would from a script there: in their own
 * `node_modules` and in those of the folders around them. The first one that has it, wins.
 *
 * In order: the config file's, the home, the project whose command was called (before links are
 * followed, so that npm's and pnpm's layouts look alike), the app's own installation, and what is
 * installed globally.
 */
export function driverFolders(options: DriverFoldersOptions): string[] {
  const { configFile, home, binPath, selfUrl, env = process.env } = options;
  const { nodePath = process.execPath } = options;
  const project = binPath === "" ? undefined : projectOf(resolve(binPath));
  const folders = [
    ...(configFile === undefined ? [] : [dirname(resolve(configFile))]),
    resolve(home),
    ...(project === undefined ? [] : [project]),
    dirname(followLinks(fileURLToPath(selfUrl))),
    ...globalPrefixes(nodePath, env).map((prefix) => join(prefix, "lib")),
    ...(project === undefined ? [] : globalGroupsBeside(project)),
  ];
  return [...new Set(folders)];
}

/**
 * The folder around the outermost `node_modules`: `/p` for all of `/p/node_modules/.bin/x`,
 * `/p/node_modules/@fustor/agent/x.js` and `/p/node_modules/.pnpm/a/node_modules/b/x.js`.
 */
function projectOf(binPath: string): string {
  const end = binPath.indexOf(`${sep}node_modules${sep}`);
  return end === -1 ? dirname(binPath) : binPath.slice(0, end);
}

/** pnpm gives every package that it installs globally a project of its own; links name them. */
function globalGroupsBeside(project: string): string[] {
  const groups = dirname(project);
  if (!/[\\/]global[\\/]v\d+$/.test(groups) || !existsSync(groups)) return [];
  return readdirSync(groups, { withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => join(groups, entry.name))
    .sort();
}

function globalPrefixes(nodePath: string, env: NodeJS.ProcessEnv): string[] {
  const named = [env["npm_config_prefix"], env["PREFIX"]];
  const prefixes = [dirname(dirname(nodePath)), ...named.filter((prefix) => prefix !== undefined)];
  return prefixes.filter((prefix) => existsSync(join(prefix, "lib", "node_modules")));
}

function followLinks(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** The `node_modules` that Node would look into from a script in `folder`, nearest first. */
export function nodeModulesAround(folder: string): string[] {
  const found: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if (basename(at) !== "node_modules") found.push(join(at, "node_modules"));
    if (at === dirname(at)) return found;
  }
}
