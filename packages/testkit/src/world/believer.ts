import type { ViewRecord } from "@fustor/core";
import type { FsAttributes } from "@fustor/schema-fs";

/** What the world can drive: the reference model, the columnar core, anything that folds records. */
export interface Believer {
  apply(record: ViewRecord): void;
  /** Every name but the root's, with its attributes; undefined where nothing is known of it. */
  rows(): ReadonlyMap<string, FsAttributes | undefined>;
  /** Directories to be listed again after the record that was applied last. */
  takeWanted(): readonly string[];
  /** What the leader should look at now, at Fusion time `at`. */
  doubtsDue(at: number): {
    readonly probes: readonly string[];
    readonly listings: readonly string[];
  };
  /** All names in doubt, and directories that wait to be listed. */
  doubts(): Iterable<string>;
  suspects(): Iterable<string>;
  /** Names of changes that no event told of. */
  blindSpots(): Iterable<string>;
  gaps(): Iterable<{
    readonly scope: string;
    readonly kind: "lost" | "unreadable";
    /** Fusion time. */
    readonly since: number;
  }>;
  /** Names that would be gone but for the brake. */
  held(): Iterable<string>;
  /** Equal for equal logs, different for what differs in any answer. */
  hash(): string;
  /** Throws when totals that it keeps are not those of its rows. */
  checkTotals?(): void;
  /** Which rule decided how often. */
  readonly decided: ReadonlyMap<string, number>;
}

/** Told of every change of a row, in order: what a change feed carries. */
export type Feed = (path: string, change: RowChange) => void;

export type RowChange =
  | { readonly kind: "gone" }
  | { readonly kind: "set"; readonly attributes: FsAttributes | undefined };

export type CreateBeliever = (feed: Feed) => Believer;
