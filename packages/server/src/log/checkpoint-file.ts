import { crc32 } from "node:zlib";
import type { CheckpointSlice } from "@fustor/core";
import type { DiskFile } from "./disk.js";
import { newerFormat } from "./storage-errors.js";

/**
 * A checkpoint's file, little-endian: an 8-byte magic, the version (4) and the seq (6) with their
 * CRC-32 (4); then the slices; then a slice of section "" without bytes. A slice is the length of
 * its section (1) and of its bytes (4), a CRC-32 of all but itself (4), the section, the bytes.
 */
const MAGIC = Buffer.from("FUSTCKP\n", "latin1");
const VERSION = 1;
const HEADER_BYTES = 22;
const SLICE_HEADER_BYTES = 9;
/** No slice is larger: a length that says so was damaged. */
const SLICE_BYTES_MAX = 64 * 1024 * 1024;

const END: CheckpointSlice = { section: "", bytes: new Uint8Array() };

/** Writes one slice after the other, so that other work runs in between. */
export async function writeCheckpointFile(
  file: DiskFile,
  seq: number,
  slices: AsyncIterable<CheckpointSlice> | Iterable<CheckpointSlice>,
): Promise<void> {
  await file.append([header(seq)]);
  for await (const slice of slices) await file.append(encodeSlice(slice));
  await file.append(encodeSlice(END));
}

/** A checkpoint is not whole. The older one may be. */
export class DamagedCheckpointError extends Error {
  override readonly name = "DamagedCheckpointError";
}

/**
 * The slices of a checkpoint, each checked before it is handed out.
 *
 * Throws `DamagedCheckpointError`, and `START_FAILED` for one that a newer Fusion wrote.
 */
export async function* readCheckpointFile(
  pieces: AsyncIterable<Uint8Array>,
  seq: number,
  path: string,
): AsyncGenerator<CheckpointSlice, void, undefined> {
  let bytes: Buffer = Buffer.alloc(0);
  let isBegun = false;
  for await (const piece of pieces) {
    bytes = Buffer.concat([bytes, piece]);
    let at = 0;
    if (!isBegun) {
      if (bytes.length < HEADER_BYTES) continue;
      if (!isHeader(bytes, seq, path)) throw new DamagedCheckpointError(`${path} has no header`);
      isBegun = true;
      at = HEADER_BYTES;
    }
    for (let size = sliceBytes(bytes, at); size !== undefined; size = sliceBytes(bytes, at)) {
      const slice = readSlice(bytes.subarray(at, at + size));
      if (slice === undefined) throw new DamagedCheckpointError(`${path} is damaged`);
      if (slice.section === "") return;
      yield slice;
      at += size;
    }
    bytes = bytes.subarray(at);
    if (bytes.length > SLICE_BYTES_MAX) break;
  }
  throw new DamagedCheckpointError(`${path} is cut short or damaged`);
}

function header(seq: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUIntLE(seq, 12, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 18)), 18);
  return bytes;
}

function isHeader(bytes: Buffer, seq: number, path: string): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  if (bytes.readUInt32LE(18) !== crc32(bytes.subarray(0, 18))) return false;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return false;
  const version = bytes.readUInt32LE(8);
  if (version > VERSION) throw newerFormat(path, version, VERSION);
  return bytes.readUIntLE(12, 6) === seq;
}

function encodeSlice({ section, bytes }: CheckpointSlice): Uint8Array[] {
  const name = Buffer.from(section, "latin1");
  const head = Buffer.alloc(SLICE_HEADER_BYTES + name.length);
  head.writeUInt8(name.length, 0);
  head.writeUInt32LE(bytes.length, 1);
  name.copy(head, SLICE_HEADER_BYTES);
  const crc = crc32(bytes, crc32(name, crc32(head.subarray(0, 5))));
  head.writeUInt32LE(crc, 5);
  return bytes.length === 0 ? [head] : [head, bytes];
}

/** How many bytes the slice at `at` takes; undefined while not all of them are there. */
function sliceBytes(bytes: Buffer, at: number): number | undefined {
  if (at + SLICE_HEADER_BYTES > bytes.length) return undefined;
  const size = SLICE_HEADER_BYTES + bytes.readUInt8(at) + bytes.readUInt32LE(at + 1);
  return at + size > bytes.length ? undefined : size;
}

/** Undefined for one that was damaged. */
function readSlice(slice: Buffer): CheckpointSlice | undefined {
  const crc = crc32(slice.subarray(SLICE_HEADER_BYTES), crc32(slice.subarray(0, 5)));
  if (crc !== slice.readUInt32LE(5)) return undefined;
  const bytesAt = SLICE_HEADER_BYTES + slice.readUInt8(0);
  const section = slice.toString("latin1", SLICE_HEADER_BYTES, bytesAt);
  // A copy of its own: the reader may keep it, and would keep all around it.
  return { section, bytes: Uint8Array.prototype.slice.call(slice, bytesAt) };
}
