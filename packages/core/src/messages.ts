/**
 * What a source says. Six kinds of message carry everything that a pipe transports; the rules by
 * which Fusion believes them are written down in `docs/CONSISTENCY_DESIGN.md`.
 */

/**
 * How the evidence came about: a kernel event on the very name, a full walk after becoming leader,
 * a periodic walk, a look that somebody asked for, a look at names that were in doubt.
 */
export type MessageSource = "realtime" | "snapshot" | "audit" | "on_demand" | "sentinel";

/** What a field can hold. Integers beyond 2^53 travel as decimal strings. */
export type Value = string | number | boolean | null;

/** One row, its values in the order of the table's `fields`. */
export type Row = readonly Value[];

/** Rows that share one list of fields. The first field is the row's key. */
export interface Table {
  readonly fields: readonly string[];
  readonly rows: readonly Row[];
}

/** When and how something was observed. Times are milliseconds on the agent's `Clock`. */
export interface Observation {
  readonly source: MessageSource;
  /** Not later than the first look that the message rests on. */
  readonly startedAt: number;
  /** Not earlier than the last one. */
  readonly endedAt: number;
}

/** Rows seen to exist and keys seen to be absent, each by a look at that very name. */
export interface ChangeMessage extends Observation {
  readonly kind: "change";
  /** Keyed by the full key (fs: `path`). A key stands at most once in a message. */
  readonly upserts: Table;
  readonly deletes: readonly string[];
  /**
   * Keys whose writers were seen to have finished (fs: closed, or at rest). Only keys that stand
   * in `upserts`.
   */
  readonly settled?: readonly string[];
  /**
   * Names that went from one key to another, in this order and before the upserts and deletes. The
   * key `from` was seen absent and the row of `to` stands in `upserts`, both looked at after the
   * move was told. What was below `from` went along.
   */
  readonly moves?: readonly Move[];
}

/** A rename: the old key and the new one. */
export type Move = readonly [from: string, to: string];

/**
 * All rows of one scope (fs: one directory; SQL: a key range; S3: a page of a prefix).
 *
 * A scope too large for one message travels in parts 0, 1, 2 ... of one stream, the final one
 * marked `last`; it proves absence only as a whole.
 */
export interface ListingMessage extends Observation {
  readonly kind: "listing";
  readonly scope: string;
  /** Keyed by the name within the scope (fs: `name`). */
  readonly entries: Table;
  /** The scope's own row, in the fields of `entries`, its name empty. */
  readonly self?: Row;
  /**
   * True when the source has proof that nothing else was in the scope. Only then does a name that
   * is missing here count as absent.
   */
  readonly complete: boolean;
  readonly part: number;
  readonly last: boolean;
}

/**
 * A complete listing of one scope without its rows: where the receiver's own digest is the same,
 * it confirms every row; where not, the receiver asks for the listing.
 */
export interface DigestMessage extends Observation {
  readonly kind: "digest";
  readonly scope: string;
  /** 16 lower-case hexadecimal digits; how they come about is the schema's matter. */
  readonly digest: string;
  /** How many rows the listing has. */
  readonly count: number;
  /** The scope's own row, keyed as in a listing by an empty name. */
  readonly self: Table;
}

/** A scope could not be read. Unreadable is unknown, never absent. */
export interface UnreadableMessage extends Observation {
  readonly kind: "unreadable";
  readonly scope: string;
  /** The system's own word, e.g. `EACCES`. */
  readonly errno: string;
}

/** Events in a scope may have been missed: overflow, a dead watcher, a full buffer. */
export interface LostMessage extends Observation {
  readonly kind: "lost";
  readonly scope: string;
  /** Lower-case words for people and metrics, e.g. `queue overflow`. */
  readonly reason: string;
}

/** A walk begins or ends. */
export interface MarkMessage extends Observation {
  readonly kind: "mark";
  readonly walk: "snapshot" | "audit" | "scan";
  readonly edge: "begin" | "end";
  /** Names the walk; `begin` and `end` carry the same one. */
  readonly id: string;
  /** Where the walk started (fs: `/` for the whole root). */
  readonly scope: string;
  /** With `end`: what was met on the way. */
  readonly totals?: WalkTotals;
}

/** What a walk met. */
export interface WalkTotals {
  readonly scopes: number;
  readonly rows: number;
  readonly unreadable: number;
}

/** Everything that a source can say. */
export type Message =
  ChangeMessage | ListingMessage | DigestMessage | UnreadableMessage | LostMessage | MarkMessage;

/** How many rows and keys a message carries: what buffers and batches count. */
export function countRows(message: Message): number {
  switch (message.kind) {
    case "change":
      return message.upserts.rows.length + message.deletes.length + (message.moves?.length ?? 0);
    case "listing":
      return message.entries.rows.length + 1;
    case "digest":
    case "unreadable":
    case "lost":
    case "mark":
      return 1;
  }
}
