/**
 * All that durability asks of a file system. What was not said to be durable may be gone, or half
 * there, after a crash; tests have a disk that makes the worst of it.
 */
export interface Disk {
  /**
   * Makes the folder, for its owner alone, and the folders above it; durable when it resolves. One
   * that exists is kept.
   */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder, in no order. */
  list(folder: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
  /** The same piece by piece, for what is too large to be held. */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** Opens a file to be read at any place. */
  open(path: string): Promise<OpenFile>;
  /** Makes a file that is not there yet. Its name is durable once `syncFolder` has resolved. */
  create(path: string, options?: CreateOptions): Promise<DiskFile>;
  /** Leaves the first `length` bytes; durable when it resolves. */
  truncate(path: string, length: number): Promise<void>;
  /** Replaces what has the new name. Durable once `syncFolder` has resolved. */
  rename(from: string, to: string): Promise<void>;
  /** Durable once `syncFolder` has resolved. */
  remove(path: string): Promise<void>;
  /** Resolves once the names in the folder outlive a crash. */
  syncFolder(folder: string): Promise<void>;
}

export interface CreateOptions {
  /** Every `append` is durable when it resolves, with no `sync`. */
  readonly writeThrough?: boolean;
}

/** A file that is read. Whoever opens it closes it. */
export interface OpenFile {
  readonly size: number;
  /** Fills the chunks with what stands at `at`. False when the file ends before. */
  read(at: number, chunks: readonly Uint8Array[]): Promise<boolean>;
  close(): Promise<void>;
}

/** A file that is written from its beginning to its end. Whoever opens it closes it. */
export interface DiskFile {
  /** Appends all of the chunks, which must not change before this resolves. */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Resolves once everything that was appended outlives a crash. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
