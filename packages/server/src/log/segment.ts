import { crc32 } from "node:zlib";
import { newerFormat } from "./storage-errors.js";

/**
 * A segment's file begins so, little-endian; its records follow:
 *
 *     0  8  magic
 *     8  4  version of all that follows
 *    12  6  seq of the first record
 *    18  4  CRC-32 of the bytes before
 */
export const SEGMENT_HEADER_BYTES = 22;
const MAGIC = Buffer.from("FUSTLOG\n", "latin1");
const VERSION = 1;
const ENDING = ".log";

/** Sorts as its number does. */
export function segmentName(first: number): string {
  return `${String(first).padStart(16, "0")}${ENDING}`;
}

/** The seq of the first record of the segment of that name; undefined for another file. */
export function firstSeqOf(name: string): number | undefined {
  const digits = /^(\d{16})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function segmentHeader(first: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(VERSION, 8);
  header.writeUIntLE(first, 12, 6);
  header.writeUInt32LE(crc32(header.subarray(0, 18)), 18);
  return header;
}

/** True for the header of that very segment. Throws `START_FAILED` for one of a newer format. */
export function isSegmentHeader(bytes: Buffer, first: number, path: string): boolean {
  if (bytes.length < SEGMENT_HEADER_BYTES) return false;
  if (bytes.readUInt32LE(18) !== crc32(bytes.subarray(0, 18))) return false;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return false;
  const version = bytes.readUInt32LE(8);
  if (version > VERSION) throw newerFormat(path, version, VERSION);
  return bytes.readUIntLE(12, 6) === first;
}
