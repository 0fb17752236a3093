import type { TreeNode } from "./tree.js";

/**
 * Changes that an audit found and no event told of: somebody without an agent made them. Each kind
 * holds the newest `max`.
 */
export class BlindSpotLog {
  readonly #max: number;
  readonly #additions = new Set<TreeNode>();
  readonly #modifications = new Set<TreeNode>();
  readonly #deletions = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#additions.size + this.#modifications.size + this.#deletions.size;
  }

  get additions(): Iterable<TreeNode> {
    return this.#additions;
  }

  get modifications(): Iterable<TreeNode> {
    return this.#modifications;
  }

  get deletions(): Iterable<string> {
    return this.#deletions;
  }

  isAddition(node: TreeNode): boolean {
    return this.#additions.has(node);
  }

  added(node: TreeNode): void {
    keepNewest(this.#additions, node, this.#max);
  }

  modified(node: TreeNode): void {
    if (!this.#additions.has(node)) keepNewest(this.#modifications, node, this.#max);
  }

  deleted(path: string): void {
    keepNewest(this.#deletions, path, this.#max);
  }

  /** An event explains the node, or it is gone. */
  clearNode(node: TreeNode): void {
    if (this.#additions.size > 0) this.#additions.delete(node);
    if (this.#modifications.size > 0) this.#modifications.delete(node);
  }

  /** An event explains that the name is gone, or it is back. */
  clearPath(path: string): void {
    if (this.#deletions.size > 0) this.#deletions.delete(path);
  }

  get hasDeletions(): boolean {
    return this.#deletions.size > 0;
  }
}

function keepNewest<T>(set: Set<T>, item: T, max: number): void {
  set.delete(item);
  set.add(item);
  if (set.size <= max) return;
  for (const oldest of set) {
    set.delete(oldest);
    return;
  }
}
