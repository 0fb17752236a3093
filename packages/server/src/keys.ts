import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { FustorError, type Clock } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { KeyFile, type StoredKey } from "./key-file.js";
import { parseScopes, Scopes, type Scope } from "./scopes.js";

export interface NewKey {
  readonly name?: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; without it the key does not expire. */
  readonly expiresAt?: number;
}

/** The API keys of one Fusion. Secrets are never kept: only their SHA-256. */
export interface KeyStore {
  /**
   * Makes a key. `key` is shown here and never again. Any number of keys may have the same scopes: the
   * old one goes on until it is revoked or expires.
   *
   * Throws `USAGE` for an unknown scope or a time that is over, `HOME_UNUSABLE` when the file cannot be
   * written.
   */
  create(options: NewKey): Promise<{ readonly id: string; readonly key: string }>;
  list(): Promise<readonly KeyInfo[]>;
  /** False when there is no such key. A running Fusion refuses the key within a few seconds. */
  revoke(id: string): Promise<boolean>;
  /** What the key may do; undefined for anything that is not a living key. */
  check(key: string): Scopes | undefined;
  /** What the key with this id may do, for whoever has shown it before; undefined once it is none. */
  find(id: string): Scopes | undefined;
}

export interface KeyInfo {
  readonly id: string;
  readonly name: string | undefined;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
}

/** How old the knowledge of the file may be when a key is checked. */
const RECHECK_MS = 1_000;
/** The same for an id that is not known: it may have been made a moment ago. */
const RECHECK_UNKNOWN_MS = 20;
const FORMAT = /^fk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
/** Compared against when the id is unknown, so that the answer takes as long. */
const NOBODY = sha256("");

/** Keys in `file` (mode 0600, made when the first key is). Other processes may write it too. */
export function createKeyStore(
  file: string,
  { clock = createSystemClock() }: { readonly clock?: Clock } = {},
): KeyStore {
  return new FileKeyStore(new KeyFile(file, clock), clock);
}

class FileKeyStore implements KeyStore {
  readonly #file: KeyFile;
  readonly #clock: Clock;
  #known: ReadonlyMap<string, StoredKey> = new Map();
  #lookedAt = -Infinity;
  /** Writers of this process take turns: each reads what the one before wrote. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(file: KeyFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  async create({
    name,
    scopes,
    expiresAt,
  }: NewKey): Promise<{ readonly id: string; readonly key: string }> {
    const list = parseScopes(scopes);
    const now = this.#clock.now();
    if (expiresAt !== undefined && !(expiresAt > now)) {
      throw new FustorError("USAGE", "A key that has expired already is none. Name a later time.");
    }
    const id = randomBytes(6).toString("hex");
    const secret = randomBytes(32).toString("base64url");
    const stored: StoredKey = {
      id,
      ...(name === undefined ? {} : { name }),
      scopes: list,
      sha256: sha256(secret).toString("hex"),
      created_at: Math.round(now),
      ...(expiresAt === undefined ? {} : { expires_at: Math.round(expiresAt) }),
    };
    await this.#change((keys) => [...keys, stored]);
    return { id, key: `fk_${id}_${secret}` };
  }

  async list(): Promise<readonly KeyInfo[]> {
    await this.#turn;
    return this.#file.read().map(({ id, name, scopes, created_at, expires_at }) => ({
      id,
      name,
      scopes,
      createdAt: created_at,
      expiresAt: expires_at,
    }));
  }

  async revoke(id: string): Promise<boolean> {
    let found = false;
    await this.#change((keys) => {
      const left = keys.filter((key) => key.id !== id);
      found = left.length < keys.length;
      return left;
    });
    return found;
  }

  check(key: string): Scopes | undefined {
    const [, id, secret] = FORMAT.exec(key) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    this.#refresh(RECHECK_MS);
    if (!this.#known.has(id)) this.#refresh(RECHECK_UNKNOWN_MS);
    const stored = this.#known.get(id);
    const expected = stored === undefined ? NOBODY : Buffer.from(stored.sha256, "hex");
    const matches = timingSafeEqual(sha256(secret), expected);
    return matches && stored !== undefined ? this.#scopesOf(stored) : undefined;
  }

  find(id: string): Scopes | undefined {
    this.#refresh(RECHECK_MS);
    const stored = this.#known.get(id);
    return stored && this.#scopesOf(stored);
  }

  /** Undefined for a key that has expired. */
  #scopesOf({ id, scopes, name, expires_at }: StoredKey): Scopes | undefined {
    if (expires_at !== undefined && this.#clock.now() >= expires_at) return undefined;
    return new Scopes(id, scopes, {
      ...(name === undefined ? {} : { name }),
      ...(expires_at === undefined ? {} : { expiresAt: expires_at }),
    });
  }

  #refresh(ageMsMax: number): void {
    const now = this.#clock.now();
    if (now - this.#lookedAt < ageMsMax) return;
    this.#lookedAt = now;
    const keys = this.#file.readIfChanged();
    if (keys !== undefined) this.#known = new Map(keys.map((key) => [key.id, key]));
  }

  async #change(edit: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
    const mine = this.#turn.then(() => this.#file.change(edit));
    this.#turn = mine.catch(() => undefined);
    await mine;
    this.#lookedAt = -Infinity;
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
