import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "@fustor/core";

/** A login that nobody uses for so long is over. */
const IDLE_MS = 12 * 60 * 60 * 1000;
/** More than so many are not kept: the longest unused goes. */
const LOGINS_MAX = 10_000;

interface Login {
  readonly keyId: string;
  usedAt: number;
}

/**
 * Who is logged in from a browser. A login stands for a key and is worth what the key is worth at
 * the moment; it does not outlive the process. Tokens are kept hashed, as keys are.
 */
export class Logins {
  readonly #clock: Clock;
  /** By the hash of the token, the longest unused first. */
  readonly #logins = new Map<string, Login>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The token of a new login. */
  open(keyId: string): string {
    const token = randomBytes(32).toString("base64url");
    this.#logins.set(hash(token), { keyId, usedAt: this.#clock.now() });
    for (const oldest of this.#logins.keys()) {
      if (this.#logins.size <= LOGINS_MAX) break;
      this.#logins.delete(oldest);
    }
    return token;
  }

  /** The id of the key that a token stands for; undefined for none. */
  keyIdOf(token: string): string | undefined {
    const hashed = hash(token);
    const login = this.#logins.get(hashed);
    if (login === undefined) return undefined;
    this.#logins.delete(hashed);
    const now = this.#clock.now();
    if (now - login.usedAt > IDLE_MS) return undefined;
    login.usedAt = now;
    this.#logins.set(hashed, login);
    return login.keyId;
  }

  close(token: string): void {
    this.#logins.delete(hash(token));
  }
}

function hash(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
