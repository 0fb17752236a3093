import { ConfigError, type Clock } from "@fustor/core";
import { errnoOf } from "../look.js";
import type { Root } from "../root.js";
import type { WatchBackend, WatchEvents } from "./backend.js";
import { InotifyBackend } from "./inotify.js";
import { loadLibc, type LoadedLibc } from "../libc.js";
import { NoBackend } from "./none.js";
import { ParcelBackend } from "./parcel.js";

export type WantedBackend = "auto" | "inotify" | "parcel";

/** Which back end will watch, and why that one. */
export interface Choice {
  readonly name: "inotify" | "parcel";
  /** Words for people, e.g. `the best on Linux`. */
  readonly reason: string;
  /** Opens it; where the system allows no instance at all, one that watches nothing. */
  open(root: Root, clock: Clock, events: WatchEvents): Promise<WatchBackend>;
}

/**
 * The back end for what the user wants: the configuration's word, or that of the environment
 * variable FUSTOR_WATCH_BACKEND where the configuration says `auto`.
 *
 * Throws a `ConfigError` when that one does not run here.
 */
export function chooseBackend(
  configured: WantedBackend,
  environment: string | undefined = process.env["FUSTOR_WATCH_BACKEND"],
): Choice {
  const wanted = configured === "auto" ? parseWanted(environment) : configured;
  if (wanted === "parcel") return parcel("asked for");
  if (process.platform !== "linux") {
    if (wanted === "auto") return parcel("inotify is Linux only");
    throw unusable('The watch back end "inotify" needs Linux. Use "auto".');
  }
  try {
    return inotify(loadLibc(), wanted === "auto" ? "the best on Linux" : "asked for");
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    if (wanted === "auto") return parcel(`koffi does not load here: ${reason}`);
    throw unusable(`The watch back end "inotify" needs koffi, which does not load: ${reason}`);
  }
}

function inotify(loaded: LoadedLibc, reason: string): Choice {
  return {
    name: "inotify",
    reason,
    open: (root, clock, events) =>
      orNone(async () => new InotifyBackend(loaded, root, clock, events)),
  };
}

function parcel(reason: string): Choice {
  return {
    name: "parcel",
    reason,
    open: (root, clock, events) => orNone(async () => new ParcelBackend(root, clock, events)),
  };
}

/** The system may allow no further instance of inotify (max_user_instances, open files). */
async function orNone(open: () => Promise<WatchBackend>): Promise<WatchBackend> {
  try {
    return await open();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EMFILE" || errno === "ENFILE" || errno === "ENOMEM") return new NoBackend();
    throw error;
  }
}

function parseWanted(value: string | undefined): WantedBackend {
  if (value === undefined || value === "") return "auto";
  if (value === "auto" || value === "inotify" || value === "parcel") return value;
  throw unusable(`"${value}" is no watch back end. Set it to auto, inotify or parcel.`);
}

function unusable(message: string): ConfigError {
  const path = "/driver_params/watch_backend";
  return new ConfigError("the file source", [{ path, message }]);
}
