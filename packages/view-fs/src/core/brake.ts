import type { NodeId, Tree } from "../tree/index.js";
import type { Evidence, Word } from "./evidence.js";
import { HELD } from "./flags.js";

export interface Hold {
  readonly host: string;
  /** Fusion time of the latest word that missed it, its error included. */
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
 * went count together, for as long as something waits: a bulk does not pass in small parts. Names
 * that came meanwhile make up for as many: where names are made and missed all the time, or a
 * directory is missed under one name and found under another, the root does not get smaller.
 */
export class Brake {
  readonly #tree: Tree;
  readonly #limits: BrakeLimits;
  readonly #holds = new Map<NodeId, Hold>();
  #cycle = 0;
  /** The most rows that the root had since the first removal that counts. */
  #size = 1;
  #removed = 0;
  /** Rows that wait for a decision. */
  #waiting = 0;
  /** How many holds an operator has decided on. */
  readonly #decided = { approved: 0, rejected: 0 };

  constructor(tree: Tree, limits: BrakeLimits) {
    this.#tree = tree;
    this.#limits = limits;
  }

  get size(): number {
    return this.#holds.size;
  }

  get held(): Iterable<NodeId> {
    return this.#holds.keys();
  }

  /** What an operator said of what is held; undefined before. */
  decisionOn(id: NodeId): "approved" | "rejected" | undefined {
    return this.#holds.get(id)?.decision;
  }

  /** How many holds an operator has approved, or rejected. */
  get decided(): Readonly<Record<"approved" | "rejected", number>> {
    return this.#decided;
  }

  /** The latest word that missed what is held. */
  missedBy(id: NodeId): Word | undefined {
    const hold = this.#holds.get(id);
    return hold && { t0: hold.t0, error: 0, realtime: false };
  }

  /** True for what an operator wants to stay, whatever goes above it, but for what an event tells. */
  keeps(id: NodeId, { realtime }: Evidence): boolean {
    return !realtime && this.#decided.rejected > 0 && this.decisionOn(id) === "rejected";
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
    this.#size = Math.max(this.#size, this.#rows());
    if (hold !== undefined) {
      if (!this.#mayGo(hold, E)) {
        this.#set(id, { ...hold, t0: Math.max(hold.t0, E.t0 + E.error) });
        return "held";
      }
      this.release(id);
      this.#removed += count;
      return "released";
    }
    const { rows, share, holdsMax } = this.#limits;
    const loss = this.#loss(count);
    if (loss <= rows || loss <= share * this.#size) {
      this.#removed += count;
      return "free";
    }
    if (this.#holds.size < holdsMax) {
      const { host, t0, error } = E;
      this.#set(id, { host, t0: t0 + error, cycle: this.#cycle, count });
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

  /** True when the node is there after all: seen later than it was missed, whatever caches say. */
  seen(id: NodeId, { t0, lag, error }: Evidence): boolean {
    const hold = this.#holds.get(id);
    if (hold === undefined || t0 - lag - error <= hold.t0) return false;
    this.release(id);
    return true;
  }

  /** A node takes another's place under the same name. */
  replaced(before: NodeId, after: NodeId): void {
    const hold = this.#holds.get(before);
    if (hold === undefined) return;
    this.release(before);
    this.#set(after, hold);
    this.#tree.setFlags(after, this.#tree.flags(after) | HELD);
  }

  /** The node is gone, or has another name. */
  release(id: NodeId): void {
    const hold = this.#holds.get(id);
    if (hold === undefined) return;
    this.#holds.delete(id);
    this.#waiting -= waitingRows(hold);
    if (hold.decision !== undefined) this.#decided[hold.decision] -= 1;
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
    return cycle < this.#cycle && this.#loss(0) <= this.#size / 2;
  }

  /** By how many rows the root were smaller without all that waits and `count` more. */
  #loss(count: number): number {
    const shrunk = this.#size - (this.#rows() - this.#waiting - count);
    // What events told of does not count.
    return Math.min(shrunk, this.#removed + this.#waiting + count);
  }

  #rows(): number {
    const { files, directories } = this.#tree.count;
    return files + directories;
  }

  #decide(id: NodeId, decision: "approved" | "rejected"): void {
    const hold = this.#holds.get(id);
    if (hold !== undefined) this.#set(id, { ...hold, decision });
  }

  #set(id: NodeId, hold: Hold): void {
    const before = this.#holds.get(id);
    this.#waiting += waitingRows(hold) - (before === undefined ? 0 : waitingRows(before));
    if (before?.decision !== undefined) this.#decided[before.decision] -= 1;
    if (hold.decision !== undefined) this.#decided[hold.decision] += 1;
    this.#holds.set(id, hold);
  }
}

/** What was rejected stays: it is no part of a removal any more. */
function waitingRows({ count, decision }: Hold): number {
  return decision === "rejected" ? 0 : count;
}
