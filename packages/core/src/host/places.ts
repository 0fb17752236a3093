import { join, resolve } from "node:path";
import { FustorError } from "../errors.js";
import type { App } from "./app.js";
import { resolveHome } from "./home.js";

/** How a program is called: by its own command, or as a part of another one. */
export interface Launcher {
  /** The script, as it was called: links are not followed. */
  readonly entry: string;
  /** What stands before the program's own arguments. */
  readonly args: readonly string[];
}

/** The options that commands take. */
export interface PlaceOptions {
  readonly home?: string;
  readonly config?: string;
  readonly launcher: Launcher;
}

/** Where a command finds things; all paths are absolute. */
export interface Places {
  readonly home: string;
  readonly configFile: string;
  /** True when the user named the file. */
  readonly configNamed: boolean;
  readonly logFile: string;
  /** The script that was called; the search for drivers looks around it. */
  readonly binPath: string;
  readonly launcher: Launcher;
  /** The environment with `FUSTOR_HOME` set to `home`. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Settles where things are: an option wins over the environment, which wins over the default.
 *
 * Throws `USAGE` for an option that is empty, which most often is a variable that is not set.
 */
export function findPlaces(app: App, options: PlaceOptions, env = process.env): Places {
  requireText("--home", options.home);
  requireText("--config", options.config);
  const home = options.home === undefined ? resolveHome(env) : resolve(options.home);
  return {
    home,
    configFile: resolve(options.config ?? join(home, `${app}-config.yaml`)),
    configNamed: options.config !== undefined,
    logFile: join(home, "logs", `${app}.log`),
    binPath: options.launcher.entry,
    launcher: options.launcher,
    env: { ...env, FUSTOR_HOME: home },
  };
}

/** Throws `USAGE` for a path that is given and empty: it would be the working folder. */
export function requireText(subject: string, path: string | undefined): void {
  if (path !== "") return;
  throw new FustorError("USAGE", `${subject} is empty. Name a path, or leave it out.`);
}

/** The port that `text` names. `subject` is where it was written. Throws `USAGE`. */
export function parsePort(subject: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new FustorError("USAGE", `${subject} is "${text}"; use a number from 0 to 65535.`);
}
