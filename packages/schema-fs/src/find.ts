import type { FileType } from "./rows.js";
import type { FsNode } from "./node.js";

/** A moment of a file's own time. */
export interface Moment {
  readonly seconds: number;
  readonly nsec: number;
}

/** What a node must be; what is not named may be anything. Unknown attributes are never enough. */
export interface NodeFilter {
  readonly types?: ReadonlySet<FileType>;
  readonly minSize?: number;
  readonly maxSize?: number;
  /** At this moment or later. */
  readonly modifiedFrom?: Moment;
  readonly modifiedBefore?: Moment;
  readonly uid?: number;
  readonly gid?: number;
  readonly suspect?: boolean;
  readonly blindSpot?: boolean;
  readonly name?: (name: string) => boolean;
  readonly path?: (path: string) => boolean;
}

/** Where to look, and for what. */
export interface Subtree {
  /** What stands below it is looked at; the node itself where it is no directory. */
  readonly path: string;
  /** False: the children only. */
  readonly isRecursive: boolean;
  readonly filter: NodeFilter;
}

export interface Order {
  /** `path` is the order of a walk that goes by the bytes of the names, parents first. */
  readonly by: "path" | "name" | "size" | "mtime";
  readonly isDescending: boolean;
}

/** Where a row stands in an order: plain JSON. Equal ones are told apart by `id`. */
export interface Place {
  readonly id: number;
  /** The path or name, for orders by these, in the form that `Order` compares. */
  readonly text: string;
  /** The size, or the time's seconds and nanoseconds. */
  readonly major: number;
  readonly minor: number;
}

export interface Question extends Subtree {
  readonly order: Order;
  /** Only what comes behind it. */
  readonly after?: Place;
  /** At most so many. */
  readonly max: number;
}

/** The rows that answered a question when it was asked, in order. */
export interface Found {
  readonly rows: readonly FoundRow[];
  /** True when there were more than `max`. */
  readonly hasMore: boolean;
}

export interface FoundRow extends Place {
  /** Tells the node from others that may get its id later. */
  readonly generation: number;
}

/** A node with the marks that tell how far to trust it. */
export interface MarkedNode extends FsNode {
  /** Made or changed without an event. */
  readonly blindSpot: boolean;
  /** Something stands against what is shown. */
  readonly doubted: boolean;
  /** Would be gone but for the brake. */
  readonly held: boolean;
}

/** What a subtree takes up, with the node at its top. */
export interface UsageSums {
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  /** Of 512 bytes. */
  readonly blocks: number;
}

export interface UsageNode extends UsageSums {
  readonly node: FsNode;
  readonly newest: Moment | undefined;
  /** The largest first; undefined for what is no directory, and where the depth ends. */
  readonly children: readonly UsageNode[] | undefined;
  /** What was left out of `children`. */
  readonly rest: (UsageSums & { readonly entries: number }) | undefined;
}

export interface UsageTree {
  readonly top: UsageNode;
  /** Whether files with several names are counted once in each node, or were too many to tell. */
  readonly hardLinks: "none" | "counted once" | "counted each";
}

/** How well a directory and all below it are known. */
export interface Coverage {
  readonly directories: number;
  /** Listed whole, and not known to have changed since. */
  readonly listed: number;
  /** Fusion time in ms of the oldest of those listings. */
  readonly oldestListedAt: number | undefined;
  /** How many of them are not older than each bound that was given, but older than the one before. */
  readonly ages: readonly number[];
}

/**
 * Work that can be paused after each step, and given up at any; records may be applied between two
 * steps. A step is about one node.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;
