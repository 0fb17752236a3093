import { baseName, parentPath } from "@fustor/schema-fs";
import { mayAppear, order, type Evidence } from "./arbiter.js";

export interface TombstoneLimits {
  readonly ttlMs: number;
  readonly max: number;
}

interface Tombstone {
  readonly directory: string;
  readonly name: string;
  readonly evidence: Evidence;
  /** Fusion time, ms. */
  readonly buriedAt: number;
  /** False once the name is back: then it only keeps older evidence from what is below it. */
  absent: boolean;
}

/**
 * - `gone`: the name, or a directory above it, was gone too late for the evidence to be true now
 * - `back`: the name was gone, and has come back since
 * - `unknown`: nothing is remembered of it
 */
export type Gate = (name: string) => "gone" | "back" | "unknown";

/**
 * Names that were seen to be gone, so that older evidence does not bring them back. Held by path,
 * because a name may be reported gone before anything was heard of its directory.
 */
export class Tombstones {
  readonly #limits: TombstoneLimits;
  readonly #byDirectory = new Map<string, Map<string, Tombstone>>();
  /** In the order of `buriedAt`. */
  readonly #byAge = new Set<Tombstone>();
  #absent = 0;

  constructor(limits: TombstoneLimits) {
    this.#limits = limits;
  }

  /** How many names are remembered as gone. */
  get absentCount(): number {
    return this.#absent;
  }

  get isEmpty(): boolean {
    return this.#byAge.size === 0;
  }

  /**
   * Remembers that `path` was gone, unless that is known from newer evidence. `absent` is false
   * when the name itself stays in the view. Returns the directory of a tombstone that had to make
   * room: there, old evidence may now come through.
   */
  bury(path: string, evidence: Evidence, at: number, absent: boolean): string | undefined {
    const old = this.#get(path);
    if (old !== undefined) {
      if (order(evidence, old.evidence) === "older") {
        this.#mark(old, absent);
        return undefined;
      }
      this.#drop(old);
    }
    const directory = parentPath(path);
    const tombstone = { directory, name: baseName(path), evidence, buriedAt: at, absent };
    this.#add(tombstone);
    if (this.#byAge.size <= this.#limits.max) return undefined;
    const [oldest] = this.#byAge;
    if (oldest === undefined) return undefined;
    this.#drop(oldest);
    return oldest.directory;
  }

  /** The name is in the view again. As a directory it still shields what is below. */
  revive(path: string, isDirectory: boolean): void {
    const tombstone = this.#get(path);
    if (tombstone === undefined) return;
    if (!isDirectory) this.#drop(tombstone);
    else this.#mark(tombstone, false);
  }

  /** The directory itself has gone: that says all that older tombstones in it said. */
  forgetIn(directory: string, evidence: Evidence): void {
    const names = this.#byDirectory.get(directory);
    if (names === undefined) return;
    for (const tombstone of names.values()) {
      if (order(evidence, tombstone.evidence) !== "older") this.#drop(tombstone);
    }
  }

  /** True when `path`, or a directory above it, was gone too late for `evidence` to be true now. */
  isClosed(path: string, evidence: Evidence): boolean {
    if (this.#byAge.size === 0) return false;
    for (let at = path; at !== "/"; at = parentPath(at)) {
      const tombstone = this.#get(at);
      if (tombstone !== undefined && !mayAppear(evidence, tombstone.evidence)) return true;
    }
    return false;
  }

  /** What is known of new names in `directory`, asked with this evidence that they exist. */
  gate(directory: string, evidence: Evidence): Gate {
    if (this.#byAge.size === 0) return knowsNothing;
    if (this.isClosed(directory, evidence)) return closesAll;
    const names = this.#byDirectory.get(directory);
    if (names === undefined) return knowsNothing;
    return (name) => {
      const tombstone = names.get(name);
      if (tombstone === undefined) return "unknown";
      if (!mayAppear(evidence, tombstone.evidence)) return "gone";
      return tombstone.absent ? "back" : "unknown";
    };
  }

  /** Forgets what has reached its age. True when a name was forgotten. */
  expire(at: number): boolean {
    const before = this.#byAge.size;
    for (const tombstone of this.#byAge) {
      if (tombstone.buriedAt + this.#limits.ttlMs > at) break;
      this.#drop(tombstone);
    }
    return this.#byAge.size < before;
  }

  #get(path: string): Tombstone | undefined {
    return this.#byDirectory.get(parentPath(path))?.get(baseName(path));
  }

  #add(tombstone: Tombstone): void {
    let names = this.#byDirectory.get(tombstone.directory);
    if (names === undefined) {
      names = new Map();
      this.#byDirectory.set(tombstone.directory, names);
    }
    names.set(tombstone.name, tombstone);
    this.#byAge.add(tombstone);
    if (tombstone.absent) this.#absent += 1;
  }

  #mark(tombstone: Tombstone, absent: boolean): void {
    if (tombstone.absent === absent) return;
    tombstone.absent = absent;
    this.#absent += absent ? 1 : -1;
  }

  #drop(tombstone: Tombstone): void {
    const names = this.#byDirectory.get(tombstone.directory);
    names?.delete(tombstone.name);
    if (names?.size === 0) this.#byDirectory.delete(tombstone.directory);
    this.#byAge.delete(tombstone);
    if (tombstone.absent) this.#absent -= 1;
  }
}

function knowsNothing(): "unknown" {
  return "unknown";
}

function closesAll(): "gone" {
  return "gone";
}
