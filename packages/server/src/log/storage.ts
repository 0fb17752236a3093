import { join } from "node:path";
import {
  hasCode,
  type Checkpoint,
  type CheckpointSlice,
  type Clock,
  type Logger,
  type StoredSlice,
} from "@fustor/core";
import { FileCheckpoints, type CheckpointStore } from "./checkpoints.js";
import type { Disk } from "./disk.js";
import type { EventLog, LogRecord } from "./event-log.js";
import { readIncarnation, renewIncarnation } from "./incarnation.js";
import { takeLease, type Lease } from "./lease.js";
import { nodeDisk } from "./node-disk.js";
import { nullLog } from "./null-log.js";
import { openLog } from "./open-log.js";
import { DamagedCheckpointError, isRefusal, stateRefused } from "./storage-errors.js";

/** What can be kept: the fold of the log's records. */
export interface Kept {
  /** Takes over what a checkpoint holds. After an error it is of no use any more. */
  restore(slices: AsyncIterable<StoredSlice>): Promise<void>;
  /** Does again what a record did. */
  replay(record: LogRecord): void;
  /** Begins a checkpoint of the state as it is now; undefined for a state that has none. */
  checkpoint(): Checkpoint | undefined;
}

/** Where the state of a Fusion outlives its process. */
export interface Storage {
  readonly log: EventLog;
  /** Changes when acknowledged records were lost. */
  readonly incarnation: string;
  /** What was found damaged when it was opened, in a sentence. */
  readonly damage: string | undefined;
  /** Bytes of the log that the next start would have to read. */
  readonly tailBytes: number;
  /** Of the newest checkpoint; 0 before the first. */
  readonly checkpointBytes: number;
  /** When this process wrote or read it, ms since the epoch; undefined while there is none. */
  readonly checkpointAt: number | undefined;
  /** Begins with what was kept. `create` makes an empty state, perhaps more than once. */
  recover<State extends Kept>(create: () => Promise<State>): Promise<State>;
  /** Writes a checkpoint of what `recover` returned, and cuts the log behind the one before. */
  checkpoint(): Promise<void>;
  /** Lets the next process in. May be called twice. */
  close(): Promise<void>;
}

export interface StorageOptions {
  /** The state directory; made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disk?: Disk;
  /** Of the log; see `SegmentLogOptions`. */
  readonly segmentBytes?: number;
}

/**
 * Opens a state directory for this process alone.
 *
 * Throws `HOME_IN_USE` naming the process that has it, and `HOME_UNUSABLE` where the disk refuses;
 * `recover` also throws `START_FAILED` for a state that a newer Fusion wrote.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { folder, clock, disk = nodeDisk } = options;
  let lease: Lease | undefined;
  try {
    await disk.makeFolder(folder);
    lease = await takeLease(folder, clock);
    const checkpoints = await FileCheckpoints.open(disk, join(folder, "checkpoints"));
    const incarnation = await readIncarnation(disk, folder);
    return new DiskStorage({ ...options, disk, lease, checkpoints, incarnation });
  } catch (error) {
    await lease?.release();
    throw isRefusal(error) ? stateRefused(folder, error) : error;
  }
}

/** Keeps nothing. */
export function memoryStorage(): Storage {
  return {
    log: nullLog,
    incarnation: "memory",
    damage: undefined,
    tailBytes: 0,
    checkpointBytes: 0,
    checkpointAt: undefined,
    recover: (create) => create(),
    checkpoint: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

interface DiskStorageParts extends StorageOptions {
  readonly disk: Disk;
  readonly lease: Lease;
  readonly checkpoints: CheckpointStore;
  readonly incarnation: string;
}

class DiskStorage implements Storage {
  readonly #parts: DiskStorageParts;
  #log: EventLog = nullLog;
  #kept: Kept | undefined;
  #incarnation: string;
  #damage: string | undefined;
  #checkpointBytes = 0;
  #checkpointAt: number | undefined;
  #writing: Promise<void> | undefined;
  /** The bytes of the tail, as of `#tailSince` bytes appended. */
  #tailBefore = 0;
  #tailSince = 0;

  constructor(parts: DiskStorageParts) {
    this.#parts = parts;
    this.#incarnation = parts.incarnation;
  }

  get log(): EventLog {
    return this.#log;
  }

  get incarnation(): string {
    return this.#incarnation;
  }

  get damage(): string | undefined {
    return this.#damage;
  }

  get tailBytes(): number {
    return this.#tailBefore + this.#log.bytesAppended - this.#tailSince;
  }

  get checkpointBytes(): number {
    return this.#checkpointBytes;
  }

  get checkpointAt(): number | undefined {
    return this.#checkpointAt;
  }

  async recover<State extends Kept>(create: () => Promise<State>): Promise<State> {
    try {
      for (const seq of await this.#parts.checkpoints.list()) {
        const state = await this.#restore(await create(), seq);
        if (state !== undefined) return await this.#replay(state, seq);
      }
      return await this.#replay(await create(), 0);
    } catch (error) {
      throw isRefusal(error) ? stateRefused(this.#parts.folder, error) : error;
    }
  }

  checkpoint(): Promise<void> {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    await this.#log.close();
    await this.#parts.lease.release();
  }

  /** Undefined for a checkpoint that is of no use, and is gone then. */
  async #restore<State extends Kept>(state: State, seq: number): Promise<State | undefined> {
    const { checkpoints, clock, logger } = this.#parts;
    try {
      await state.restore(this.#measured(checkpoints.read(seq)));
      this.#checkpointAt = clock.now();
      return state;
    } catch (error) {
      // Who may not read it today cannot say what it is worth; a sector that is gone is gone.
      const mayBeWhole = isRefusal(error) && error.code !== "EIO";
      if (mayBeWhole || hasCode(error, "START_FAILED")) throw error;
      // Damage to a file is no fault of ours: where we stood tells nobody anything.
      const why =
        error instanceof DamagedCheckpointError ? { reason: error.message } : { err: error };
      logger.error({ ...why, seq }, "a checkpoint is of no use; the one before it is taken");
      await checkpoints.remove(seq);
      return undefined;
    }
  }

  async #replay<State extends Kept>(state: State, after: number): Promise<State> {
    const { disk, folder, logger, segmentBytes } = this.#parts;
    let failed = 0;
    this.#log = await openLog({
      disk,
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
      folder: join(folder, "log"),
      after,
      onRecord: (record) => {
        this.#tailBefore += record.body?.length ?? 0;
        try {
          state.replay(record);
        } catch (error) {
          // It did the same when it happened: whoever brought it was answered with an error.
          failed += 1;
          if (failed === 1) logger.error({ err: error, seq: record.seq }, "a record failed again");
        }
      },
      onDamage: async ({ reason, seq }) => {
        this.#damage = reason;
        logger.error(
          { reason, seq },
          "acknowledged records of the log are damaged: they are set aside, and every agent looks " +
            "at everything again",
        );
        this.#incarnation = await renewIncarnation(disk, folder);
      },
      onFailure: (error) => {
        logger.error({ err: error }, error.message);
      },
      onMended: () => {
        logger.info({ folder }, "the log can be written again, and has all that it was to have");
      },
    });
    this.#kept = state;
    return state;
  }

  async #write(): Promise<void> {
    const { checkpoints, logger } = this.#parts;
    const log = this.#log;
    // A log that failed has not what the state has.
    if (this.#kept === undefined || log.failure !== undefined) return;
    const { lastSeq: seq, bytesAppended } = log;
    const checkpoint = this.#kept.checkpoint();
    if (checkpoint === undefined) return;
    try {
      await log.durable();
      let bytes = 0;
      const needed = await checkpoints.write(
        seq,
        counted(checkpoint.slices, (size) => (bytes += size)),
      );
      this.#tailBefore = 0;
      this.#tailSince = bytesAppended;
      this.#checkpointBytes = bytes;
      this.#checkpointAt = this.#parts.clock.now();
      await log.cut(needed);
      logger.debug({ seq, bytes }, "checkpoint written");
    } finally {
      checkpoint.close();
    }
  }

  async *#measured(slices: AsyncIterable<StoredSlice>): AsyncGenerator<StoredSlice> {
    this.#checkpointBytes = 0;
    for await (const slice of slices) {
      this.#checkpointBytes += slice.length;
      yield slice;
    }
  }
}

function* counted(
  slices: Iterable<CheckpointSlice>,
  count: (bytes: number) => void,
): Generator<CheckpointSlice> {
  for (const slice of slices) {
    count(slice.bytes.length);
    yield slice;
  }
}
