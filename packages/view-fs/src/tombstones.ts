import { mayAppear, order, type Evidence } from "./arbiter.js";
import { clearPlace, findPlace, makePlace, pathOfPlace, Place, placesTo } from "./places.js";

export interface TombstoneLimits {
  readonly ttlMs: number;
  readonly max: number;
}

interface Tombstone {
  readonly place: Place<Tombstone>;
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
  readonly #root = new Place<Tombstone>("", undefined);
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
    const old = findPlace(this.#root, path)?.value;
    if (old !== undefined) {
      if (order(evidence, old.evidence) === "older") {
        this.#mark(old, absent);
        return undefined;
      }
      this.#drop(old);
    }
    this.#add({ place: makePlace(this.#root, path), evidence, buriedAt: at, absent });
    if (this.#byAge.size <= this.#limits.max) return undefined;
    const [oldest] = this.#byAge;
    if (oldest === undefined) return undefined;
    this.#drop(oldest);
    const { parent } = oldest.place;
    return parent && pathOfPlace(parent);
  }

  /** The name is in the view again. As a directory it still shields what is below. */
  revive(path: string, isDirectory: boolean): void {
    const tombstone = findPlace(this.#root, path)?.value;
    if (tombstone === undefined) return;
    if (!isDirectory) this.#drop(tombstone);
    else this.#mark(tombstone, false);
  }

  /** `path` and all above it are directories in the view again. */
  reviveChain(path: string): void {
    for (const { value } of placesTo(this.#root, path)) {
      if (value !== undefined) this.#mark(value, false);
    }
  }

  /** The directory itself has gone: that says all that older tombstones in it said. */
  forgetIn(directory: string, evidence: Evidence): void {
    for (const { value } of findPlace(this.#root, directory)?.below.values() ?? []) {
      if (value !== undefined && order(evidence, value.evidence) !== "older") this.#drop(value);
    }
  }

  /** True when `path`, or a directory above it, was gone too late for `evidence` to be true now. */
  isClosed(path: string, evidence: Evidence): boolean {
    for (const { value } of placesTo(this.#root, path)) {
      if (value !== undefined && !mayAppear(evidence, value.evidence)) return true;
    }
    return false;
  }

  /** What is known of new names in `directory`, asked with this evidence that they exist. */
  gate(directory: string, evidence: Evidence): Gate {
    if (this.#byAge.size === 0) return knowsNothing;
    if (this.isClosed(directory, evidence)) return closesAll;
    const place = findPlace(this.#root, directory);
    if (place === undefined) return knowsNothing;
    return (name) => {
      const tombstone = place.below.get(name)?.value;
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

  #add(tombstone: Tombstone): void {
    tombstone.place.value = tombstone;
    this.#byAge.add(tombstone);
    if (tombstone.absent) this.#absent += 1;
  }

  #mark(tombstone: Tombstone, absent: boolean): void {
    if (tombstone.absent === absent) return;
    tombstone.absent = absent;
    this.#absent += absent ? 1 : -1;
  }

  #drop(tombstone: Tombstone): void {
    clearPlace(tombstone.place);
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
