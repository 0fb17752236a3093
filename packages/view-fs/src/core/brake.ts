import type { NodeId, Tree } from "../tree/index.js";
import type { Evidence } from "./evidence.js";
import { HELD } from "./flags.js";

export interface Hold {
  readonly host: string;
  readonly t0: number;
  readonly cycle: number;
  /** More than half of the root: the same host's word is not enough. */
  readonly isLarge: boolean;
  /** An operator has let it go. */
  readonly isApproved?: boolean;
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

/** Holds removals in bulk that no event told of, until something confirms them. */
export class Brake {
  readonly #tree: Tree;
  readonly #limits: BrakeLimits;
  readonly #holds = new Map<NodeId, Hold>();
  #cycle = 0;
  #size = 1;
  #removed = 0;

  constructor(tree: Tree, limits: BrakeLimits) {
    this.#tree = tree;
    this.#limits = limits;
  }

  get held(): Iterable<NodeId> {
    return this.#holds.keys();
  }

  /** An audit begins: removals are counted anew, against so many rows. */
  beginCycle(size: number): void {
    this.#cycle += 1;
    this.#size = size;
    this.#removed = 0;
  }

  /** May `count` rows, at and below a node, go by E? */
  judge(id: NodeId, count: number, E: Evidence): "free" | "released" | "held" {
    const { rows, share, holdsMax } = this.#limits;
    const all = this.#removed + count;
    const hold = this.#holds.get(id);
    if (hold?.isApproved === true) return "released";
    const isSecond = hold !== undefined && hold.host !== E.host;
    const isAgain = hold !== undefined && !hold.isLarge && hold.cycle < this.#cycle;
    if (all <= rows || all <= share * this.#size || isSecond || isAgain) {
      this.#removed = all;
      return hold === undefined ? "free" : "released";
    }
    if (hold === undefined && this.#holds.size < holdsMax) {
      const { host, t0 } = E;
      this.#holds.set(id, { host, t0, cycle: this.#cycle, isLarge: all > this.#size / 2 });
      this.#tree.setFlags(id, this.#tree.flags(id) | HELD);
    }
    return "held";
  }

  /** What is held may go with the next word that misses it. */
  approve(id: NodeId): void {
    const hold = this.#holds.get(id);
    if (hold !== undefined) this.#holds.set(id, { ...hold, isApproved: true });
  }

  /** The node is there after all, or is gone. */
  release(id: NodeId): void {
    if (this.#holds.delete(id)) this.#tree.setFlags(id, this.#tree.flags(id) & ~HELD);
  }

  copy(): BrakeCopy {
    const [cycle, size, removed] = [this.#cycle, this.#size, this.#removed];
    return { holds: [...this.#holds], cycle, size, removed };
  }

  restore({ holds, cycle, size, removed }: BrakeCopy): void {
    for (const [id, hold] of holds) this.#holds.set(id, hold);
    this.#cycle = cycle;
    this.#size = size;
    this.#removed = removed;
  }

  *entries(): Generator<readonly [string, string, number, number, boolean]> {
    for (const [id, { host, t0, cycle, isApproved = false }] of this.#holds) {
      yield [this.#tree.path(id), host, t0, cycle, isApproved];
    }
    yield ["", "", this.#size, this.#removed, false];
  }
}
