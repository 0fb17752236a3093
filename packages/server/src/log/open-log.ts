import { join } from "node:path";
import type { Disk } from "./disk.js";
import type { LogRecord } from "./event-log.js";
import { loadSegment, readSegment, type Damage, type KnownSegment } from "./read-segment.js";
import { firstSeqOf } from "./segment.js";
import { SegmentLog, type SegmentLogOptions } from "./segment-log.js";

export interface OpenLogOptions extends Pick<
  SegmentLogOptions,
  "disk" | "folder" | "segmentBytes" | "onFailure" | "onMended"
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

/** Where aside damaged segments go, below the log's folder. */
const ASIDE = "quarantine";

/**
 * Opens the log and reads its tail. What a crash cut short at its end is cut off. Where a record
 * before that cannot be read, it and all that follow are set aside, and never an obstacle. A log that
 * ends before its checkpoint has lost its end.
 *
 * Throws `START_FAILED` for a log that a newer Fusion wrote, and what the disk says that refuses.
 */
export async function openLog(options: OpenLogOptions): Promise<SegmentLog> {
  const { disk, folder, after, onRecord, onDamage } = options;
  await disk.makeFolder(folder);
  const segments = await findSegments(disk, folder);
  const kept: KnownSegment[] = [];
  let lastSeq = after;
  /** Of the last record that the log itself has. */
  let ownSeq = 0;
  let isDamaged = false;
  for (const [index, segment] of segments.entries()) {
    const { name, first } = segment;
    const path = join(folder, name);
    const next = segments[index + 1]?.first;
    // Not read: the checkpoint stands for all of it.
    if (next !== undefined && next <= after + 1) {
      kept.push(segment);
      continue;
    }
    const follows = first <= lastSeq + 1;
    const bytes = follows ? await loadSegment(disk, path) : undefined;
    if (bytes === undefined) {
      const reason = follows
        ? `the disk cannot read ${path}`
        : `${path} follows record ${String(lastSeq)} with record ${String(first)}`;
      isDamaged = true;
      await onDamage({ reason, seq: lastSeq + 1 });
      await setAside(options, segments.slice(index));
      break;
    }
    const read = readSegment(bytes, {
      path,
      first,
      next,
      onRecord: (record) => {
        if (record.seq > after) onRecord(record);
      },
    });
    lastSeq = Math.max(lastSeq, read.lastSeq);
    ownSeq = read.lastSeq;
    isDamaged = read.damage !== undefined;
    if (read.damage !== undefined) {
      await onDamage(read.damage);
      await setAside(options, segments.slice(index + 1));
      await copyAside(options, segment);
    }
    if (read.lastSeq < first) {
      await disk.remove(path);
      await disk.syncFolder(folder);
    } else {
      kept.push(segment);
      if (read.end !== undefined) await disk.truncate(path, read.end);
    }
    if (isDamaged) break;
  }
  // A checkpoint is written only once the log has all that it stands for, and the end of the log is
  // never cut off: nobody knows how much more there was.
  if (ownSeq < after && !isDamaged) {
    const reason = endsEarly({ folder, ends: ownSeq, after });
    await onDamage({ reason, seq: after + 1 });
  }
  return new SegmentLog({ ...options, lastSeq, segments: kept });
}

/** What is wrong with a log that has not all that a checkpoint stands for, in a sentence. */
export function endsEarly({ folder, ends, after }: EarlyEnd): string {
  return ends === 0
    ? `${folder} is empty, though a checkpoint stands for ${String(after)} records`
    : `${folder} ends with record ${String(ends)}, before the checkpoint of ${String(after)}`;
}

interface EarlyEnd {
  readonly folder: string;
  /** Seq of its last record; 0 when it has none. */
  readonly ends: number;
  /** What the checkpoint stands for. */
  readonly after: number;
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
