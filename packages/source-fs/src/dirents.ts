import { decodeName } from "@fustor/schema-fs";
import type { Libc, Memory } from "./libc.js";

/** Where things stand in a `struct linux_dirent64`, from <dirent.h>. */
const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;
/** The structure is padded to a multiple of this. */
const ALIGNMENT = 8;
const TYPE_UNKNOWN = 0;
const TYPE_DIRECTORY = 4;
const DOT = 0x2e;

const CHUNK_BYTES = 64 * 1024;
/** With less room than this another chunk is begun. The longest name takes 280 bytes. */
const ROOM_BYTES = 4096;

interface Chunk {
  readonly memory: Memory;
  used: number;
}

/** The names in a directory as the kernel wrote them, to go through once. */
export class Dirents {
  /** Those not gone through yet. */
  readonly #chunks: Chunk[];
  #current: Memory;
  /** Of the structure whose name `next` gave last, and of the one after it. */
  #at = 0;
  #nextAt = 0;

  private constructor(chunks: Chunk[], first: Memory) {
    this.#chunks = chunks;
    this.#current = first;
  }

  /**
   * Reads all names from a descriptor. `spare` is overwritten, if there is one. Returns the
   * system's word for what went wrong, if something did.
   */
  static read(libc: Libc, descriptor: number, spare: Memory | undefined): Dirents | string {
    const first = spare ?? libc.allocate(CHUNK_BYTES);
    let chunk: Chunk = { memory: first, used: 0 };
    const chunks = [chunk];
    for (;;) {
      if (CHUNK_BYTES - chunk.used < ROOM_BYTES) {
        chunk = { memory: libc.allocate(CHUNK_BYTES), used: 0 };
        chunks.push(chunk);
      }
      const { memory, used } = chunk;
      const count = libc.readDirectory(descriptor, memory.address + used, CHUNK_BYTES - used);
      if (count > 0) chunk.used += count;
      else if (count === 0) return new Dirents(chunks, first);
      else if (libc.errno() !== "EINTR") return libc.errno();
    }
  }

  /** The next name, decoded, without `.` and `..`; undefined after the last. */
  next(): string | undefined {
    for (;;) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return undefined;
      if (this.#nextAt >= chunk.used) {
        this.#chunks.shift();
        this.#nextAt = 0;
        continue;
      }
      this.#current = chunk.memory;
      const name = this.#read(chunk);
      if (name !== undefined) return name;
    }
  }

  /** Where the name that `next` gave last stands, with a NUL at its end. */
  get address(): number {
    return this.#current.address + this.#at + NAME_AT;
  }

  /** True when that is a directory; undefined when the file system does not tell. */
  get isDirectory(): boolean | undefined {
    const type = this.#current.bytes[this.#at + TYPE_AT];
    return type === TYPE_UNKNOWN ? undefined : type === TYPE_DIRECTORY;
  }

  /** What was read last, for the next directory once this one is done with. */
  get memory(): Memory {
    return this.#current;
  }

  /** Moves on by one structure; undefined for the two that stand for no name. */
  #read({ memory: { bytes }, used }: Chunk): string | undefined {
    const at = this.#nextAt;
    const length = bytes.readUInt16LE(at + LENGTH_AT);
    const end = at + length;
    const start = at + NAME_AT;
    // The NUL is among the last bytes; what follows it is not cleared.
    let stop = Math.max(start, end - ALIGNMENT);
    while (stop < end && bytes[stop] !== 0) stop += 1;
    if (stop === start || stop >= end || end > used) throw new Error("These are no dirents.");
    this.#at = at;
    this.#nextAt = end;
    if (bytes[start] === DOT && isDots(bytes, start, stop)) return undefined;
    const name = bytes.toString("utf8", start, stop);
    return name.includes("\uFFFD") ? decodeName(bytes.subarray(start, stop)) : name;
  }
}

function isDots(bytes: Buffer, start: number, stop: number): boolean {
  return stop - start === 1 || (stop - start === 2 && bytes[start + 1] === DOT);
}
