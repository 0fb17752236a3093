import { ROOT, type NodeId, type Tree } from "../tree/index.js";
import { copyOfMap } from "./copies.js";
import { isNotBefore, type Evidence } from "./evidence.js";
import type { Voice, Voices } from "./voices.js";

/** A listing that was applied. */
export interface Listed {
  readonly voice: Voice;
  readonly own: number;
}

/** In a checkpoint: what stands beside the tree. */
export interface ListingsCopy {
  readonly partial: Iterable<readonly [NodeId, Listed]>;
  readonly outdated: Iterable<readonly [NodeId, Listed]>;
  readonly waiting: readonly NodeId[];
}

/**
 * The last listings of each directory: the last complete one in the tree's columns, the last one
 * without proof and the wish for another beside it, where there is one.
 */
export class Listings {
  readonly #tree: Tree;
  readonly #voices: Voices;
  readonly #partial = new Map<NodeId, Listed>();
  readonly #outdated = new Map<NodeId, Listed>();
  /** Directories that were never listed, or whose listing is known to be outdated. */
  readonly #waiting = new Set<NodeId>();

  constructor(tree: Tree, voices: Voices) {
    this.#tree = tree;
    this.#voices = voices;
    this.#waiting.add(ROOT);
  }

  get waiting(): ReadonlySet<NodeId> {
    return this.#waiting;
  }

  /** The last complete listing of a directory. */
  complete(directory: NodeId): Listed | undefined {
    const { complete, at, by } = this.#tree.listed(directory);
    return complete ? { voice: this.#voices.get(by), own: at } : undefined;
  }

  isListed(directory: NodeId): boolean {
    return this.#tree.listed(directory).complete;
  }

  /** The last listing without proof: it counts once its missing names were looked at. */
  partial(directory: NodeId): Listed | undefined {
    return this.#partial.get(directory);
  }

  setComplete(directory: NodeId, E: Evidence): void {
    const known = this.complete(directory);
    if (known === undefined || isNotBefore(E, known.voice, known.own)) {
      this.#write(directory, E.own, E.voice.number, true);
    }
    const outdated = this.#outdated.get(directory);
    if (outdated !== undefined && isNotBefore(E, outdated.voice, outdated.own)) {
      this.#outdated.delete(directory);
    }
    this.#settle(directory);
  }

  setPartial(directory: NodeId, E: Evidence): void {
    const known = this.#partial.get(directory);
    if (known !== undefined && !isNotBefore(E, known.voice, known.own)) return;
    this.#partial.set(directory, { voice: E.voice, own: E.own });
  }

  /** What is there is not what its listing says. */
  setOutdated(directory: NodeId, { voice, own }: Listed): void {
    this.#outdated.set(directory, { voice, own });
    this.#settle(directory);
  }

  /** The last complete listing counts no more. */
  clear(directory: NodeId): void {
    this.#write(directory, -Infinity, 0, false);
    this.#settle(directory);
  }

  /** A new directory, or another one under the same name. */
  begin(directory: NodeId): void {
    this.forget(directory);
    this.clear(directory);
  }

  forget(directory: NodeId): void {
    this.#partial.delete(directory);
    this.#outdated.delete(directory);
    this.#waiting.delete(directory);
  }

  /** Forgets listings without proof that nothing which is still open can count on. */
  prune(before: number): void {
    for (const [directory, { voice, own }] of this.#partial) {
      if (own + voice.offset + voice.error < before) this.#partial.delete(directory);
    }
  }

  *entries(): Generator<readonly [string, string, number]> {
    for (const [kind, map] of [
      ["partial", this.#partial],
      ["outdated", this.#outdated],
    ] as const) {
      for (const [id, { own }] of map) yield [kind, this.#tree.path(id), own];
    }
  }

  copy(): ListingsCopy {
    const [partial, outdated] = [copyOfMap(this.#partial), copyOfMap(this.#outdated)];
    return { partial, outdated, waiting: [...this.#waiting] };
  }

  restore({ partial, outdated, waiting }: ListingsCopy): void {
    for (const [id, listed] of partial) this.#partial.set(id, listed);
    for (const [id, listed] of outdated) this.#outdated.set(id, listed);
    this.#waiting.clear();
    for (const id of waiting) this.#waiting.add(id);
  }

  #write(directory: NodeId, at: number, by: number, complete: boolean): void {
    this.#tree.setListed(directory, { at, by, error: 0, complete });
  }

  #settle(directory: NodeId): void {
    if (this.isListed(directory) && !this.#outdated.has(directory)) this.#waiting.delete(directory);
    else this.#waiting.add(directory);
  }
}
