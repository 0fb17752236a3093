import type { NameSegment } from "../name-pool.js";

const COARSE_MASK = 2 ** 14 - 1;

/** The numbers of names that match. */
export class Matches {
  count = 0;
  readonly #isMatch: Uint8Array;
  /** The same by the last bits of the number: so little that it stays in the fastest cache. */
  readonly #mayMatch = new Uint8Array(COARSE_MASK + 1);

  constructor(namesEnd: number) {
    this.#isMatch = new Uint8Array(namesEnd);
  }

  add(number: number): void {
    this.#isMatch[number] = 1;
    this.#mayMatch[number & COARSE_MASK] = 1;
    this.count += 1;
  }

  /** Adds the places in a column of numbers where one of these stands, up to `limit` in all. */
  placesIn(names: Uint32Array, limit: number): number[] {
    const [mayMatch, isMatch] = [this.#mayMatch, this.#isMatch];
    const places: number[] = [];
    for (let i = 0; i < names.length; i += 1) {
      const name = names[i] ?? 0;
      if (mayMatch[name & COARSE_MASK] === 0 || isMatch[name] !== 1) continue;
      if (places.length === limit) break;
      places.push(i);
    }
    return places;
  }
}

/** Adds the matching names of one segment. */
export type Finder = (segment: NameSegment, headerBytes: number, matches: Matches) => void;
