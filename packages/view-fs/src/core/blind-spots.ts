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
  readonly #added = new Map<NodeId, Spot>();
  readonly #modified = new Map<NodeId, Spot>();
  readonly #deletions = new PathMap<Spot>();
  readonly #order = new Set<string>();

  constructor(tree: Tree, max: number) {
    this.#tree = tree;
    this.#max = max;
  }

  get size(): number {
    return this.#added.size + this.#modified.size + this.#deletions.size;
  }

  nodes(kind: "addition" | "modification"): Iterable<NodeId> {
    return this.#like(kind).keys();
  }

  deletions(): Iterable<string> {
    return this.#order;
  }

  isAddition(id: NodeId): boolean {
    return this.#added.has(id);
  }

  /** A node is there, or is otherwise, that no event told of. */
  differs(id: NodeId, kind: "addition" | "modification", t0: number): void {
    const known = this.#added.get(id) ?? this.#modified.get(id);
    const stays = known?.kind === "addition" ? "addition" : kind;
    if (known !== undefined && known.kind !== stays) this.#modified.delete(id);
    const alike = this.#like(stays);
    alike.set(id, { kind: stays, firstAt: known?.firstAt ?? t0, lastAt: t0 });
    this.#tree.setFlags(id, this.#tree.flags(id) | BLIND);
    if (alike.size <= this.#max) return;
    for (const oldest of alike.keys()) {
      this.forget(oldest);
      return;
    }
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
    if (!this.#added.delete(id) && !this.#modified.delete(id)) return false;
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
    const spot = this.#added.get(before) ?? this.#modified.get(before);
    if (spot === undefined) return;
    this.forget(before);
    this.#like(spot.kind).set(after, spot);
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
    return { nodes: [...this.#added, ...this.#modified], order: [...this.#order], deletions };
  }

  restore({ nodes, order, deletions }: BlindSpotsCopy): void {
    for (const [id, spot] of nodes) this.#like(spot.kind).set(id, spot);
    for (const path of order) this.#order.add(path);
    for (const [path, spot] of deletions) this.#deletions.set(path, spot);
  }

  #like(kind: Spot["kind"]): Map<NodeId, Spot> {
    return kind === "addition" ? this.#added : this.#modified;
  }

  *entries(): Generator<readonly [string, string, number, number]> {
    for (const nodes of [this.#added, this.#modified]) {
      for (const [id, { kind, firstAt, lastAt }] of nodes) {
        yield [this.#tree.path(id), kind, firstAt, lastAt];
      }
    }
    for (const path of this.#order) {
      const spot = this.#deletions.get(path);
      if (spot !== undefined) yield [path, spot.kind, spot.firstAt, spot.lastAt];
    }
  }
}
