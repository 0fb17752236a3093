/** What a pipe knows of the root of an agent. */
export interface KnownRoot {
  /** What its source calls it, and the views hear the agent of. */
  readonly identity: string;
  /** It is the root that the views show: it told their snapshot, or was held against it, or accepted. */
  readonly proven: boolean;
}

/** Agents whose ids do not last come as new ones for ever: the roots of so many are known. */
const AGENTS_MAX = 10_000;

/** The roots of the agents that came, those that came last at the end. */
export class Roots {
  readonly #known = new Map<string, KnownRoot>();
  readonly #max: number;

  constructor(max = AGENTS_MAX) {
    this.#max = max;
  }

  get(agentId: string): KnownRoot | undefined {
    return this.#known.get(agentId);
  }

  /**
   * An agent came; the first root of one that is new is noted. Beyond the limit the one is forgotten
   * that came longest ago, is not `present`, and proves nothing if there is such a one.
   */
  meet(agentId: string, identity: string, present: ReadonlySet<string>): void {
    const known = this.#known.get(agentId) ?? { identity, proven: false };
    this.#known.delete(agentId);
    this.#known.set(agentId, known);
    if (this.#known.size <= this.#max) return;
    const absent = [...this.#known].filter(([id]) => id !== agentId && !present.has(id));
    const [oldest] = absent.find(([, { proven }]) => !proven) ?? absent[0] ?? [];
    if (oldest !== undefined) this.#known.delete(oldest);
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
