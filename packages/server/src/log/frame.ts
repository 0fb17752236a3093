import { crc32 } from "node:zlib";
import type { Draft, LogRecord } from "./event-log.js";
import type { Entry } from "./entry.js";

/**
 * One record in a segment, all numbers little-endian:
 *
 *     0  4  magic
 *     4  4  CRC-32 of everything that follows
 *     8  4  length of the head
 *    12  4  length of the body
 *    16  6  seq
 *    22  6  the last seq that was durable when this was written
 *    28     head: the entry in JSON; then the body
 */
const HEADER_BYTES = 28;
const MAGIC = 0x4c52_5546; // "FURL"
const SEQ_BYTES = 6;

/** The chunks of one record. The body is not copied. */
export function encodeFrame({ entry, body }: Draft, seq: number, durable: number): Uint8Array[] {
  const json = JSON.stringify(entry);
  const headBytes = Buffer.byteLength(json);
  const head = Buffer.allocUnsafe(HEADER_BYTES + headBytes);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt32LE(headBytes, 8);
  head.writeUInt32LE(body?.length ?? 0, 12);
  head.writeUIntLE(seq, 16, SEQ_BYTES);
  head.writeUIntLE(durable, 22, SEQ_BYTES);
  head.write(json, HEADER_BYTES, "utf8");
  const crc = crc32(head.subarray(8));
  head.writeUInt32LE(body === undefined ? crc : crc32(body, crc), 4);
  return body === undefined ? [head] : [head, body];
}

/** A search behind damage checks so many times the bytes that there are; honest records take one. */
const SEARCH_MAX = 8;

/** A record that was read, and where the next one begins. */
export interface Frame {
  readonly record: LogRecord;
  readonly durable: number;
  readonly end: number;
}

/** The record at `at`; undefined when there is none, or not all of it, or it was damaged. */
export function readFrame(bytes: Buffer, at: number): Frame | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return undefined;
  const headBytes = bytes.readUInt32LE(at + 8);
  const bodyBytes = bytes.readUInt32LE(at + 12);
  const bodyAt = at + HEADER_BYTES + headBytes;
  const end = bodyAt + bodyBytes;
  if (end > bytes.length) return undefined;
  if (crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32LE(at + 4)) return undefined;
  const entry = readEntry(bytes.subarray(at + HEADER_BYTES, bodyAt));
  if (entry === undefined) return undefined;
  const seq = bytes.readUIntLE(at + 16, SEQ_BYTES);
  const draft = bodyBytes === 0 ? { entry } : { entry, body: bytes.subarray(bodyAt, end) };
  return {
    record: { ...draft, seq },
    durable: bytes.readUIntLE(at + 22, SEQ_BYTES),
    end,
  };
}

/**
 * Undefined for what is no entry. A checksum that fits says little: where records are looked for
 * behind damage, the bytes are those of batches, in which an agent may say what it likes.
 */
function readEntry(bytes: Buffer): Entry | undefined {
  try {
    return JSON.parse(bytes.toString("utf8")) as Entry;
  } catch {
    return undefined;
  }
}

/**
 * True when a record after `at` was written once `seq` was durable: what cannot be read at `at` is
 * then no write that a crash cut short. Also where too much looks like a record to be looked through:
 * to take a torn write for damage costs a listing, the other way round loses what was acknowledged.
 */
export function provesDurable(bytes: Buffer, at: number, seq: number): boolean {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  let left = bytes.length * SEARCH_MAX;
  for (let next = bytes.indexOf(magic, at + 1); next !== -1;) {
    left -= claimedBytes(bytes, next);
    if (left < 0) return true;
    const frame = readFrame(bytes, next);
    if (frame !== undefined && frame.durable >= seq) return true;
    next = bytes.indexOf(magic, frame?.end ?? next + 1);
  }
  return false;
}

/** What a check of the record at `at` has to go through; 0 where its end is not there. */
function claimedBytes(bytes: Buffer, at: number): number {
  if (at + HEADER_BYTES > bytes.length) return 0;
  const claimed = HEADER_BYTES + bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12);
  return at + claimed > bytes.length ? 0 : claimed;
}
