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

/** Settles where things are: an option wins over the environment, which wins over the default. */
export function findPlaces(app: App, options: PlaceOptions, env = process.env): Places {
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

/** The port that `text` names. `subject` is where it was written. Throws `USAGE`. */
export function parsePort(subject: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new FustorError("USAGE", `${subject} is "${text}"; use a number from 0 to 65535.`);
}
