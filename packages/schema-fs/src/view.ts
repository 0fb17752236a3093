import type { ViewDriver } from "@fustor/core";
import type { FsAttributes } from "./rows.js";

/** What a view of schema `fs` can be asked. Paths are those of `paths.ts`. */
export interface FsView extends ViewDriver {
  readonly schema: "fs";
  /** Rises with every applied record that changed something. */
  readonly revision: number;
  readiness(): Readiness;
  node(path: string): FsNode | undefined;
  /**
   * The nodes at and below `path`, parents before children, siblings in order of insertion;
   * nothing for an unknown path. `maxDepth` 0 is the node alone. Records may be applied between
   * two steps: what stood unchanged throughout appears exactly once.
   */
  walk(path: string, options?: { readonly maxDepth?: number }): Iterable<WalkedNode>;
  /** Nodes whose name contains `text`, without case. An empty text matches everything. */
  search(text: string): Iterable<FsNode>;
  stats(): FsStats;
  suspects(): Iterable<{ readonly path: string; readonly until: number }>;
  blindSpots(): BlindSpots;
  /** Scopes whose truth was lost, or that could not be read, and not seen whole since. */
  gaps(): Iterable<Gap>;
}

/** Ready means: one full snapshot was applied from begin to end. It stays so until `reset`. */
export type Readiness =
  { readonly ready: true } | { readonly ready: false; readonly reason: string };

export interface FsNode {
  readonly path: string;
  readonly name: string;
  /** Undefined for a directory that is known only because something below it is. */
  readonly attributes: FsAttributes | undefined;
  readonly isDirectory: boolean;
  /** Still being written, or too fresh to be sure of. */
  readonly suspect: boolean;
}

export interface WalkedNode extends FsNode {
  /** 0 for the node the walk began at. */
  readonly depth: number;
}

export interface FsStats {
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  readonly suspects: number;
  readonly blindSpots: number;
  readonly gaps: number;
  readonly tombstones: number;
  /** Fusion time in ms of the last applied evidence; undefined before the first. */
  readonly lastEvidenceAt: number | undefined;
  readonly lastAuditAt: number | undefined;
  readonly auditsCompleted: number;
  /** Fusion time in ms of the last record. */
  readonly asOf: number;
}

export interface BlindSpots {
  readonly additions: readonly FsNode[];
  readonly modifications: readonly FsNode[];
  readonly deletions: readonly string[];
}

export interface Gap {
  readonly scope: string;
  readonly kind: "lost" | "unreadable";
  /** The reason or errno. */
  readonly reason: string;
  /** Fusion time, ms. */
  readonly since: number;
}
