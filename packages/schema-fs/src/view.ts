import type { ViewDriver } from "@fustor/core";
import type {
  Coverage,
  Found,
  FoundRow,
  MarkedNode,
  Question,
  Steps,
  Subtree,
  UsageTree,
} from "./find.js";
import type { FsNode } from "./node.js";
import type { FsAttributes } from "./rows.js";

/** What a view of schema `fs` can be asked. Paths are those of `paths.ts`. */
export interface FsView extends ViewDriver {
  readonly schema: "fs";
  /** Rises with every applied record that changed something. */
  readonly revision: number;
  /** Of what stands at a path, where several roots are shown; default: of everything. */
  readiness(path?: string): Readiness;
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
  /** Directories at and below a path that were never listed whole, or have changed since. */
  unlisted(path: string): number;
  suspects(): Iterable<{ readonly path: string; readonly until: number }>;
  blindSpots(): BlindSpots;
  /** Scopes whose truth was lost, or that could not be read, and not seen whole since. */
  gaps(): Iterable<Gap>;
  /** Names that stand against what was said of them, and directories that were never listed. */
  doubts(): Iterable<string>;
  /** What the leader should look at at Fusion time `at`, up to `max` names and `max` directories. */
  doubtsDue(at: number, max?: number): Look;
  /** Names that would be gone but for the brake on removals in bulk. */
  held(): Iterable<string>;
  /** Directories to be listed again after the batch that was applied last. */
  takeWanted(): readonly string[];
  /** What stands below a directory; undefined for what is none. */
  usage(path: string): Usage | undefined;
  /**
   * Up to `limit` children of a directory in the order of their names' bytes, beginning after the
   * name `after`; undefined for what is no directory.
   */
  page(path: string, after: string | undefined, limit: number): readonly FsNode[] | undefined;
  /** Why a name is shown as it is, or is not shown; undefined when nothing is known of it. */
  explain(path: string): Explanation | undefined;
  /** One node with its marks. */
  marked(path: string): MarkedNode | undefined;
  /**
   * The first `max` nodes, in order, that answer a question. What stands unchanged while it is
   * looked for is found exactly once.
   */
  find(question: Question): Steps<Found>;
  /** What was found, as it is now: undefined once it is gone, or does not answer any more. */
  shown(row: FoundRow, question: Subtree): MarkedNode | undefined;
  /**
   * All nodes that answer, in the order of a walk; undefined for each step without one. What stands
   * unchanged throughout appears exactly once.
   */
  scan(question: Subtree): Generator<MarkedNode | undefined, undefined, undefined>;
  /**
   * What a subtree and its children take up, down to `depth` levels, of each directory the `top`
   * largest children; a file with several names is counted once in each subtree.
   */
  usageTree(
    path: string,
    options: { readonly depth: number; readonly top: number },
  ): Steps<UsageTree | undefined>;
  /** How well a directory and all below it are known; `bounds`: ages in ms before `at`, ascending. */
  coverage(path: string, at: number, bounds: readonly number[]): Steps<Coverage | undefined>;
  /** Tells `onChange` of every change from now on, instead of whom it told before; of none without. */
  follow(onChange: OnFsChange | undefined): void;
  /** A hash of all that answers depend on: equal for equal records. Goes through the whole tree. */
  hash(): string;
}

/** Names to look at, and directories to list. */
export interface Look {
  readonly probes: readonly string[];
  readonly listings: readonly string[];
}

/** What stands below a directory, without itself. */
export interface Usage {
  /** All that are not directories. */
  readonly files: number;
  readonly directories: number;
  /** The sizes of `files`. */
  readonly bytes: number;
  /** What is allocated, in blocks of 512 bytes. */
  readonly blocks: number;
  /** The newest modification below; undefined when none is known. */
  readonly newest: { readonly seconds: number; readonly nsec: number } | undefined;
}

/** What somebody saw of a name. */
export interface Said {
  /** The agent's id. */
  readonly host: string;
  /** An event on the very name, a look at it, or a listing. */
  readonly how: "event" | "probe" | "listing";
  /** Fusion time in ms, and by how much it may be wrong, either way. */
  readonly at: number;
  readonly errorMs: number;
}

/** Why a name is shown as it is. */
export interface Explanation {
  /** The rule that decided last, by its name in `docs/CONSISTENCY_DESIGN.md`; empty for none. */
  readonly rule: string;
  /** The last evidence of a name that is there; undefined where there is none. */
  readonly seen: Said | undefined;
  /** The evidence by which a name is gone, as long as that is remembered. */
  readonly absent: Said | undefined;
  /** What else was said for its existence. */
  readonly others: readonly Said[];
  /** True when it is to be looked at again. */
  readonly isDoubted: boolean;
  /** Fusion time in ms; only of suspects. */
  readonly suspectUntil?: number;
  /** True when it would be gone but for the brake. */
  readonly isHeld?: boolean;
  /** What an operator said of what is held. */
  readonly decision?: "approved" | "rejected";
  /** A directory's last complete listing. */
  readonly listed?: Said;
}

/** What a change hook is told of a name: what it was, or what it is. */
export interface FsEntry {
  readonly isDirectory: boolean;
  /** Undefined where no more is known than that the name is there. */
  readonly attributes: FsAttributes | undefined;
}

/**
 * Told of every change of a name, in order: undefined before it is there, and after it is gone.
 * What is removed is told name by name, the deepest first. A move is told once, with the name that
 * it had in `from`: all below it went along unchanged.
 */
export type OnFsChange = (
  path: string,
  before: FsEntry | undefined,
  after: FsEntry | undefined,
  from?: string,
) => void;

/** Ready means: one full snapshot was applied from begin to end. It stays so until `reset`. */
export type Readiness =
  { readonly ready: true } | { readonly ready: false; readonly reason: string };

export interface WalkedNode extends FsNode {
  /** 0 for the node the walk began at. */
  readonly depth: number;
}

export interface FsStats {
  readonly files: number;
  readonly directories: number;
  /** Directories that were never listed whole, or are known to have changed since. */
  readonly unlisted: number;
  readonly bytes: number;
  readonly suspects: number;
  readonly blindSpots: number;
  readonly gaps: number;
  /** Removals in bulk that wait for a second word. */
  readonly held: number;
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
