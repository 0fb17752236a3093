import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { FustorError, type Clock } from "@fustor/core";
import { homeUnusable, withTurn } from "@fustor/core/host";
import { isScope, type Scope } from "./scopes.js";

/**
 * Of the file. A newer one is refused, never overwritten; an older one is read, and written anew with
 * the next change. Version 2 knows keys that expire and keys for a part of a view.
 */
const VERSION = 2;

/** One key as it stands in the file. */
export interface StoredKey {
  readonly id: string;
  readonly name?: string;
  readonly scopes: readonly Scope[];
  /** Of the secret, in hexadecimal. */
  readonly sha256: string;
  /** Milliseconds since the epoch. */
  readonly created_at: number;
  /** The same; from then on the key is none. */
  readonly expires_at?: number;
}

/** `keys.json`: written whole or not at all, readable by its owner only. */
export class KeyFile {
  readonly #path: string;
  readonly #clock: Clock;
  #seen = "";

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** No keys when there is no file. Throws `HOME_UNUSABLE` when it does not hold keys. */
  read(): readonly StoredKey[] {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw this.#unusable("cannot be read", cause);
    }
    return this.#parse(text);
  }

  /** Undefined when the file is the one read before. A file that cannot be read holds no keys. */
  readIfChanged(): readonly StoredKey[] | undefined {
    try {
      const mark = this.#mark();
      if (mark === this.#seen) return undefined;
      const keys = this.read();
      this.#seen = mark;
      return keys;
    } catch {
      this.#seen = "";
      return [];
    }
  }

  /**
   * Replaces what the file holds by what `edit` makes of it, while no other process does the same.
   *
   * Throws `HOME_UNUSABLE`; the old file then still stands.
   */
  async change(edit: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
    try {
      await withTurn(`${this.#path}.turn`, this.#clock, () => this.#write(edit(this.read())));
    } catch (cause) {
      throw cause instanceof FustorError ? cause : homeUnusable(dirname(this.#path), cause);
    }
  }

  async #write(keys: readonly StoredKey[]): Promise<void> {
    const draft = `${this.#path}.${randomBytes(4).toString("hex")}.tmp`;
    try {
      const handle = await open(draft, "wx", 0o600);
      try {
        await handle.writeFile(`${JSON.stringify({ version: VERSION, keys }, null, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (cause) {
      await rm(draft, { force: true });
      throw cause;
    }
  }

  /** Differs after every `change`: the file is then another one. */
  #mark(): string {
    const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return "missing";
    return [stat.ino, stat.mtimeNs, stat.ctimeNs, stat.size].map(String).join(":");
  }

  #parse(text: string): readonly StoredKey[] {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw this.#unusable("is not JSON", cause);
    }
    const { version, keys } = isRecord(value) ? value : {};
    if (typeof version === "number" && version > VERSION) {
      throw this.#unusable(`is of version ${String(version)}, which a newer Fusion wrote`);
    }
    if (!Array.isArray(keys) || !keys.every(isStoredKey)) {
      throw this.#unusable("does not hold API keys");
    }
    return keys;
  }

  #unusable(problem: string, cause?: unknown): FustorError {
    return new FustorError(
      "HOME_UNUSABLE",
      `The key file ${this.#path} ${problem}. Restore it from a backup, or remove it and make new keys.`,
      { cause },
    );
  }
}

function isStoredKey(value: unknown): value is StoredKey {
  return (
    isRecord(value) &&
    typeof value["id"] === "string" &&
    (value["name"] === undefined || typeof value["name"] === "string") &&
    Array.isArray(value["scopes"]) &&
    value["scopes"].every(isScope) &&
    typeof value["sha256"] === "string" &&
    /^[0-9a-f]{64}$/.test(value["sha256"]) &&
    typeof value["created_at"] === "number" &&
    (value["expires_at"] === undefined || typeof value["expires_at"] === "number")
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** A rename is durable once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
