import { isBelow } from "@fustor/schema-fs";
import { renamed, type Names } from "./renamed.js";

/** Renames that wait to be told; of more, both names are told as gone and there. */
const MOVES_MAX = 256;
/** Renames of directories that are kept in mind. */
const TRAIL_MAX = 256;

/** A rename that was told and is to be looked at. */
export interface Move extends Names {
  readonly isDirectory: boolean;
}

/**
 * Renames in the order in which they happened, each thing once: a chain of renames is one. A
 * directory of which that cannot be said is given up: it is another one, to be listed.
 */
export class Moves {
  readonly #giveUp: (directory: string) => void;
  readonly #byTarget = new Map<string, Move>();
  #trail: Names[] = [];

  constructor(giveUp: (directory: string) => void) {
    this.#giveUp = giveUp;
  }

  get size(): number {
    return this.#byTarget.size;
  }

  add(rename: Move): void {
    const { to, isDirectory } = rename;
    let { from } = rename;
    this.#byTarget.delete(to);
    const former = this.#byTarget.get(from);
    this.#byTarget.delete(from);
    // Of two things that changed places, the other one went.
    if (former !== undefined && former.isDirectory !== isDirectory) this.#drop(former);
    else if (former !== undefined) ({ from } = former);
    if (isDirectory) this.#takeAlong(rename);
    if (from === to) return;
    // What came from within itself is no move for those who only know where it was at first.
    const isApart = !isBelow(from, to) && !isBelow(to, from);
    const move = { from, to, isDirectory };
    if (isApart && this.#byTarget.size < MOVES_MAX) this.#byTarget.set(to, move);
    else this.#drop(move);
  }

  /** Something else has this name now, or nothing. */
  delete(path: string): void {
    this.#byTarget.delete(path);
  }

  /** Takes all that wait. */
  take(): readonly Move[] {
    const moves = [...this.#byTarget.values()];
    this.#byTarget.clear();
    return moves;
  }

  /** Where what was at a path is now, as far as is known. */
  follow(path: string): string {
    return this.#trail.reduce((at, rename) => renamed(at, rename) ?? at, path);
  }

  /** What came to a place below the old name is below the new one: two moves in another order. */
  #takeAlong(rename: Names): void {
    this.#trail.push({ from: rename.from, to: rename.to });
    if (this.#trail.length > TRAIL_MAX) this.#trail.shift();
    for (const move of [...this.#byTarget.values()]) {
      const to = renamed(move.to, rename);
      if (to === undefined) continue;
      this.#byTarget.delete(move.to);
      this.#drop({ ...move, to });
    }
  }

  #drop({ to, isDirectory }: Move): void {
    if (isDirectory) this.#giveUp(to);
  }
}
