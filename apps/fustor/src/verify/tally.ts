import type { Difference, Finding } from "./compare.js";
import type { Verdict } from "./second-look.js";

/** So many differences are looked at again; of more, the first look counts. */
const KEPT_MAX = 10_000;

/** What `verify --json` counts. */
export interface Counts {
  readonly equal: number;
  readonly missing: number;
  readonly extra: number;
  readonly differing: number;
  /** The disk changed faster than both could be looked at. */
  readonly changing: number;
  /** Directories that this user may not read: what is in them was not compared. */
  readonly closed: number;
  /** Of the names that could be compared, the part that is equal; 1 where there is none. */
  readonly precision: number;
}

/** A difference, and how it stood at the last look. */
interface Kept {
  readonly difference: Difference;
  readonly isChanging: boolean;
}

/** Counts what was found, and keeps the differences to look at again. */
export class Tally {
  #kept: Kept[] = [];
  #equal = 0;
  #closed = 0;
  /** Differences beyond those that are kept. */
  readonly #others = { missing: 0, extra: 0, differing: 0 };

  /** Names that were met. */
  seen = 0;

  add(finding: Finding): void {
    if (finding.kind === "closed") {
      this.#closed += 1;
      return;
    }
    this.seen += 1;
    if (finding.kind === "equal") this.#equal += 1;
    else if (this.#kept.length < KEPT_MAX) {
      this.#kept.push({ difference: finding, isChanging: false });
    } else this.#others[finding.kind] += 1;
  }

  /** The names to look at again. */
  get open(): readonly Difference[] {
    return this.#kept.map(({ difference }) => difference);
  }

  /** What stands after the last look, without what changes. */
  get differences(): readonly Difference[] {
    return this.#kept.filter(({ isChanging }) => !isChanging).map(({ difference }) => difference);
  }

  /** Takes what is open for what it is now, each in its place. */
  replace(verdicts: readonly Verdict[]): void {
    this.#equal += verdicts.filter((verdict) => verdict === "settled").length;
    this.#kept = this.#kept.flatMap((kept, index): Kept[] => {
      const verdict = verdicts[index] ?? kept.difference;
      if (verdict === "settled") return [];
      if (verdict === "changing") return [{ ...kept, isChanging: true }];
      return [{ difference: verdict, isChanging: false }];
    });
  }

  counts(): Counts {
    const { differences } = this;
    const count = (kind: Difference["kind"]): number =>
      this.#others[kind] + differences.filter((each) => each.kind === kind).length;
    const found = {
      equal: this.#equal,
      missing: count("missing"),
      extra: count("extra"),
      differing: count("differing"),
    };
    const compared = found.equal + found.missing + found.extra + found.differing;
    return {
      ...found,
      changing: this.#kept.length - differences.length,
      closed: this.#closed,
      precision: compared === 0 ? 1 : found.equal / compared,
    };
  }
}
