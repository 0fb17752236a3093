import type { FileType } from "@fustor/schema-fs";

/**
 * The answers of the query API, as a client reads them. All times are seconds since the epoch, those
 * of Fusion itself in its own time; names that end in `_ns` are the same in whole nanoseconds, as
 * decimal strings, because a JSON number cannot hold them.
 *
 * A name that is not valid UTF-8 shows U+FFFD in `path` and `name` and comes with `path_b64`, the
 * bytes of the path in base 64, which every call takes in place of `path`.
 */

/** Stands on every answer: what it rests on. */
export interface QueryMeta {
  readonly view: string;
  /** Revisions and cursors count within one incarnation: a reset or a restart begins another. */
  readonly incarnation: string;
  /** Rises with every change of the view. */
  readonly revision: number;
  /** Fusion's time of what the view heard last. */
  readonly as_of: number;
  /** True once a first snapshot was completed. */
  readonly ready: boolean;
  /**
   * The share of the view's directories that were listed whole and are not known to have changed
   * since, from 0 to 1. Until a first snapshot is complete one directory more counts as not listed.
   */
  readonly coverage: number;
  /** True when something was lost or could not be read, and was not made good since: see `coverage`. */
  readonly gaps: boolean;
  /** True when names are shown that were missed: the brake holds them until it is confirmed. */
  readonly held: boolean;
  /** True when there is more than this answer holds. */
  readonly truncated: boolean;
}

/** What `fields` of `entries` can name. */
export const ENTRY_FIELDS = [
  "path",
  "name",
  "type",
  "size",
  "blocks",
  "mode",
  "uid",
  "gid",
  "ino",
  "nlink",
  "mtime",
  "ctime",
  "mtime_ns",
  "ctime_ns",
  "suspect",
  "blind_spot",
  "doubted",
  "held",
] as const;

export type EntryField = (typeof ENTRY_FIELDS)[number];

/** The fields of an entry when none are named. */
export const DEFAULT_ENTRY_FIELDS = [
  "path",
  "name",
  "type",
  "size",
  "mtime",
  "suspect",
] as const satisfies readonly EntryField[];

/** All that can be said of one file. What is not known of it is null. */
export interface FullEntryJson {
  readonly path: string;
  readonly name: string;
  readonly type: FileType | null;
  readonly size: number | null;
  /** Allocated blocks of 512 bytes. */
  readonly blocks: number | null;
  /** Permission bits, without the type. */
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** A decimal string: inode numbers go beyond what a JSON number holds. */
  readonly ino: string | null;
  readonly nlink: number | null;
  readonly mtime: number | null;
  readonly ctime: number | null;
  readonly mtime_ns: string | null;
  readonly ctime_ns: string | null;
  /** Still being written, or too fresh to be sure of. */
  readonly suspect: boolean;
  /** Made or changed without an event: by a host without an agent. */
  readonly blind_spot: boolean;
  /** Something stands against what is shown: it will be looked at again. */
  readonly doubted: boolean;
  /** Would be gone but for the brake on removals in bulk. */
  readonly held: boolean;
}

/** The fields that were asked for; `path_b64` where a name is not valid UTF-8. */
export type EntryJson = Partial<FullEntryJson> & { readonly path_b64?: string };

/** `GET .../entries` as one page. */
export interface EntriesReply {
  readonly entries: readonly EntryJson[];
  /** Asks for what follows; null on the last page. */
  readonly next_cursor: string | null;
  readonly meta: QueryMeta;
}

/**
 * The last line of `GET .../entries` as NDJSON; every line before is an `EntryJson`. An answer
 * without this line was cut off.
 */
export type EntriesEnd = Omit<EntriesReply, "entries">;

/** What somebody saw of a name. */
export interface SaidJson {
  /** The agent's id. */
  readonly host: string;
  /** An event on the very name, a look at it, or a listing. */
  readonly how: "event" | "probe" | "listing";
  readonly at: number;
  /** By how many seconds `at` may be wrong, either way. */
  readonly error: number;
}

/** A scope whose truth was lost, or that could not be read, and that was not seen whole since. */
export interface GapJson {
  readonly path: string;
  readonly path_b64?: string;
  readonly kind: "lost" | "unreadable";
  /** The reason or errno. */
  readonly reason: string;
  readonly since: number;
}

/** How far a node may be trusted. */
export interface TrustJson {
  /** Its last evidence; null for the root before anything was heard. */
  readonly seen: SaidJson | null;
  /** Of a suspect: not before then it is sure. */
  readonly suspect_until: number | null;
  /** The last whole listing of the directory, or of the one that the file stands in. */
  readonly listed: SaidJson | null;
  /** How many seconds ago that listing was. */
  readonly listed_age: number | null;
  /** The gaps that it stands in. */
  readonly gaps: readonly GapJson[];
}

/** `GET .../entry`. */
export interface EntryReply {
  readonly entry: FullEntryJson & { readonly path_b64?: string };
  readonly trust: TrustJson;
  readonly meta: QueryMeta;
}

/** `GET .../explain`: answers also for names that are not there. */
export interface ExplainReply {
  readonly path: string;
  readonly path_b64?: string;
  readonly present: boolean;
  /** The rule that decided last, by its name in CONSISTENCY_DESIGN.md; null for none. */
  readonly rule: string | null;
  /** The last evidence of a name that is there. */
  readonly seen: SaidJson | null;
  /** The evidence by which it is gone, as long as that is remembered. */
  readonly absent: SaidJson | null;
  /** What else was said for its existence. */
  readonly others: readonly SaidJson[];
  readonly doubted: boolean;
  readonly held: boolean;
  readonly suspect_until: number | null;
  /** The nearest directory that is known, which is the name itself if it is one. */
  readonly directory: {
    readonly path: string;
    readonly path_b64?: string;
    /** Its last whole listing. */
    readonly listed: SaidJson | null;
  };
  /** The gaps that the name stands in. */
  readonly gaps: readonly GapJson[];
  readonly meta: QueryMeta;
}

/** What some names take up. */
export interface UsageSums {
  /** Names that are no directories. */
  readonly files: number;
  readonly directories: number;
  /** Their sizes; a file with several names below is counted once. Directories have none. */
  readonly bytes: number;
  /** What is allocated for them, and for the directories. */
  readonly allocated_bytes: number;
}

/** One name and all below it; so the children of a directory sum up to what stands below it. */
export interface UsageRow extends UsageSums {
  readonly path: string;
  readonly path_b64?: string;
  readonly name: string;
  readonly type: FileType | null;
  readonly newest_mtime: number | null;
  readonly newest_mtime_ns: string | null;
  /** The largest first; only of directories above the depth that was asked for. */
  readonly children?: readonly UsageRow[];
  /** The children that are not shown, together. */
  readonly rest?: UsageSums & { readonly entries: number };
}

/** `GET .../usage`. */
export interface UsageReply {
  /** The node at `path`, itself included. */
  readonly usage: UsageRow;
  readonly meta: QueryMeta & {
    /**
     * `none`: there are no hard links; `counted_once`: the bytes of each row count a file with several
     * names in it once, so that rows may sum up to more than the row above; `counted_each`: there
     * are too many nodes to tell, each name counts.
     */
    readonly hard_links: "none" | "counted_once" | "counted_each";
  };
}

/** `GET .../coverage`: what is known of a directory and all below it. */
export interface CoverageReply {
  readonly path: string;
  readonly path_b64?: string;
  /** Directories, the one at `path` among them. */
  readonly directories: number;
  /** Of those, listed whole and not known to have changed since. */
  readonly listed: number;
  /** `listed` / `directories`. */
  readonly coverage: number;
  /** The oldest of those listings; null when there is none. */
  readonly oldest_listed_at: number | null;
  /** How many listings are older than the bound before and at most so many seconds old. */
  readonly listed_ages: readonly {
    readonly max_age: number | null;
    readonly directories: number;
  }[];
  /** True when an agent that hears events feeds the view, and nothing of them was lost here. */
  readonly watched: boolean;
  /** Gaps at, above and below `path`, the first 1,000. */
  readonly gaps: readonly GapJson[];
  readonly lost: number;
  readonly unreadable: number;
  readonly meta: QueryMeta;
}
