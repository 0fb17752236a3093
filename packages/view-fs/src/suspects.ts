import type { FsAttributes } from "@fustor/schema-fs";
import type { Evidence } from "./arbiter.js";
import type { TreeNode } from "./tree.js";

/** Files that are still being written, or too fresh to be sure of, and until when. */
export class Suspects {
  readonly #thresholdMs: number;
  readonly #until = new Map<TreeNode, number>();
  /** Not later than the first one that is due. */
  #nextDue = Infinity;

  constructor(thresholdMs: number) {
    this.#thresholdMs = thresholdMs;
  }

  get size(): number {
    return this.#until.size;
  }

  has(node: TreeNode): boolean {
    return this.#until.has(node);
  }

  entries(): Iterable<readonly [TreeNode, number]> {
    return this.#until.entries();
  }

  /** An event told of a write without its end. `moved`: size or times differ from what was known. */
  written(node: TreeNode, evidence: Evidence, { moved }: { readonly moved: boolean }): void {
    if (!moved && this.#until.has(node)) return;
    this.#suspect(node, evidence.endedAt + this.#thresholdMs + evidence.knownLagMs);
  }

  /** A look found the file for the first time, or with other size or times than known. */
  found(node: TreeNode, attributes: FsAttributes, evidence: Evidence): void {
    const { endedAt, knownLagMs } = evidence;
    // A time from the future says nothing about age: then only standing still clears the file,
    // and so it is with one that moves while it is suspect.
    const changedAt = this.has(node) ? endedAt : Math.min(attributes.mtime * 1_000, endedAt);
    if (changedAt + this.#thresholdMs > endedAt) {
      this.#suspect(node, changedAt + this.#thresholdMs + knownLagMs);
    }
  }

  /** The writer has finished, or the node is gone or no longer a file. */
  clear(node: TreeNode): void {
    if (this.#until.size > 0) this.#until.delete(node);
  }

  /** Clears what stood still long enough. True when something was cleared. */
  expire(at: number): boolean {
    if (at < this.#nextDue) return false;
    const before = this.#until.size;
    this.#nextDue = Infinity;
    for (const [node, until] of this.#until) {
      if (until <= at) this.#until.delete(node);
      else if (until < this.#nextDue) this.#nextDue = until;
    }
    return this.#until.size < before;
  }

  #suspect(node: TreeNode, until: number): void {
    if (this.#thresholdMs === 0) return;
    this.#until.set(node, until);
    if (until < this.#nextDue) this.#nextDue = until;
  }
}
