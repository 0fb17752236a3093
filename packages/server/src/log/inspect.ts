import { join } from "node:path";
import { hasCode } from "@fustor/core";
import { readCheckpointFile } from "./checkpoint-file.js";
import type { Disk } from "./disk.js";
import { leaseHolder } from "./lease.js";
import { nodeDisk } from "./node-disk.js";
import { endsEarly } from "./open-log.js";
import { loadSegment, readSegment } from "./read-segment.js";
import { firstSeqOf, segmentName } from "./segment.js";

/** What a look at a state directory found. Nothing in it is changed. */
export interface StateReport {
  /** Who uses it now: a process id, or words; undefined when nobody does. */
  readonly holder: string | undefined;
  readonly segments: number;
  readonly records: number;
  readonly logBytes: number;
  readonly checkpoints: number;
  /** Of the newest one that is whole. */
  readonly checkpointBytes: number;
  /** What is damaged, in sentences. */
  readonly damage: readonly string[];
  /** Segments that starts have set aside. */
  readonly setAside: number;
}

/**
 * Reads all of the log and of the checkpoints, and checks every checksum. A Fusion that uses them
 * meanwhile is not disturbed. Undefined where there is no state.
 */
export async function inspectState(
  folder: string,
  disk: Disk = nodeDisk,
): Promise<StateReport | undefined> {
  const log = join(folder, "log");
  const names = await listed(disk, log);
  if (names === undefined) return undefined;
  const report = {
    segments: 0,
    records: 0,
    logBytes: 0,
    checkpoints: 0,
    checkpointBytes: 0,
    damage: [] as string[],
  };
  const holder = await leaseHolder(folder);
  let [logSeq, checkpointSeq] = [0, 0];
  const segments = names.flatMap((name) => firstSeqOf(name) ?? []).sort((a, b) => a - b);
  for (const [index, first] of segments.entries()) {
    const path = join(log, segmentName(first));
    const bytes = await loadIfThere(disk, path);
    // A running Fusion may have cut it off meanwhile.
    if (bytes === "missing") continue;
    report.segments += 1;
    if (bytes === undefined) {
      report.damage.push(`the disk cannot read ${path}`);
      continue;
    }
    const { lastSeq, damage } = readSegment(bytes, { path, first, next: segments[index + 1] });
    report.records += lastSeq - first + 1;
    report.logBytes += bytes.length;
    logSeq = lastSeq;
    if (damage !== undefined) report.damage.push(damage.reason);
  }
  for (const name of [...((await listed(disk, join(folder, "checkpoints"))) ?? [])].sort()) {
    const seq = /^(\d{16})\.checkpoint$/.exec(name)?.[1];
    if (seq === undefined) continue;
    const { bytes, damage } = await readCheckpoint(
      disk,
      join(folder, "checkpoints", name),
      Number(seq),
    );
    report.checkpoints += 1;
    if (damage === undefined) {
      report.checkpointBytes = bytes;
      checkpointSeq = Number(seq);
    } else report.damage.push(damage);
  }
  // A Fusion that runs may have written more since its log was read.
  if (logSeq < checkpointSeq && holder === undefined && report.damage.length === 0) {
    report.damage.push(endsEarly({ folder: log, ends: logSeq, after: checkpointSeq }));
  }
  const setAside = ((await listed(disk, join(log, "quarantine"))) ?? []).length;
  return { ...report, holder, setAside };
}

async function readCheckpoint(
  disk: Disk,
  path: string,
  seq: number,
): Promise<{ readonly bytes: number; readonly damage: string | undefined }> {
  let bytes = 0;
  try {
    for await (const slice of readCheckpointFile(disk, path, seq)) {
      bytes += slice.length;
      await slice.read([new Uint8Array(slice.length)]);
    }
    return { bytes, damage: undefined };
  } catch (error) {
    if (hasCode(error, "START_FAILED")) throw error;
    if (isMissing(error)) return { bytes: 0, damage: undefined };
    return { bytes, damage: error instanceof Error ? error.message : String(error) };
  }
}

function listed(disk: Disk, folder: string): Promise<readonly string[] | undefined> {
  return disk.list(folder).catch(undefinedIfMissing);
}

async function loadIfThere(disk: Disk, path: string): Promise<Buffer | undefined | "missing"> {
  try {
    return await loadSegment(disk, path);
  } catch (error) {
    if (isMissing(error)) return "missing";
    throw error;
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
  return undefined;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
