import type { Role } from "@fustor/core";

export interface RoleChange {
  readonly sessionId: string;
  readonly role: Role;
}

/**
 * Who leads one root: first come, first served. The leader stays until it leaves; then the oldest
 * session follows it. Every leadership has an epoch of its own.
 */
export class Leadership {
  /** In the order of their coming. */
  readonly #sessions = new Set<string>();
  #leader: string | undefined;
  #epoch = 0;

  get leader(): string | undefined {
    return this.#leader;
  }

  /** 0 before the first leadership, then one more with each. */
  get epoch(): number {
    return this.#epoch;
  }

  roleOf(sessionId: string): Role {
    return sessionId === this.#leader ? "leader" : "follower";
  }

  join(sessionId: string): RoleChange {
    this.#sessions.add(sessionId);
    if (this.#leader === undefined) this.#lead(sessionId);
    return { sessionId, role: this.roleOf(sessionId) };
  }

  /** Returns the one who leads now, if that changed. */
  leave(sessionId: string): RoleChange | undefined {
    this.#sessions.delete(sessionId);
    if (sessionId !== this.#leader) return undefined;
    this.#leader = undefined;
    const [next] = this.#sessions;
    if (next === undefined) return undefined;
    this.#lead(next);
    return { sessionId: next, role: "leader" };
  }

  /** An agent returned: its new session has the role of its old one, whoever else waits. */
  succeed(oldSessionId: string, sessionId: string): RoleChange {
    this.#sessions.delete(oldSessionId);
    if (oldSessionId === this.#leader) this.#lead(sessionId);
    return this.join(sessionId);
  }

  /** Everybody goes, and nobody follows. */
  clear(): void {
    this.#sessions.clear();
    this.#leader = undefined;
  }

  #lead(sessionId: string): void {
    this.#leader = sessionId;
    this.#epoch += 1;
  }
}
