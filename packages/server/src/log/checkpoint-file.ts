import { crc32 } from "node:zlib";
import type { CheckpointSlice, StoredSlice } from "@fustor/core";
import { findSlices, readTable, TableWriter, type TableEntry } from "./checkpoint-table.js";
import type { Disk, DiskFile, OpenFile } from "./disk.js";
import { DamagedCheckpointError, newerFormat } from "./storage-errors.js";

/**
 * A checkpoint's file, little-endian: an 8-byte magic, the version (4) and the seq (6) with their
 * CRC-32 (4); then the bytes of all slices; then the table, which for each of them has the length
 * of its section (1), the length of its bytes (4), their CRC-32 (4), and the section; then the
 * length of the table (4) and its CRC-32 (4).
 *
 * The table stands behind the slices because nobody knows them before, and apart from them so that
 * several can be read at once, each straight to where it belongs.
 */
const MAGIC = Buffer.from("FUSTCKP\n", "latin1");
const VERSION = 2;
const HEADER_BYTES = 22;
/** More than the system has threads that read, so that none of them has to be woken for each. */
const READS_MAX = 16;

/** Writes one slice after the other, so that other work runs in between. */
export async function writeCheckpointFile(
  file: DiskFile,
  seq: number,
  slices: AsyncIterable<CheckpointSlice> | Iterable<CheckpointSlice>,
): Promise<void> {
  await file.append([header(seq)]);
  const table = new TableWriter();
  for await (const { section, bytes } of slices) {
    table.add(section, bytes);
    await file.append([bytes]);
  }
  await file.append(table.finish());
}

/**
 * The slices of a checkpoint. What is read of them is checked, and read before they end.
 *
 * Throws `DamagedCheckpointError`, and `START_FAILED` for one that a newer Fusion wrote.
 */
export async function* readCheckpointFile(
  disk: Disk,
  path: string,
  seq: number,
): AsyncGenerator<StoredSlice, void, undefined> {
  const file = await disk.open(path);
  const reads = new Reads();
  try {
    for (const entry of await slicesOf(file, path, seq)) {
      await reads.below(READS_MAX);
      yield {
        section: entry.section,
        length: entry.length,
        read: (into) => reads.add(readSlice(file, path, entry, into)),
      };
    }
    await reads.below(1);
  } finally {
    await reads.end();
    await file.close();
  }
}

/** Reads that are under way. */
class Reads {
  readonly #all = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** Whoever does not wait for it is told by `below` that it failed. */
  add(read: Promise<void>): Promise<void> {
    const done = read
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#all.delete(done));
    this.#all.add(done);
    return read;
  }

  /** Resolves once less than `count` are under way, or throws what one of them threw. */
  async below(count: number): Promise<void> {
    for (const read of this.#all) {
      if (this.#all.size < count) break;
      await read;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves once none writes to any memory any more. */
  async end(): Promise<void> {
    await Promise.all(this.#all);
  }
}

async function readSlice(
  file: OpenFile,
  path: string,
  { at, length, crc, seed }: TableEntry,
  into: readonly ArrayBufferView[],
): Promise<void> {
  const chunks = into.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  if (chunks.reduce((sum, chunk) => sum + chunk.length, 0) !== length) {
    throw new RangeError("a slice is to be read into memory of another size");
  }
  const isRead = await file.read(at, chunks);
  // Of no bytes at all `crc32` may begin anew.
  const found = chunks.reduce((sum, chunk) => (chunk.length > 0 ? crc32(chunk, sum) : sum), seed);
  if (!isRead || found !== crc) {
    throw new DamagedCheckpointError(`${path} is damaged`);
  }
}

async function slicesOf(file: OpenFile, path: string, seq: number): Promise<readonly TableEntry[]> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const isHeader =
    (await file.read(0, [bytes])) &&
    bytes.readUInt32LE(18) === crc32(bytes.subarray(0, 18)) &&
    bytes.subarray(0, MAGIC.length).equals(MAGIC);
  const version = bytes.readUInt32LE(8);
  if (isHeader && version > VERSION) throw newerFormat(path, version, VERSION);
  if (!isHeader || bytes.readUIntLE(12, 6) !== seq) {
    throw new DamagedCheckpointError(`${path} has no header`);
  }
  return version === 1
    ? await findSlices(file, HEADER_BYTES, path)
    : await readTable(file, HEADER_BYTES, path);
}

function header(seq: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUIntLE(seq, 12, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 18)), 18);
  return bytes;
}
