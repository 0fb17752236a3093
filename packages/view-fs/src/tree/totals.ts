import type { Moment } from "./attributes.js";
import { Deltas, isNewer, NOBODY } from "./deltas.js";
import {
  BLOCKS,
  BYTES,
  DIRECTORIES,
  FILES,
  NEWEST,
  NEWEST_NSEC,
  NEWEST_UNSURE,
  rowOf,
  type DirectorySpace,
} from "./directory-space.js";
import { corrupt } from "./faults.js";
import type { NodeSpace } from "./node-space.js";

/** What stands below a directory, without itself. */
export interface Usage {
  /** Nodes that are not directories. */
  readonly files: number;
  readonly directories: number;
  /** The sizes of `files`. Exact up to 2^53, rounded beyond, never wrong again below. */
  readonly bytes: number;
  /** What is allocated for files and directories, in blocks of 512 bytes. */
  readonly blocks: number;
  /** The newest mtime of a file or directory; undefined when no mtime is known. */
  readonly newest: Moment | undefined;
}

/** Deltas of so many directories wait for one another before they climb together. */
const WAITING_MAX = 1_024;

/**
 * Sums over all that stands below each directory. A change is noted for its directory, and climbs
 * when somebody asks, or when enough other directories have something noted: then all of them climb
 * at once, each step that they share only once. So a row costs the same at any depth.
 *
 * The newest mtime rises with what comes, but nobody knows the second newest: when the newest goes
 * it becomes an upper bound, and is looked for when somebody asks.
 */
export class Totals {
  readonly #directories: DirectorySpace;
  readonly #nodes: NodeSpace;
  readonly #deltas = new Deltas();
  /** Whose delta was noted in last, and its slot. */
  #at = -1;
  #slot = 0;

  constructor(directories: DirectorySpace, nodes: NodeSpace) {
    this.#directories = directories;
    this.#nodes = nodes;
  }

  /** Notes that so many nodes came to stand in `directory` (below 0: went), with so much in them. */
  add(directory: number, files: number, directories: number, bytes: number, blocks: number): void {
    this.#deltas.add(this.#slotOf(directory), files, directories, bytes, blocks);
  }

  /** Notes that all below `moved` came to stand below `directory` (sign -1: went). */
  addBelow(directory: number, moved: number, sign: 1 | -1): void {
    this.flush();
    const directories = this.#directories;
    this.#deltas.addSums(
      this.#slotOf(directory),
      directories.chunk(moved),
      rowOf(moved) + FILES,
      sign,
    );
    const seconds = directories.double(moved, NEWEST);
    const nsec = directories.get(moved, NEWEST_NSEC);
    if (sign === 1) this.came(directory, seconds, nsec);
    // What is only a bound for what moved is only a bound for where it came.
    const isSure = sign === 1 && !directories.marked(moved, NEWEST_UNSURE);
    if (!isSure) this.went(directory, seconds, nsec);
  }

  /** Notes that a time came to stand below `directory`. */
  came(directory: number, seconds: number, nsec: number): void {
    this.#deltas.came(this.#slotOf(directory), seconds, nsec);
  }

  /** Notes that a time stands below `directory` no longer. */
  went(directory: number, seconds: number, nsec: number): void {
    this.#deltas.went(this.#slotOf(directory), seconds, nsec);
  }

  /** Before a directory with nothing in it leaves: the one above takes over what is noted for it. */
  leave(directory: number): void {
    if (this.#deltas.find(directory) === undefined) return;
    const above = this.#slotOf(this.#nodes.parent(directory));
    const slot = this.#deltas.find(directory);
    if (slot === undefined) return; // making room for the one above let all climb
    this.#apply(slot);
    this.#deltas.merge(above, slot);
    this.#deltas.drop(slot);
  }

  /** All but the newest time. */
  sums(directory: number): Omit<Usage, "newest"> {
    this.flush();
    const directories = this.#directories;
    return {
      files: directories.get(directory, FILES),
      directories: directories.get(directory, DIRECTORIES),
      bytes: directories.get64(directory, BYTES),
      blocks: directories.get64(directory, BLOCKS),
    };
  }

  /** What the newest time below cannot be later than; `sure` when it is that time. */
  newest(directory: number): Moment & { readonly sure: boolean } {
    this.flush();
    const directories = this.#directories;
    return {
      seconds: directories.double(directory, NEWEST),
      nsec: directories.get(directory, NEWEST_NSEC),
      sure: !directories.marked(directory, NEWEST_UNSURE),
    };
  }

  /** Settles the newest time below a directory for sure. */
  settle(directory: number, { seconds, nsec }: Moment): void {
    const directories = this.#directories;
    directories.setDouble(directory, NEWEST, seconds);
    directories.set(directory, NEWEST_NSEC, nsec);
    directories.mark(directory, NEWEST_UNSURE, false);
  }

  /** Lets climb what was noted. */
  flush(): void {
    const deltas = this.#deltas;
    if (deltas.count === 0) return;
    // Grows while it is gone through: each directory above takes part, up to the root.
    for (let slot = 0; slot < deltas.count; slot += 1) {
      const directory = deltas.directory(slot);
      if (directory > 0) deltas.wait(slot, deltas.slotOf(this.#nodes.parent(directory)));
    }
    const ready: number[] = [];
    for (let slot = 0; slot < deltas.count; slot += 1) {
      if (!deltas.isWaiting(slot)) ready.push(slot);
    }
    for (const slot of ready) {
      const directory = deltas.directory(slot);
      if (directory !== NOBODY) this.#apply(slot);
      if (directory <= 0) continue;
      const above = deltas.above(slot);
      deltas.merge(above, slot);
      if (deltas.isLast(above)) ready.push(above);
    }
    if (ready.length < deltas.count) corrupt("a directory stands below itself");
    deltas.reset();
    this.#at = -1;
  }

  #slotOf(directory: number): number {
    if (directory === this.#at) return this.#slot;
    if (this.#deltas.count >= WAITING_MAX) this.flush();
    this.#slot = this.#deltas.slotOf(directory);
    this.#at = directory;
    return this.#slot;
  }

  /** Brings the row of the slot's directory up to date. */
  #apply(slot: number): void {
    const directories = this.#directories;
    const deltas = this.#deltas;
    const directory = deltas.directory(slot);
    deltas.applySums(slot, directories.writable(directory), rowOf(directory) + FILES);
    const newest = directories.double(directory, NEWEST);
    const nsec = directories.get(directory, NEWEST_NSEC);
    const came = deltas.cameAt(slot);
    const cameNsec = deltas.cameNsec(slot);
    const went = deltas.wentAt(slot);
    const wentNsec = deltas.wentNsec(slot);
    if (came !== -Infinity && !isNewer(newest, nsec, came, cameNsec)) {
      this.settle(directory, { seconds: came, nsec: cameNsec });
      directories.mark(directory, NEWEST_UNSURE, deltas.hasGone(slot));
    } else if (went !== -Infinity && !isNewer(newest, nsec, went, wentNsec)) {
      directories.mark(directory, NEWEST_UNSURE, true);
    }
  }
}
