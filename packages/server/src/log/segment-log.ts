import { join } from "node:path";
import type { Disk, DiskFile } from "./disk.js";
import type { Draft, EventLog } from "./event-log.js";
import { encodeFrame } from "./frame.js";
import { verifyTail, type KnownSegment } from "./read-segment.js";
import { SEGMENT_HEADER_BYTES, segmentHeader, segmentName } from "./segment.js";
import { mayPass, storageFailed } from "./storage-errors.js";

const MIB = 1024 * 1024;
const SEGMENT_BYTES = 64 * MIB;
/** A start reads a segment at one go, and Node.js reads no file of 2 GiB: with room for what is written at once. */
const SEGMENT_BYTES_MAX = 512 * MIB;

export interface SegmentLogOptions {
  readonly disk: Disk;
  readonly folder: string;
  /** Of the last record that there is; the log goes on after it, in a new segment. */
  readonly lastSeq: number;
  /** The oldest first. */
  readonly segments: readonly KnownSegment[];
  /** A segment that is larger is followed by a new one. Default: 64 MiB; no more than 512 MiB. */
  readonly segmentBytes?: number;
  /** Told when it fails. */
  readonly onFailure?: (error: Error) => void;
  /** Told when it goes on after that. */
  readonly onMended?: () => void;
}

/** What becomes durable with one write, and who waits for it. */
interface Group {
  chunks: Uint8Array[];
  bytes: number;
  lastSeq: number;
  readonly written: PromiseWithResolvers;
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The log in files, each with the records from a seq on. One write is under way at a time; what is
 * appended meanwhile gathers for the next, so that one sync serves many.
 */
export class SegmentLog implements EventLog {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #onFailure: ((error: Error) => void) | undefined;
  readonly #onMended: (() => void) | undefined;
  readonly #segments: KnownSegment[];
  #file: DiskFile | undefined;
  #fileBytes = 0;
  #lastSeq: number;
  #bytesAppended = 0;
  #durableSeq: number;
  /** Gathers, and waits for its turn. */
  #next: Group | undefined;
  /** Is being written. */
  #current: Group | undefined;
  #failure: Error | undefined;
  /** It failed for good. */
  #isBroken = false;
  /** A segment that was begun and may hold nothing, or half a header. */
  #draft: string | undefined;
  /** Behind its last durable record the youngest segment may hold anything. */
  #isTorn = false;
  #isClosed = false;

  constructor(options: SegmentLogOptions) {
    const { disk, folder, lastSeq, segments, segmentBytes = SEGMENT_BYTES } = options;
    this.#disk = disk;
    this.#folder = folder;
    this.#segmentBytes = Math.min(segmentBytes, SEGMENT_BYTES_MAX);
    this.#onFailure = options.onFailure;
    this.#onMended = options.onMended;
    this.#segments = [...segments];
    this.#lastSeq = lastSeq;
    this.#durableSeq = lastSeq;
  }

  get failure(): string | undefined {
    return this.#failure?.message;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get bytesWaiting(): number {
    return (this.#current?.bytes ?? 0) + (this.#next?.bytes ?? 0);
  }

  get bytesAppended(): number {
    return this.#bytesAppended;
  }

  append(...drafts: readonly Draft[]): void {
    if (this.#isBroken || this.#isClosed) return;
    const group = (this.#next ??= createGroup());
    for (const draft of drafts) {
      this.#lastSeq += 1;
      for (const chunk of encodeFrame(draft, this.#lastSeq, this.#durableSeq)) {
        group.chunks.push(chunk);
        group.bytes += chunk.length;
        this.#bytesAppended += chunk.length;
      }
    }
    group.lastSeq = this.#lastSeq;
    // Begun before this returns: the disk works while the caller applies what it appended.
    if (this.#current === undefined && this.#failure === undefined) void this.#write();
  }

  async durable(): Promise<void> {
    this.#throwFailure();
    await (this.#next ?? this.#current)?.written.promise;
    this.#throwFailure();
  }

  async mend(): Promise<void> {
    if (this.#failure === undefined || this.#isBroken || this.#isClosed) return;
    try {
      await this.#removeTorn();
    } catch (cause) {
      // Else the disk still refuses.
      if (!mayPass(cause)) this.#fail(cause);
      return;
    }
    this.#failure = undefined;
    await this.#write();
    if (this.failure === undefined) this.#onMended?.();
  }

  async cut(seq: number): Promise<void> {
    let removed = 0;
    for (;;) {
      const [oldest, next] = this.#segments;
      // Only what a younger segment follows: the last one is being written.
      if (oldest === undefined || next === undefined || next.first > seq + 1) break;
      await this.#disk.remove(join(this.#folder, oldest.name));
      this.#segments.shift();
      removed += 1;
    }
    if (removed > 0) await this.#disk.syncFolder(this.#folder);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#failure === undefined) {
      await (this.#next ?? this.#current)?.written.promise.catch(() => undefined);
    }
    const file = this.#file;
    this.#file = undefined;
    // A disk that refused a write may refuse this too, and it has been told.
    await file?.close().catch(() => undefined);
  }

  /** Writes group after group until none waits. Never rejects: whoever waits for a group hears. */
  async #write(): Promise<void> {
    for (;;) {
      const group = this.#next;
      if (group === undefined) return;
      this.#current = group;
      this.#next = undefined;
      try {
        const file =
          this.#file === undefined || this.#fileBytes >= this.#segmentBytes
            ? await this.#beginSegment(this.#durableSeq + 1)
            : this.#file;
        await file.append(group.chunks);
      } catch (cause) {
        this.#isTorn = this.#draft === undefined;
        this.#fail(cause);
        return;
      }
      this.#fileBytes += group.bytes;
      this.#durableSeq = group.lastSeq;
      this.#current = undefined;
      group.chunks = [];
      group.written.resolve();
    }
  }

  async #beginSegment(first: number): Promise<DiskFile> {
    const name = segmentName(first);
    await this.#closeFile();
    this.#draft = name;
    const file = await this.#disk.create(join(this.#folder, name), { writeThrough: true });
    this.#file = file;
    await file.append([segmentHeader(first)]);
    // Before any record of it: a name that a crash takes away takes the records with it.
    await this.#disk.syncFolder(this.#folder);
    this.#draft = undefined;
    this.#fileBytes = SEGMENT_HEADER_BYTES;
    this.#segments.push({ name, first });
    return file;
  }

  /**
   * Leaves of the youngest segment what is durable, so that the log can go on in a new one: a write
   * that failed may have left anything behind that.
   */
  async #removeTorn(): Promise<void> {
    await this.#closeFile().catch(() => undefined);
    const torn = this.#draft ?? (this.#isTorn ? this.#segments.at(-1)?.name : undefined);
    if (torn === undefined) return;
    const path = join(this.#folder, torn);
    const youngest = this.#segments.at(-1);
    if (this.#draft === undefined && youngest !== undefined && youngest.first <= this.#durableSeq) {
      await this.#disk.truncate(path, this.#fileBytes);
      const [folder, lastSeq] = [this.#folder, this.#durableSeq];
      await verifyTail(this.#disk, { folder, segment: youngest, lastSeq });
    } else {
      // Not one record is in it, and the next one has its name.
      const names = await this.#disk.list(this.#folder);
      if (names.includes(torn)) await this.#disk.remove(path);
      await this.#disk.syncFolder(this.#folder);
      if (youngest?.name === torn) this.#segments.pop();
    }
    this.#draft = undefined;
    this.#isTorn = false;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(cause: unknown): void {
    const error = storageFailed(this.#folder, cause);
    const [first, second] = [this.#current, this.#next];
    this.#failure = error;
    this.#isBroken = !mayPass(cause);
    this.#current = undefined;
    this.#next = this.#isBroken ? undefined : joined(first, second);
    first?.written.reject(error);
    second?.written.reject(error);
    this.#onFailure?.(error);
  }
}

/** Both in one, for somebody else to wait for. */
function joined(first: Group | undefined, second: Group | undefined): Group | undefined {
  if (first === undefined) return second;
  return {
    ...createGroup(),
    chunks: [...first.chunks, ...(second?.chunks ?? [])],
    bytes: first.bytes + (second?.bytes ?? 0),
    lastSeq: second?.lastSeq ?? first.lastSeq,
  };
}

function createGroup(): Group {
  let resolve = (): void => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onWritten, onFailed) => {
    resolve = onWritten;
    reject = onFailed;
  });
  // Not everybody who appends waits, e.g. for a tick.
  promise.catch(() => undefined);
  return { chunks: [], bytes: 0, lastSeq: 0, written: { promise, resolve, reject } };
}
