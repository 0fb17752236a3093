import { join } from "node:path";
import type { Disk } from "./disk.js";
import type { LogRecord } from "./event-log.js";
import { provesDurable, readFrame } from "./frame.js";
import { firstSeqOf, isSegmentHeader, SEGMENT_HEADER_BYTES } from "./segment.js";
import { SegmentLog, type KnownSegment, type SegmentLogOptions } from "./segment-log.js";

export interface OpenLogOptions extends Pick<
  SegmentLogOptions,
  "disk" | "folder" | "segmentBytes" | "onFailure"
> {
  /** The seq that the newest checkpoint stands for: what comes after it is read. */
  readonly after: number;
  /** Told every record after that, in order. */
  readonly onRecord: (record: LogRecord) => void;
  /**
   * Called before anything is set aside, when records are damaged or missing that were
   * acknowledged. Must be durable when it resolves.
   */
  readonly onDamage: (damage: Damage) => Promise<void>;
}

/** Acknowledged records that cannot be read any more. */
export interface Damage {
  /** What is wrong where, in a sentence. */
  readonly reason: string;
  /** The first record that is gone. */
  readonly seq: number;
}

/** Where aside damaged segments go, below the log's folder. */
const ASIDE = "quarantine";

/**
 * Opens the log and reads its tail. What a crash cut short at its end is cut off. Where a record
 * before that cannot be read, it and all that follow are set aside, and never an obstacle.
 *
 * Throws `START_FAILED` for a log that a newer Fusion wrote.
 */
export async function openLog(options: OpenLogOptions): Promise<SegmentLog> {
  const { disk, folder, after, onDamage } = options;
  await disk.makeFolder(folder);
  const segments = await findSegments(disk, folder);
  const kept: KnownSegment[] = [];
  let lastSeq = after;
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    kept.push(segment);
    // Not read: the checkpoint stands for all of it.
    if (next !== undefined && next.first <= after + 1) continue;
    const read = await readSegment(segment, options, { lastSeq, isLast: next === undefined });
    if (read.lastSeq >= segment.first) lastSeq = Math.max(lastSeq, read.lastSeq);
    if (read.damage !== undefined) {
      await onDamage(read.damage);
      await setAside(options, segments.slice(index + 1));
      await copyAside(options, segment);
    }
    if (read.lastSeq < segment.first) {
      kept.pop();
      await disk.remove(join(folder, segment.name));
      await disk.syncFolder(folder);
    } else if (read.end !== undefined) {
      await disk.truncate(join(folder, segment.name), read.end);
    }
    if (read.damage !== undefined) break;
  }
  return new SegmentLog({ ...options, lastSeq, segments: kept });
}

async function findSegments(disk: Disk, folder: string): Promise<readonly KnownSegment[]> {
  const names = await disk.list(folder);
  return names
    .flatMap((name) => {
      const first = firstSeqOf(name);
      return first === undefined ? [] : [{ name, first }];
    })
    .sort((a, b) => a.first - b.first);
}

interface SegmentRead {
  /** Of its last readable record; less than its first when there is none. */
  readonly lastSeq: number;
  /** Where its readable part ends, if that is not where the file ends. */
  readonly end?: number;
  /** Absent when what ends there is only what a crash cut short. */
  readonly damage?: Damage;
}

async function readSegment(
  { name, first }: KnownSegment,
  { disk, folder, after, onRecord }: OpenLogOptions,
  { lastSeq: before, isLast }: { readonly lastSeq: number; readonly isLast: boolean },
): Promise<SegmentRead> {
  const path = join(folder, name);
  const file = await disk.read(path);
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (!isSegmentHeader(bytes, first, path)) {
    const isTorn = isLast && !provesDurable(bytes, 0, first);
    const damage = { reason: `${path} has no valid header`, seq: first };
    return { lastSeq: first - 1, ...(isTorn ? {} : { damage }) };
  }
  if (first > before + 1) {
    const reason = `${path} follows record ${String(before)} with record ${String(first)}`;
    return { lastSeq: first - 1, damage: { reason, seq: before + 1 } };
  }
  let lastSeq = first - 1;
  let at = SEGMENT_HEADER_BYTES;
  while (at < bytes.length) {
    const frame = readFrame(bytes, at);
    if (frame?.record.seq !== lastSeq + 1) {
      const seq = lastSeq + 1;
      const isTorn = isLast && !provesDurable(bytes, at, seq);
      const damage = { reason: `${path} is damaged at byte ${String(at)}`, seq };
      return { lastSeq, end: at, ...(isTorn ? {} : { damage }) };
    }
    lastSeq += 1;
    at = frame.end;
    if (lastSeq > after) onRecord(frame.record);
  }
  return { lastSeq };
}

/** The youngest first: what is left is always a log without a gap. */
async function setAside(
  { disk, folder }: OpenLogOptions,
  segments: readonly KnownSegment[],
): Promise<void> {
  const aside = join(folder, ASIDE);
  await disk.makeFolder(aside);
  for (const { name } of [...segments].reverse()) {
    await disk.rename(join(folder, name), join(aside, await freeName({ disk, aside }, name)));
    await disk.syncFolder(aside);
    await disk.syncFolder(folder);
  }
}

/** A copy, for its beginning is still needed where it is. */
async function copyAside({ disk, folder }: OpenLogOptions, { name }: KnownSegment): Promise<void> {
  const aside = join(folder, ASIDE);
  const copy = await disk.create(join(aside, await freeName({ disk, aside }, name)));
  try {
    await copy.append([await disk.read(join(folder, name))]);
    await copy.sync();
  } finally {
    await copy.close();
  }
  await disk.syncFolder(aside);
}

async function freeName(
  { disk, aside }: { readonly disk: Disk; readonly aside: string },
  name: string,
): Promise<string> {
  const taken = new Set(await disk.list(aside));
  let count = 1;
  while (taken.has(`${name}.${String(count)}`)) count += 1;
  return `${name}.${String(count)}`;
}
