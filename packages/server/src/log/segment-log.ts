import { join } from "node:path";
import type { Disk, DiskFile } from "./disk.js";
import type { Draft, EventLog } from "./event-log.js";
import { encodeFrame } from "./frame.js";
import { SEGMENT_HEADER_BYTES, segmentHeader, segmentName } from "./segment.js";
import { storageFailed } from "./storage-errors.js";

const SEGMENT_BYTES = 64 * 1024 * 1024;

/** A segment that is there already. */
export interface KnownSegment {
  readonly name: string;
  readonly first: number;
}

export interface SegmentLogOptions {
  readonly disk: Disk;
  readonly folder: string;
  /** Of the last record that there is; the log goes on after it, in a new segment. */
  readonly lastSeq: number;
  /** The oldest first. */
  readonly segments: readonly KnownSegment[];
  /** A segment that is larger is followed by a new one. Default: 64 MiB. */
  readonly segmentBytes?: number;
  /** Told once, when it fails. */
  readonly onFailure?: (error: Error) => void;
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
  #isClosed = false;

  constructor(options: SegmentLogOptions) {
    const { disk, folder, lastSeq, segments, segmentBytes = SEGMENT_BYTES, onFailure } = options;
    this.#disk = disk;
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
    this.#onFailure = onFailure;
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
    if (this.#failure !== undefined || this.#isClosed) return;
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
    if (this.#current === undefined) void this.#write();
  }

  async durable(): Promise<void> {
    await (this.#next ?? this.#current)?.written.promise;
    if (this.#failure !== undefined) throw this.#failure;
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
    await (this.#next ?? this.#current)?.written.promise.catch(() => undefined);
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
        this.#fail(storageFailed(this.#folder, cause), group);
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
    await this.#file?.close();
    this.#file = await this.#disk.create(join(this.#folder, name), { writeThrough: true });
    await this.#file.append([segmentHeader(first)]);
    // Before any record of it: a name that a crash takes away takes the records with it.
    await this.#disk.syncFolder(this.#folder);
    this.#fileBytes = SEGMENT_HEADER_BYTES;
    this.#segments.push({ name, first });
    return this.#file;
  }

  #fail(error: Error, group: Group): void {
    this.#failure = error;
    const waiting = this.#next;
    this.#current = undefined;
    this.#next = undefined;
    group.written.reject(error);
    waiting?.written.reject(error);
    this.#onFailure?.(error);
  }
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
