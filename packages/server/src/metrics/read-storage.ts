import { statfs } from "node:fs/promises";
import type { MetricSet } from "@fustor/core/metrics";
import type { Storage } from "../log/storage.js";
import { WAITING_BYTES_MAX } from "../http/durable-replies.js";
import type { FusionMetrics } from "./definitions.js";

export interface StorageFacts {
  readonly storage: Storage;
  /** Where the state lies; undefined when it lies nowhere. */
  readonly folder: string | undefined;
}

/** Fills in the metrics of log, checkpoints and the disk below them. */
export function readStorage(
  metrics: MetricSet<FusionMetrics>,
  { storage, folder }: StorageFacts,
  now: () => number,
): void {
  const add = (name: keyof FusionMetrics, read: () => number | undefined): void => {
    metrics.read(name, (tell) => {
      const value = read();
      if (value !== undefined) tell({}, value);
    });
  };
  add("fustor_log_waiting_bytes", () => storage.log.bytesWaiting);
  add("fustor_log_waiting_bytes_limit", () => WAITING_BYTES_MAX);
  add("fustor_log_written_bytes_total", () => storage.log.bytesAppended);
  add("fustor_log_tail_bytes", () => storage.tailBytes);
  add("fustor_checkpoint_bytes", () => storage.checkpointBytes);
  add("fustor_checkpoint_age_seconds", () => {
    const { checkpointAt } = storage;
    return checkpointAt === undefined ? undefined : Math.max(0, now() - checkpointAt) / 1_000;
  });
  add("fustor_storage_failed", () => (storage.log.failure === undefined ? 0 : 1));
  add("fustor_storage_damaged", () => (storage.damage === undefined ? 0 : 1));
  const addDisk = (name: keyof FusionMetrics, blocks: "bavail" | "blocks"): void => {
    metrics.read(name, async (tell) => {
      const disk = folder === undefined ? undefined : await statfs(folder).catch(() => undefined);
      if (disk !== undefined) tell({}, disk[blocks] * disk.bsize);
    });
  };
  addDisk("fustor_storage_free_bytes", "bavail");
  addDisk("fustor_storage_size_bytes", "blocks");
}
