/** What a pipe knows of the root of an agent. */
export interface KnownRoot {
  /** What its source calls it, and the views hear the agent of. */
  readonly identity: string;
  /** It is the root that the views show: it told their snapshot, or was held against it, or accepted. */
  readonly proven: boolean;
}

/** The roots of all agents that ever came. */
export class Roots {
  readonly #known = new Map<string, KnownRoot>();

  get(agentId: string): KnownRoot | undefined {
    return this.#known.get(agentId);
  }

  /** An agent came; the first root of one that is new is noted. */
  meet(agentId: string, identity: string): void {
    if (!this.#known.has(agentId)) this.#known.set(agentId, { identity, proven: false });
  }

  /** Returns what was known before. */
  set(agentId: string, root: KnownRoot): KnownRoot | undefined {
    const before = this.#known.get(agentId);
    this.#known.set(agentId, root);
    return before;
  }

  /** True when the views are known to be of this root. */
  isProven(identity: string): boolean {
    for (const root of this.#known.values()) {
      if (root.proven && root.identity === identity) return true;
    }
    return false;
  }

  get state(): readonly (readonly [agentId: string, root: KnownRoot])[] {
    return [...this.#known];
  }

  restore(state: Roots["state"]): void {
    for (const [agentId, root] of state) this.#known.set(agentId, root);
  }
}
