import type { Role } from "@fustor/core";

/**
 * Who leads one root: first come, first served. The leader stays until it leaves; then somebody is
 * to follow it. Every leadership has an epoch of its own.
 *
 * It decides nothing by itself: it goes by what is told it, so that the same told again gives the
 * same leader and epoch.
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

  /** Who is to lead next: the oldest session; undefined while somebody leads, or nobody is there. */
  get successor(): string | undefined {
    if (this.#leader !== undefined) return undefined;
    const [oldest] = this.#sessions;
    return oldest;
  }

  roleOf(sessionId: string): Role {
    return sessionId === this.#leader ? "leader" : "follower";
  }

  come(sessionId: string): void {
    this.#sessions.add(sessionId);
  }

  leave(sessionId: string): void {
    this.#sessions.delete(sessionId);
    if (sessionId === this.#leader) this.#leader = undefined;
  }

  lead(sessionId: string): void {
    this.#leader = sessionId;
    this.#epoch += 1;
  }

  /** Goes on where another one was. */
  restore({ epoch, leader, sessions }: LeadershipState): void {
    for (const id of sessions) this.#sessions.add(id);
    this.#leader = leader;
    this.#epoch = epoch;
  }
}

/** All that a leadership is. */
export interface LeadershipState {
  readonly epoch: number;
  readonly leader?: string | undefined;
  /** The oldest first. */
  readonly sessions: readonly string[];
}
