import { crc32 } from "node:zlib";
import type { OpenFile } from "./disk.js";
import { DamagedCheckpointError } from "./storage-errors.js";

/** Where a slice stands in its file. */
export interface TableEntry {
  readonly section: string;
  readonly at: number;
  readonly length: number;
  readonly crc: number;
  /** What `crc` begins with: 0, or in version 1 the CRC-32 of what stands before the bytes. */
  readonly seed: number;
}

/** Of the length of a section, the length of its bytes, and their CRC-32. */
const NUMBERS_BYTES = 9;
const TRAILER_BYTES = 8;
/** No table of less than some hundred million nodes is larger: a length that says so was damaged. */
const TABLE_BYTES_MAX = 64 * 1024 * 1024;
/** No slice is larger, as little. */
const SLICE_BYTES_MAX = 64 * 1024 * 1024;

/** The table of a file of version 2, made while it is written. */
export class TableWriter {
  readonly #entries: Buffer[] = [];

  add(section: string, bytes: Uint8Array): void {
    const entry = Buffer.alloc(NUMBERS_BYTES + section.length);
    entry.writeUInt8(section.length, 0);
    entry.writeUInt32LE(bytes.length, 1);
    entry.writeUInt32LE(crc32(bytes), 5);
    entry.write(section, NUMBERS_BYTES, "latin1");
    this.#entries.push(entry);
  }

  /** What stands behind the last slice. */
  finish(): readonly Uint8Array[] {
    const table = Buffer.concat(this.#entries);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.writeUInt32LE(table.length, 0);
    trailer.writeUInt32LE(crc32(table), 4);
    return [table, trailer];
  }
}

/** The slices of a file of version 2, the first of which stands at `first`. */
export async function readTable(
  file: OpenFile,
  first: number,
  path: string,
): Promise<readonly TableEntry[]> {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  const trailerAt = file.size - TRAILER_BYTES;
  if (trailerAt < first || !(await file.read(trailerAt, [trailer]))) throw cut(path);
  const length = trailer.readUInt32LE(0);
  if (length > Math.min(TABLE_BYTES_MAX, trailerAt - first)) throw cut(path);
  const table = Buffer.alloc(length);
  const isRead = await file.read(trailerAt - length, [table]);
  if (!isRead || crc32(table) !== trailer.readUInt32LE(4)) throw cut(path);
  const entries: TableEntry[] = [];
  let at = first;
  for (let entry = 0; entry < length;) {
    const sectionAt = entry + NUMBERS_BYTES;
    const end = sectionAt + table.readUInt8(entry);
    const bytes = table.readUInt32LE(entry + 1);
    const section = table.toString("latin1", sectionAt, end);
    entries.push({ section, at, length: bytes, crc: table.readUInt32LE(entry + 5), seed: 0 });
    at += bytes;
    entry = end;
  }
  if (at !== trailerAt - length) throw cut(path);
  return entries;
}

/**
 * The same of version 1, which had no table: before the bytes of each slice stood the length of its
 * section (1) and of its bytes (4), a CRC-32 of all but itself (4), and the section; the last slice
 * had neither name nor bytes.
 */
export async function findSlices(
  file: OpenFile,
  first: number,
  path: string,
): Promise<readonly TableEntry[]> {
  const entries: TableEntry[] = [];
  for (let at = first; ;) {
    const head = Buffer.alloc(NUMBERS_BYTES);
    if (!(await file.read(at, [head]))) throw cut(path);
    const name = Buffer.alloc(head.readUInt8(0));
    if (!(await file.read(at + NUMBERS_BYTES, [name]))) throw cut(path);
    const length = head.readUInt32LE(1);
    const crc = head.readUInt32LE(5);
    const seed = crc32(Buffer.concat([head.subarray(0, 5), name]));
    at += NUMBERS_BYTES + name.length;
    if (name.length === 0 && length === 0 && seed === crc) return entries;
    if (length > Math.min(SLICE_BYTES_MAX, file.size - at)) throw cut(path);
    entries.push({ section: name.toString("latin1"), at, length, crc, seed });
    at += length;
  }
}

function cut(path: string): DamagedCheckpointError {
  return new DamagedCheckpointError(`${path} is cut short or damaged`);
}
