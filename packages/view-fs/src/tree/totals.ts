import { highWord } from "@fustor/schema-fs";
import type { Moment } from "./attributes.js";
import {
  BLOCKS,
  BYTES,
  DIRECTORIES,
  FILES,
  NEWEST,
  NEWEST_NSEC,
  NEWEST_UNSURE,
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

/** Sums that a change adds, or takes away. 64 bits each for bytes and blocks. */
interface Sums {
  files: number;
  directories: number;
  bytesLow: number;
  bytesHigh: number;
  blocksLow: number;
  blocksHigh: number;
}

/**
 * Sums over all that stands below each directory. A change is noted for its directory and climbs to
 * the root when another directory's turn comes, or somebody asks: so the rows of one directory
 * that come together climb once.
 *
 * The newest mtime rises with what comes, but nobody knows the second newest: when the newest goes
 * it becomes an upper bound, and is looked for when somebody asks.
 */
export class Totals {
  readonly #directories: DirectorySpace;
  readonly #nodes: NodeSpace;
  /** What is noted for `#at`. */
  readonly #noted: Sums = {
    files: 0,
    directories: 0,
    bytesLow: 0,
    bytesHigh: 0,
    blocksLow: 0,
    blocksHigh: 0,
  };
  #at = 0;
  #came = -Infinity;
  #cameNsec = 0;
  #went = -Infinity;
  #wentNsec = 0;
  #dirty = false;

  constructor(directories: DirectorySpace, nodes: NodeSpace) {
    this.#directories = directories;
    this.#nodes = nodes;
  }

  /** Notes that so many nodes came to stand in `directory` (below 0: went), with so much in them. */
  add(directory: number, files: number, directories: number, bytes: number, blocks: number): void {
    this.#turnTo(directory);
    const noted = this.#noted;
    noted.files += files;
    noted.directories += directories;
    this.#addBytes(bytes | 0, highWord(bytes));
    this.#addBlocks(blocks | 0, highWord(blocks));
    this.#dirty = true;
  }

  /** Notes that all below `moved` came to stand below `directory` (sign -1: went). */
  addBelow(directory: number, moved: number, sign: 1 | -1): void {
    this.flush();
    this.#turnTo(directory);
    const directories = this.#directories;
    const noted = this.#noted;
    noted.files += sign * directories.get(moved, FILES);
    noted.directories += sign * directories.get(moved, DIRECTORIES);
    const [bytesLow, bytesHigh] = this.#signed(moved, BYTES, sign);
    this.#addBytes(bytesLow, bytesHigh);
    const [blocksLow, blocksHigh] = this.#signed(moved, BLOCKS, sign);
    this.#addBlocks(blocksLow, blocksHigh);
    this.#dirty = true;
    const seconds = directories.double(moved, NEWEST);
    const nsec = directories.get(moved, NEWEST_NSEC);
    if (sign === -1) {
      this.went(directory, seconds, nsec);
      return;
    }
    this.came(directory, seconds, nsec);
    // What is only a bound for what moved is only a bound for where it came.
    if (directories.marked(moved, NEWEST_UNSURE)) this.went(directory, seconds, nsec);
  }

  /** Notes that a time came to stand below `directory`. */
  came(directory: number, seconds: number, nsec: number): void {
    this.#turnTo(directory);
    if (!isNewer(seconds, nsec, this.#came, this.#cameNsec)) return;
    this.#came = seconds;
    this.#cameNsec = nsec;
    this.#dirty = true;
  }

  /** Notes that a time stands below `directory` no longer. */
  went(directory: number, seconds: number, nsec: number): void {
    // What came before must not be taken for having come after.
    if (this.#came !== -Infinity) this.flush();
    this.#turnTo(directory);
    if (!isNewer(seconds, nsec, this.#went, this.#wentNsec)) return;
    this.#went = seconds;
    this.#wentNsec = nsec;
    this.#dirty = true;
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
    if (!this.#dirty) return;
    this.#climb();
    const noted = this.#noted;
    noted.files = 0;
    noted.directories = 0;
    noted.bytesLow = 0;
    noted.bytesHigh = 0;
    noted.blocksLow = 0;
    noted.blocksHigh = 0;
    this.#came = -Infinity;
    this.#went = -Infinity;
    this.#dirty = false;
  }

  #turnTo(directory: number): void {
    if (directory === this.#at) return;
    this.flush();
    this.#at = directory;
  }

  #addBytes(low: number, high: number): void {
    const sum = this.#noted.bytesLow + (low >>> 0);
    this.#noted.bytesLow = sum >>> 0;
    this.#noted.bytesHigh = (this.#noted.bytesHigh + high + (sum >= WORD ? 1 : 0)) | 0;
  }

  #addBlocks(low: number, high: number): void {
    const sum = this.#noted.blocksLow + (low >>> 0);
    this.#noted.blocksLow = sum >>> 0;
    this.#noted.blocksHigh = (this.#noted.blocksHigh + high + (sum >= WORD ? 1 : 0)) | 0;
  }

  /** The 64 bits at `field`, or their negative, as low and high word. */
  #signed(directory: number, field: number, sign: 1 | -1): readonly [number, number] {
    const low = this.#directories.get(directory, field);
    const high = this.#directories.get(directory, field + 1);
    if (sign === 1) return [low, high];
    return [-low >>> 0, low === 0 ? -high : -high - 1];
  }

  #climb(): void {
    const directories = this.#directories;
    const noted = this.#noted;
    let steps = this.#nodes.live;
    for (let at = this.#at; ; at = this.#nodes.parent(at)) {
      if (noted.files !== 0) directories.set(at, FILES, directories.get(at, FILES) + noted.files);
      if (noted.directories !== 0) {
        directories.set(at, DIRECTORIES, directories.get(at, DIRECTORIES) + noted.directories);
      }
      directories.add64(at, BYTES, noted.bytesLow, noted.bytesHigh);
      directories.add64(at, BLOCKS, noted.blocksLow, noted.blocksHigh);
      this.#age(at);
      if (at === 0) return;
      steps -= 1;
      if (steps < 0) corrupt("a directory stands below itself");
    }
  }

  /** What went comes first: `went` sees to that. */
  #age(at: number): void {
    const directories = this.#directories;
    const newest = directories.double(at, NEWEST);
    const nsec = directories.get(at, NEWEST_NSEC);
    if (this.#went !== -Infinity && !isNewer(newest, nsec, this.#went, this.#wentNsec)) {
      directories.mark(at, NEWEST_UNSURE, true);
    }
    if (this.#came !== -Infinity && !isNewer(newest, nsec, this.#came, this.#cameNsec)) {
      directories.setDouble(at, NEWEST, this.#came);
      directories.set(at, NEWEST_NSEC, this.#cameNsec);
      directories.mark(at, NEWEST_UNSURE, false);
    }
  }
}

const WORD = 2 ** 32;

/** True when the first time is later than the second. */
export function isNewer(seconds: number, nsec: number, than: number, thanNsec: number): boolean {
  return seconds > than || (seconds === than && nsec > thanNsec);
}
