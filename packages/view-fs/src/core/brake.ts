import type { NodeId, Tree } from "../tree/index.js";
import type { Evidence } from "./evidence.js";
import { HELD } from "./flags.js";

export interface Hold {
  readonly host: string;
  readonly t0: number;
  readonly cycle: number;
  /** Rows that would go with it. */
  readonly count: number;
  /** What an operator said of it. */
  readonly decision?: "approved" | "rejected";
}

/** In a checkpoint. */
export interface BrakeCopy {
  readonly holds: readonly (readonly [NodeId, Hold])[];
  readonly cycle: number;
  readonly size: number;
  readonly removed: number;
}

export interface BrakeLimits {
  /** The brake takes hold above both. */
  readonly rows: number;
  readonly share: number;
  readonly holdsMax: number;
}

/**
 * Holds removals in bulk that no event told of, until something confirms them. What is held and what
 * went count together, for as long as something waits: a bulk does not pass in small parts.
 */
export class Brake {
  readonly #tree: Tree;
  readonly #limits: BrakeLimits;
  readonly #holds = new Map<NodeId, Hold>();
  #cycle = 0;
  /** Rows of the root before the first removal that counts. */
  #size = 1;
  #removed = 0;
  /** Rows that wait for a decision. */
  #waiting = 0;

  constructor(tree: Tree, limits: BrakeLimits) {
    this.#tree = tree;
    this.#limits = limits;
  }

  get held(): Iterable<NodeId> {
    return this.#holds.keys();
  }

  /** What an operator said of what is held; undefined before. */
  decisionOn(id: NodeId): "approved" | "rejected" | undefined {
    return this.#holds.get(id)?.decision;
  }

  /** An audit begins, with so many rows: removals count anew, unless some wait still. */
  beginCycle(size: number): void {
    this.#cycle += 1;
    if (this.#waiting > 0) return;
    this.#size = size;
    this.#removed = 0;
  }

  /** May `count` rows, at and below a node, go by E? */
  judge(id: NodeId, count: number, E: Evidence): "free" | "released" | "held" {
    const hold = this.#holds.get(id);
    if (hold !== undefined) {
      if (!this.#mayGo(hold, E)) return "held";
      this.release(id);
      this.#removed += count;
      return "released";
    }
    const { rows, share, holdsMax } = this.#limits;
    const all = this.#removed + this.#waiting + count;
    if (all <= rows || all <= share * this.#size) {
      this.#removed += count;
      return "free";
    }
    if (this.#holds.size < holdsMax) {
      const { host, t0 } = E;
      this.#set(id, { host, t0, cycle: this.#cycle, count });
      this.#tree.setFlags(id, this.#tree.flags(id) | HELD);
    }
    return "held";
  }

  /** What is held may go with the next word that misses it. */
  approve(id: NodeId): void {
    this.#decide(id, "approved");
  }

  /** What is held stays, whoever misses it, until it is seen again or approved after all. */
  reject(id: NodeId): void {
    this.#decide(id, "rejected");
  }

  /** The node is there after all, or is gone. */
  release(id: NodeId): void {
    const hold = this.#holds.get(id);
    if (hold === undefined) return;
    this.#holds.delete(id);
    this.#waiting -= waitingRows(hold);
    this.#tree.setFlags(id, this.#tree.flags(id) & ~HELD);
  }

  copy(): BrakeCopy {
    const [cycle, size, removed] = [this.#cycle, this.#size, this.#removed];
    return { holds: [...this.#holds], cycle, size, removed };
  }

  restore({ holds, cycle, size, removed }: BrakeCopy): void {
    for (const [id, hold] of holds) this.#set(id, hold);
    this.#cycle = cycle;
    this.#size = size;
    this.#removed = removed;
  }

  *entries(): Generator<readonly unknown[]> {
    for (const [id, { host, t0, cycle, count, decision = "" }] of this.#holds) {
      yield [this.#tree.path(id), host, t0, cycle, count, decision];
    }
    yield ["", this.#cycle, this.#size, this.#removed];
  }

  /** The same host's second look is enough, unless more than half of the root would be gone. */
  #mayGo({ host, cycle, decision }: Hold, E: Evidence): boolean {
    if (decision !== undefined) return decision === "approved";
    if (host !== E.host) return true;
    return cycle < this.#cycle && this.#removed + this.#waiting <= this.#size / 2;
  }

  #decide(id: NodeId, decision: "approved" | "rejected"): void {
    const hold = this.#holds.get(id);
    if (hold !== undefined) this.#set(id, { ...hold, decision });
  }

  #set(id: NodeId, hold: Hold): void {
    const before = this.#holds.get(id);
    this.#waiting += waitingRows(hold) - (before === undefined ? 0 : waitingRows(before));
    this.#holds.set(id, hold);
  }
}

/** What was rejected stays: it is no part of a removal any more. */
function waitingRows({ count, decision }: Hold): number {
  return decision === "rejected" ? 0 : count;
}
