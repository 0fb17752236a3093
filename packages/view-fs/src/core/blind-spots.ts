import type { NodeId, Tree } from "../tree/index.js";
import { BLIND } from "./flags.js";
import { PathMap } from "./path-map.js";

export interface Spot {
  readonly kind: "addition" | "modification" | "deletion";
  readonly firstAt: number;
  readonly lastAt: number;
}

/** In a checkpoint. */
export interface BlindSpotsCopy {
  readonly nodes: readonly (readonly [NodeId, Spot])[];
  /** In the order in which they are forgotten. */
  readonly order: readonly string[];
  /** In an order in which they can be set again. */
  readonly deletions: readonly (readonly [string, Spot])[];
}

/**
 * Changes that a listing found and no event told of: somebody without an agent made them. What was
 * added or modified goes by its node, what was deleted by its path.
 */
export class BlindSpots {
  readonly #tree: Tree;
  readonly #max: number;
  readonly #nodes = new Map<NodeId, Spot>();
  readonly #deletions = new PathMap<Spot>();
  readonly #order = new Set<string>();

  constructor(tree: Tree, max: number) {
    this.#tree = tree;
    this.#max = max;
  }

  get size(): number {
    return this.#nodes.size + this.#deletions.size;
  }

  *nodes(kind: "addition" | "modification"): Generator<NodeId> {
    for (const [id, spot] of this.#nodes) if (spot.kind === kind) yield id;
  }

  deletions(): Iterable<string> {
    return this.#order;
  }

  isAddition(id: NodeId): boolean {
    return this.#nodes.get(id)?.kind === "addition";
  }

  /** A node is there, or is otherwise, that no event told of. */
  differs(id: NodeId, kind: "addition" | "modification", t0: number): void {
    const known = this.#nodes.get(id);
    const stays = known?.kind === "addition" ? "addition" : kind;
    this.#nodes.set(id, { kind: stays, firstAt: known?.firstAt ?? t0, lastAt: t0 });
    this.#tree.setFlags(id, this.#tree.flags(id) | BLIND);
    if (this.#nodes.size <= this.#max) return;
    const alike = [...this.nodes(stays)];
    const [oldest] = alike;
    if (alike.length > this.#max && oldest !== undefined) this.forget(oldest);
  }

  deleted(path: string, t0: number): void {
    const known = this.#deletions.get(path);
    this.#deletions.set(path, {
      kind: "deletion",
      firstAt: known?.firstAt ?? t0,
      lastAt: t0,
    });
    this.#order.add(path);
    if (this.#order.size <= this.#max) return;
    for (const oldest of this.#order) {
      this.returned(oldest);
      return;
    }
  }

  /** An event explains the node, or it goes. True when it was a blind spot. */
  forget(id: NodeId): boolean {
    if (!this.#nodes.delete(id)) return false;
    this.#tree.setFlags(id, this.#tree.flags(id) & ~BLIND);
    return true;
  }

  /** An event explains that a name is gone, or it is back. True when it was a blind spot. */
  returned(path: string): boolean {
    if (this.#order.size === 0) return false;
    this.#order.delete(path);
    return this.#deletions.delete(path);
  }

  hasDeletionsIn(directory: string): boolean {
    return this.#order.size > 0 && this.#deletions.node(directory)?.children !== undefined;
  }

  /** A node takes another's place under the same name. */
  replaced(before: NodeId, after: NodeId): void {
    const spot = this.#nodes.get(before);
    if (spot === undefined) return;
    this.#nodes.delete(before);
    this.#nodes.set(after, spot);
    this.#tree.setFlags(after, this.#tree.flags(after) | BLIND);
  }

  moved(from: string, to: string): void {
    if (this.#order.size === 0) return;
    for (const [path, spot] of this.#deletions.within(from)) {
      this.returned(path);
      const target = to + path.slice(from.length);
      this.#deletions.set(target, spot);
      this.#order.add(target);
    }
  }

  copy(): BlindSpotsCopy {
    const deletions = this.#deletions.within("/").reverse();
    return { nodes: [...this.#nodes], order: [...this.#order], deletions };
  }

  restore({ nodes, order, deletions }: BlindSpotsCopy): void {
    for (const [id, spot] of nodes) this.#nodes.set(id, spot);
    for (const path of order) this.#order.add(path);
    for (const [path, spot] of deletions) this.#deletions.set(path, spot);
  }

  *entries(): Generator<readonly [string, string, number, number]> {
    for (const [id, { kind, firstAt, lastAt }] of this.#nodes) {
      yield [this.#tree.path(id), kind, firstAt, lastAt];
    }
    for (const path of this.#order) {
      const spot = this.#deletions.get(path);
      if (spot !== undefined) yield [path, spot.kind, spot.firstAt, spot.lastAt];
    }
  }
}
