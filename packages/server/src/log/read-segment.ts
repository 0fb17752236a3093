import { join } from "node:path";
import type { Disk } from "./disk.js";
import type { LogRecord } from "./event-log.js";
import { provesDurable, readFrame } from "./frame.js";
import { isSegmentHeader, SEGMENT_HEADER_BYTES } from "./segment.js";

/** A segment that is there already. */
export interface KnownSegment {
  readonly name: string;
  /** Seq of its first record. */
  readonly first: number;
}

/** Acknowledged records that cannot be read any more. */
export interface Damage {
  /** What is wrong where, in a sentence. */
  readonly reason: string;
  /** The first record that is gone. */
  readonly seq: number;
}

export interface SegmentRead {
  /** Of its last readable record; less than its first when there is none. */
  readonly lastSeq: number;
  /** Where its readable part ends, if that is not where the file ends. */
  readonly end?: number;
  /** Absent when what ends there is only what a crash or a refused write cut short. */
  readonly damage?: Damage;
}

export interface ReadSegmentOptions {
  readonly path: string;
  readonly first: number;
  /**
   * Where the next segment begins; undefined for the youngest one. What follows the record before
   * that was refused by the disk, and written again there.
   */
  readonly next: number | undefined;
  readonly onRecord?: (record: LogRecord) => void;
}

/** The bytes of a segment; undefined where the disk cannot read them any more. */
export async function loadSegment(disk: Disk, path: string): Promise<Buffer | undefined> {
  try {
    const file = await disk.read(path);
    return Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EIO") return undefined;
    throw error;
  }
}

/** Reads the records of a segment, in order. Throws `START_FAILED` for one of a newer format. */
export function readSegment(bytes: Buffer, options: ReadSegmentOptions): SegmentRead {
  const { path, first, next, onRecord } = options;
  const stopped = (lastSeq: number, at: number, reason: string): SegmentRead => {
    const isTorn = next === undefined && !provesDurable(bytes, at, lastSeq + 1);
    return { lastSeq, end: at, ...(isTorn ? {} : { damage: { reason, seq: lastSeq + 1 } }) };
  };
  if (!isSegmentHeader(bytes, first, path)) {
    return stopped(first - 1, 0, `${path} has no valid header`);
  }
  let lastSeq = first - 1;
  let at = SEGMENT_HEADER_BYTES;
  while (at < bytes.length && lastSeq + 1 !== next) {
    const frame = readFrame(bytes, at);
    if (frame?.record.seq !== lastSeq + 1) {
      return stopped(lastSeq, at, `${path} is damaged at byte ${String(at)}`);
    }
    lastSeq += 1;
    at = frame.end;
    onRecord?.(frame.record);
  }
  if (next !== undefined && lastSeq + 1 !== next) {
    return stopped(lastSeq, at, `${path} ends before record ${String(next)} follows`);
  }
  return at === bytes.length ? { lastSeq } : { lastSeq, end: at };
}

/** Throws unless the segment ends with that record, so that the log can go on behind it. */
export async function verifyTail(
  disk: Disk,
  { folder, segment, lastSeq }: TailOfLog,
): Promise<void> {
  const path = join(folder, segment.name);
  const bytes = await loadSegment(disk, path);
  const read = bytes && readSegment(bytes, { path, first: segment.first, next: undefined });
  if (read?.lastSeq === lastSeq && read.end === undefined) return;
  throw Object.assign(new Error(`${path} does not end with record ${String(lastSeq)}`), {
    code: "EIO",
  });
}

interface TailOfLog {
  readonly folder: string;
  readonly segment: KnownSegment;
  readonly lastSeq: number;
}
