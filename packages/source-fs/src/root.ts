import {
  accessSync,
  constants,
  realpathSync,
  statfsSync,
  statSync,
  type BigIntStats,
} from "node:fs";
import { FustorError } from "@fustor/core";
import { encodeName } from "@fustor/schema-fs";
import { exactNumber } from "./attributes.js";
import { fileSystemKind, type FileSystemKind } from "./file-systems.js";
import { errnoOf, type Looker, type SystemPath } from "./look.js";

/** Where the kernel stamps times no finer than this, two changes can look like one. */
const STAMP_MS = 20;
/** The same for servers whose clock is not ours. */
const REMOTE_STAMP_MS = 2000;
const DEFAULT_CACHE_SEC = 60;

/** The folder that a source reports, as it was when it was opened. */
export class Root {
  /** As configured. */
  readonly uri: string;
  readonly kind: FileSystemKind;
  /** How long this host may see old attributes and names. */
  readonly attributeCacheSec: number;
  /** Stays equal when the same file system is mounted again. */
  readonly identity: string;
  /** The device that is reported; others that are mounted below are not entered. */
  readonly device: number;
  readonly #base: string;
  readonly #looker: Looker;
  readonly #stats: BigIntStats;
  readonly #ino: number | string;

  /** Throws `SOURCE_UNAVAILABLE` (retryable) when there is no readable folder at `uri`. */
  constructor(uri: string, looker: Looker, attributeCacheSec?: number) {
    this.uri = uri;
    this.#looker = looker;
    try {
      this.#stats = statSync(uri, { bigint: true });
      if (!this.#stats.isDirectory()) throw unavailable(uri, "is not a folder");
      accessSync(uri, constants.R_OK | constants.X_OK);
      this.#base = realpathSync(uri).replace(/\/$/, "");
      this.kind = fileSystemKind(statfsSync(uri).type);
    } catch (error) {
      throw error instanceof FustorError ? error : unavailable(uri, reasonOf(error), error);
    }
    this.attributeCacheSec = attributeCacheSec ?? (this.kind.local ? 0 : DEFAULT_CACHE_SEC);
    this.device = Number(this.#stats.dev);
    this.#ino = exactNumber(this.#stats.ino);
    this.identity = `${this.kind.name}:${this.#stats.ino.toString()}`;
  }

  /** Its absolute path without symbolic links; empty for the file system's own root. */
  get base(): string {
    return this.#base;
  }

  /** A directory that changed no longer ago than this may have changed again without a trace. */
  get youthMs(): number {
    const cacheMs = this.attributeCacheSec * 1000;
    return cacheMs === 0 && this.kind.local ? STAMP_MS : cacheMs + REMOTE_STAMP_MS;
  }

  /** How the system calls a root-relative path. */
  systemPath(path: string): SystemPath {
    const absolute = path === "/" ? this.#base || "/" : this.#base + path;
    return absolute.isWellFormed() ? absolute : encodeName(absolute);
  }

  /** Throws `SOURCE_UNAVAILABLE` (retryable) when the folder is gone or is another one now. */
  check(): void {
    const sight = this.#looker.follow(this.uri);
    const isSame =
      sight.state === "present" &&
      sight.device === this.device &&
      sight.attributes.ino === this.#ino;
    if (!isSame) this.#explain();
  }

  /** Looks again, at leisure, and throws what is wrong. */
  #explain(): void {
    let now: BigIntStats;
    try {
      now = statSync(this.uri, { bigint: true });
    } catch (error) {
      throw unavailable(this.uri, reasonOf(error), error);
    }
    if (now.dev !== this.#stats.dev || now.ino !== this.#stats.ino) {
      throw unavailable(this.uri, "is not the folder that it was: something was mounted or moved");
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist: a part of its path is not a folder",
  EACCES: "cannot be read: permission denied",
  ESTALE: "is stale: the share was exported anew",
  EIO: "cannot be read: input/output error",
};

function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  return REASONS[errno] ?? `cannot be read: ${errno}`;
}

function unavailable(uri: string, reason: string, cause?: unknown): FustorError {
  return new FustorError(
    "SOURCE_UNAVAILABLE",
    `The folder ${uri} ${reason}. Create or mount it, or correct "uri"; it is tried again.`,
    { retryable: true, cause },
  );
}
