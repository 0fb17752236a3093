import type { NodeId, Tree } from "../tree/index.js";
import { DueList, type Due } from "./due-list.js";
import { SUSPECT } from "./flags.js";

interface Suspect extends Due {
  id: NodeId;
  /** A look that began later and found it as it was clears it. */
  until: number;
}

/** Numbers for each suspect of a checkpoint: its id, until when, when it is due. */
export const SUSPECT_FIELDS = 3;

/** Files that are being written, or too fresh to be sure of. */
export class Suspects {
  readonly #tree: Tree;
  readonly #max: number;
  readonly #askEveryMs: number;
  readonly #byNode = new Map<NodeId, Suspect>();
  readonly #dues = new DueList<Suspect>();

  constructor(tree: Tree, hotMs: number, max: number) {
    this.#tree = tree;
    this.#max = max;
    this.#askEveryMs = hotMs / 2;
  }

  get size(): number {
    return this.#byNode.size;
  }

  /** Until when a node is suspect at least. */
  until(id: NodeId): number | undefined {
    return this.#byNode.get(id)?.until;
  }

  *entries(): Generator<readonly [NodeId, number, number]> {
    for (const { id, until, due } of this.#byNode.values()) yield [id, until, due];
  }

  /** Seen at `t0`, suspect until `until`; the oldest is forgotten where there are too many. */
  add(id: NodeId, t0: number, until: number): void {
    const known = this.#byNode.get(id);
    if (known !== undefined) {
      known.until = until;
      return;
    }
    const suspect = { id, until, due: t0 + this.#askEveryMs, isOpen: true };
    this.#byNode.set(id, suspect);
    this.#tree.setFlags(id, this.#tree.flags(id) | SUSPECT);
    this.#dues.schedule(suspect, this.size);
    if (this.size <= this.#max) return;
    for (const oldest of this.#byNode.keys()) {
      this.delete(oldest);
      return;
    }
  }

  delete(id: NodeId): boolean {
    const suspect = this.#byNode.get(id);
    if (suspect === undefined) return false;
    suspect.isOpen = false;
    this.#byNode.delete(id);
    this.#tree.setFlags(id, this.#tree.flags(id) & ~SUSPECT);
    return true;
  }

  /** The file was handed out to be looked at, at `at`. */
  asked(id: NodeId, at: number): void {
    const suspect = this.#byNode.get(id);
    if (suspect === undefined) return;
    suspect.due = at + this.#askEveryMs;
    this.#dues.schedule(suspect, this.size);
  }

  copy(): Float64Array {
    const copy = new Float64Array(this.size * SUSPECT_FIELDS);
    let at = 0;
    for (const { id, until, due } of this.#byNode.values()) {
      copy[at] = id;
      copy[at + 1] = until;
      copy[at + 2] = due;
      at += SUSPECT_FIELDS;
    }
    return copy;
  }

  restore(rows: Float64Array): void {
    for (let at = 0; at < rows.length; at += SUSPECT_FIELDS) {
      const [id = 0, until = 0, due = 0] = rows.subarray(at, at + SUSPECT_FIELDS);
      const suspect = { id, until, due, isOpen: true };
      this.#byNode.set(id, suspect);
      this.#dues.schedule(suspect, this.size);
    }
  }

  *due(at: number): Generator<NodeId> {
    for (const { id } of this.#dues.at(at)) yield id;
  }
}
