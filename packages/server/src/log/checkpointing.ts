import type { Clock, Logger } from "@fustor/core";
import type { Storage } from "./storage.js";

const MIB = 1024 * 1024;
const INTERVAL_MS = 1_000;
const TAIL_BYTES_MIN = 32 * MIB;

/** When a checkpoint is worth its while. */
const TAIL = {
  /** Of the last checkpoint: what is written again and again shall be little beside the log. */
  share: 0.25,
  /** A tail that is so many times too long does not wait for a quiet moment. */
  urgent: 4,
  /** Written at a clean stop from here on. */
  bytesAtStop: MIB,
} as const;

export interface Checkpointing {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A tail that is shorter is read in no time. Default: 32 MiB. */
  readonly tailBytesMin?: number;
}

/**
 * Writes a checkpoint whenever the log's tail has become long, until the signal aborts; preferably
 * when nothing much comes, so that a first snapshot is not held up. Also tries whether a log that
 * the disk refused can be written again.
 */
export async function runCheckpoints(
  { storage, clock, logger, tailBytesMin = TAIL_BYTES_MIN }: Checkpointing,
  signal: AbortSignal,
): Promise<void> {
  let before = storage.tailBytes;
  for (;;) {
    try {
      await clock.sleep(INTERVAL_MS, signal);
    } catch {
      return;
    }
    await storage.log.mend();
    const { tailBytes, checkpointBytes } = storage;
    const isQuiet = tailBytes - before < MIB;
    before = tailBytes;
    const tooLong = Math.max(tailBytesMin, checkpointBytes * TAIL.share);
    if (tailBytes < tooLong || (!isQuiet && tailBytes < tooLong * TAIL.urgent)) continue;
    await write({ storage, clock, logger });
    before = storage.tailBytes;
  }
}

/** Writes the last one, so that the next start has next to nothing to read. */
export async function checkpointAtStop(checkpointing: Checkpointing): Promise<void> {
  if (checkpointing.storage.tailBytes >= TAIL.bytesAtStop) await write(checkpointing);
}

async function write({ storage, logger }: Checkpointing): Promise<void> {
  try {
    await storage.checkpoint();
  } catch (error) {
    // The log has everything still.
    logger.warn({ err: error }, "no checkpoint could be written; the next start takes longer");
  }
}
