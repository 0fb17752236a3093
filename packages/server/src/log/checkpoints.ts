import { join } from "node:path";
import type { CheckpointSlice, StoredSlice } from "@fustor/core";
import { readCheckpointFile, writeCheckpointFile } from "./checkpoint-file.js";
import type { Disk } from "./disk.js";

/** Keeps states, each the fold of all records up to a seq. */
export interface CheckpointStore {
  /**
   * Writes one, slice by slice, and forgets all but it and the one before. It counts once this has
   * resolved; returns the seq up to which records are not needed any more.
   */
  write(
    seq: number,
    slices: AsyncIterable<CheckpointSlice> | Iterable<CheckpointSlice>,
  ): Promise<number>;
  /** The seqs of those that there are, the newest first. */
  list(): Promise<readonly number[]>;
  /** Its slices in the order in which they were written. Throws `DamagedCheckpointError`. */
  read(seq: number): AsyncIterable<StoredSlice>;
  /** For one that turned out to be of no use. */
  remove(seq: number): Promise<void>;
}

/** One older than the newest: what it needs of the log is kept for it. */
const KEPT = 2;
const DRAFT = "draft.tmp";

/** Checkpoints in a folder, a file each. */
export class FileCheckpoints implements CheckpointStore {
  readonly #disk: Disk;
  readonly #folder: string;

  private constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  static async open(disk: Disk, folder: string): Promise<FileCheckpoints> {
    await disk.makeFolder(folder);
    return new FileCheckpoints(disk, folder);
  }

  async write(
    seq: number,
    slices: AsyncIterable<CheckpointSlice> | Iterable<CheckpointSlice>,
  ): Promise<number> {
    await this.#removeDraft();
    const draft = join(this.#folder, DRAFT);
    try {
      const file = await this.#disk.create(draft);
      try {
        await writeCheckpointFile(file, seq, slices);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#disk.rename(draft, this.#path(seq));
    } catch (error) {
      // It may be what fills the disk. A disk that refuses this too is asked again the next time.
      await this.#removeDraft().catch(() => undefined);
      throw error;
    }
    await this.#disk.syncFolder(this.#folder);
    const all = await this.list();
    for (const old of all.slice(KEPT)) await this.#disk.remove(this.#path(old));
    await this.#disk.syncFolder(this.#folder);
    return all.length < KEPT ? 0 : (all[KEPT - 1] ?? 0);
  }

  async list(): Promise<readonly number[]> {
    const names = await this.#disk.list(this.#folder);
    return names
      .flatMap((name) => {
        const digits = /^(\d{16})\.checkpoint$/.exec(name)?.[1];
        return digits === undefined ? [] : [Number(digits)];
      })
      .sort((a, b) => b - a);
  }

  read(seq: number): AsyncIterable<StoredSlice> {
    return readCheckpointFile(this.#disk, this.#path(seq), seq);
  }

  async remove(seq: number): Promise<void> {
    await this.#disk.remove(this.#path(seq));
    await this.#disk.syncFolder(this.#folder);
  }

  async #removeDraft(): Promise<void> {
    const names = await this.#disk.list(this.#folder);
    if (names.includes(DRAFT)) await this.#disk.remove(join(this.#folder, DRAFT));
  }

  #path(seq: number): string {
    return join(this.#folder, `${String(seq).padStart(16, "0")}.checkpoint`);
  }
}
