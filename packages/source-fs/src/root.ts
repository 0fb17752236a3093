import { accessSync, constants, realpathSync, statfsSync, statSync } from "node:fs";
import { FustorError } from "@fustor/core";
import { encodeName } from "@fustor/schema-fs";
import { fileSystemKind, type FileSystemKind } from "./file-systems.js";
import { errnoOf, type Looker, type Present, type SystemPath } from "./look.js";

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
  /**
   * Tells the folder from another one at its path, and stays equal when the same file system is
   * mounted again: the kind of file system, the inode and, where that is kept, when it was made. The
   * root of every ext4 has the same inode.
   */
  readonly identity: string;
  readonly #base: string;
  readonly #looker: Looker;
  readonly #seen: Present;

  /** Throws `SOURCE_UNAVAILABLE` (retryable) when there is no readable folder at `uri`. */
  constructor(uri: string, looker: Looker, attributeCacheSec?: number) {
    this.uri = uri;
    this.#looker = looker;
    try {
      this.#seen = see(uri, looker);
      accessSync(uri, constants.R_OK | constants.X_OK);
      this.#base = realpathSync(uri).replace(/\/$/, "");
      this.kind = fileSystemKind(statfsSync(uri).type);
    } catch (error) {
      throw error instanceof FustorError ? error : unavailable(uri, reasonOf(error), error);
    }
    this.attributeCacheSec = attributeCacheSec ?? (this.kind.local ? 0 : DEFAULT_CACHE_SEC);
    const { attributes, born } = this.#seen;
    const made = this.kind.keepsBirth && born !== undefined ? `:${String(born)}` : "";
    this.identity = `${this.kind.name}:${String(attributes.ino)}${made}`;
  }

  /** Its absolute path without symbolic links; empty for the file system's own root. */
  get base(): string {
    return this.#base;
  }

  /** The device that is reported; others that are mounted below are not entered. */
  get device(): number {
    return this.#seen.device;
  }

  /** Other hosts may change it, of which this one learns late. */
  get isShared(): boolean {
    return this.attributeCacheSec > 0 || !this.kind.local;
  }

  /** A directory that changed no longer ago than this may have changed again without a trace. */
  get youthMs(): number {
    return this.isShared ? this.attributeCacheSec * 1000 + REMOTE_STAMP_MS : STAMP_MS;
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
      sight.attributes.ino === this.#seen.attributes.ino &&
      (sight.born === this.#seen.born || !this.kind.keepsBirth);
    if (!isSame) this.#explain();
  }

  /** Throws `SOURCE_UNAVAILABLE` (retryable) unless this is the folder with that identity. */
  mustBe(identity: string): void {
    if (this.identity === identity) return;
    throw new FustorError(
      "SOURCE_UNAVAILABLE",
      `Another folder is at ${this.uri} now: it is ${this.identity}, and ${identity} was reported. ` +
        "Nothing of it is reported, and nothing is removed. Mount or move the first one there again, " +
        "which is noticed. If the new one is meant, restart the agent and accept its root in Fusion " +
        "(docs/operations.md, A root that was replaced).",
      { retryable: true },
    );
  }

  /** Looks again, at leisure, and throws what is wrong. */
  #explain(): void {
    const now = new Root(this.uri, this.#looker, this.attributeCacheSec);
    now.mustBe(this.identity);
    if (now.device !== this.device) throw unavailable(this.uri, "was mounted anew");
  }
}

/** What stands at `uri` now. Throws a `FustorError`, or the system's own error with its code. */
function see(uri: string, looker: Looker): Present {
  const sight = looker.follow(uri);
  if (sight.state !== "present") {
    statSync(uri); // it says why not
    throw unavailable(uri, "was not there for a moment");
  }
  if (sight.attributes.type !== "d") throw unavailable(uri, "is not a folder");
  return sight;
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
