import { parentPath } from "@fustor/schema-fs";
import { Agenda } from "./agenda.js";
import { isNewerThan, isNotBefore, type Evidence, type Testimony } from "./evidence.js";
import { PathMap } from "./path-map.js";

export interface Tombstone {
  readonly path: string;
  readonly E: Testimony;
  readonly expiresAt: number;
}

/** What stands against a name: its own tombstone, or that of a directory above. */
export interface Shade {
  readonly E: Testimony;
  readonly isOwn: boolean;
}

/** Names that are gone remember when, and directories do so for all below. */
export class Tombstones {
  readonly #horizonMs: number;
  readonly #max: number;
  readonly #byPath = new PathMap<Tombstone>();
  /** In the order in which they were set. */
  readonly #all = new Set<Tombstone>();
  readonly #expiries = new Agenda<Tombstone>();

  constructor(horizonMs: number, max: number) {
    this.#horizonMs = horizonMs;
    this.#max = max;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Keeps the newer one. True when there are too many now: see `takeOldest`. */
  bury(path: string, E: Testimony): boolean {
    const known = this.#byPath.get(path);
    if (known !== undefined) {
      if (!isNotBefore(E, known.E.voice, known.E.own)) return false;
      this.#all.delete(known);
    }
    // Stale caches may speak of it for one lag longer.
    const expiresAt = E.t0 + this.#horizonMs + E.lag + 2 * E.error;
    this.#add({ path, E, expiresAt });
    if (this.#expiries.size > 2 * this.#all.size + 1_000) {
      this.#expiries.retain((other) => this.#all.has(other));
    }
    return this.#all.size > this.#max;
  }

  /** Takes out the oldest, and gives the directory it stood in, which it can be folded into. */
  takeOldest(): { readonly directory: string; readonly E: Testimony } | undefined {
    for (const oldest of this.#all) {
      this.#delete(oldest);
      return { directory: parentPath(oldest.path), E: oldest.E };
    }
    return undefined;
  }

  /** The evidence that a name is gone. */
  of(path: string): Testimony | undefined {
    return this.#byPath.get(path)?.E;
  }

  /** What stands against E bringing `path` back. */
  against(path: string, E: Evidence): Shade | undefined {
    if (this.#all.size === 0) return undefined;
    const own = this.#byPath.get(path);
    if (own !== undefined && !isNewerThan(E, own.E)) return { E: own.E, isOwn: true };
    let root: Tombstone | undefined;
    for (const tombstone of this.#byPath.above(path)) {
      if (tombstone.path === "/") root = tombstone;
      else if (!isNewerThan(E, tombstone.E)) return { E: tombstone.E, isOwn: false };
    }
    if (root === undefined || isNewerThan(E, root.E)) return undefined;
    return { E: root.E, isOwn: false };
  }

  /** False when nothing can stand against any name in the directory. */
  mayStandAgainst(directory: string, E: Evidence): boolean {
    if (this.#all.size === 0) return false;
    if (this.#byPath.node(directory)?.children !== undefined) return true;
    // Of any name in it: only what is above matters then.
    return this.against(directory === "/" ? "/?" : `${directory}/?`, E) !== undefined;
  }

  /** Forgets those whose time is over; how many there were. */
  expire(at: number): number {
    let expired = 0;
    for (;;) {
      const next = this.#expiries.take(at, { including: false });
      if (next === undefined) return expired;
      if (!this.#all.has(next.item)) continue;
      this.#delete(next.item);
      expired += 1;
    }
  }

  *entries(): Generator<readonly [string, string, number]> {
    for (const { path, E } of this.#all) yield [path, E.host, E.t0];
  }

  /** In the order in which they were set. */
  copy(): Tombstone[] {
    return [...this.#all];
  }

  restore(tombstones: Iterable<Tombstone>): void {
    for (const tombstone of tombstones) this.#add(tombstone);
  }

  #add(tombstone: Tombstone): void {
    this.#byPath.set(tombstone.path, tombstone);
    this.#all.add(tombstone);
    this.#expiries.add(tombstone, tombstone.expiresAt);
  }

  #delete(tombstone: Tombstone): void {
    this.#all.delete(tombstone);
    this.#byPath.delete(tombstone.path);
  }
}
