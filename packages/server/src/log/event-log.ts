import type { Entry } from "./entry.js";

/** What is appended: an entry, and for a batch its bytes as they came over the wire. */
export interface Draft {
  readonly entry: Entry;
  /** Must not change any more. */
  readonly body?: Uint8Array;
}

/** A draft in its place in the log. */
export interface LogRecord extends Draft {
  /** Counts from 1, without a gap. */
  readonly seq: number;
}

/**
 * The ordered log of all that happened: the state is what its records fold to.
 *
 * Nothing may be acknowledged before `durable` has resolved. After a failure nothing is durable any
 * more. A full disk, or one that may only be read, is waited for: what was appended is kept, and
 * `mend` writes it. After any other failure the log stays failed until it is opened anew.
 */
export interface EventLog {
  /** Why it failed, in a sentence; undefined while it is well. */
  readonly failure: string | undefined;
  /** Of the last record that was appended; 0 before the first. */
  readonly lastSeq: number;
  /** Bytes that were appended and are not durable yet. */
  readonly bytesWaiting: number;
  /** Bytes that were appended since it was opened. */
  readonly bytesAppended: number;
  /** Appends in this order. Does not wait, and does nothing once the log has failed for good. */
  append(...drafts: readonly Draft[]): void;
  /**
   * Resolves once all that was appended outlives a crash. Throws `STORAGE_FAILED` when it cannot
   * be told that it does.
   */
  durable(): Promise<void>;
  /** Writes what a disk refused that takes it now. Does nothing while all is well. */
  mend(): Promise<void>;
  /** Forgets records that a checkpoint stands for, up to `seq`, and perhaps keeps some of them. */
  cut(seq: number): Promise<void>;
  /** Waits for what was appended. May be called twice. */
  close(): Promise<void>;
}
