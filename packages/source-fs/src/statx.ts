import type { FsAttributes } from "@fustor/schema-fs";
import { exactNumber, permissionsOf, typeOfMode } from "./attributes.js";
import type { Libc, Memory } from "./libc.js";

/** From <linux/stat.h>. */
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
const STATX_BYTES = 256;

/** Where fields of `struct statx` stand, in words of 32 bits. Longer ones have their low half first. */
const AT = {
  mask: 0,
  nlink: 4,
  uid: 5,
  gid: 6,
  mode: 7,
  ino: 8,
  size: 10,
  blocks: 12,
  born: 20,
  bornNsec: 22,
  ctime: 24,
  ctimeNsec: 26,
  mtime: 28,
  mtimeNsec: 30,
  deviceMajor: 34,
  deviceMinor: 35,
} as const;

/** `mode` is the low half of its word. */
const MODE_BITS = 0xffff;
const WORD = 2 ** 32;

/** Where the kernel puts what it sees, on a machine with the low bytes first. The next look overwrites it. */
export class StatxMemory {
  readonly #memory: Memory;
  readonly #words: Uint32Array;

  constructor(libc: Libc) {
    this.#memory = libc.allocate(STATX_BYTES);
    const { buffer, byteOffset } = this.#memory.bytes;
    this.#words = new Uint32Array(buffer, byteOffset, STATX_BYTES / 4);
  }

  get address(): number {
    return this.#memory.address;
  }

  /** True when the kernel told all that we report. */
  get isWhole(): boolean {
    return (this.#word(AT.mask) & STATX_BASIC_STATS) === STATX_BASIC_STATS;
  }

  /** As `st_dev` has it: the number of the device in the form of `makedev`. */
  get device(): number {
    const major = this.#word(AT.deviceMajor);
    const minor = this.#word(AT.deviceMinor);
    const low = ((major & 0xfff) << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12);
    const high = (major & 0xfffff000) | (minor >>> 20);
    return (high >>> 0) * WORD + (low >>> 0);
  }

  get attributes(): FsAttributes {
    const mode = this.#word(AT.mode) & MODE_BITS;
    return {
      type: typeOfMode(mode),
      size: this.#long(AT.size),
      mtime: this.#seconds(AT.mtime),
      mtimeNsec: this.#word(AT.mtimeNsec),
      ctime: this.#seconds(AT.ctime),
      ctimeNsec: this.#word(AT.ctimeNsec),
      mode: permissionsOf(mode),
      uid: this.#word(AT.uid),
      gid: this.#word(AT.gid),
      ino: this.#exact(AT.ino),
      nlink: this.#word(AT.nlink),
      blocks: this.#long(AT.blocks),
    };
  }

  /** In nanoseconds since 1970, if it was asked for and this file system knows. */
  get born(): bigint | undefined {
    if ((this.#word(AT.mask) & STATX_BTIME) === 0) return undefined;
    return BigInt(this.#seconds(AT.born)) * 1_000_000_000n + BigInt(this.#word(AT.bornNsec));
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }

  #long(at: number): number {
    return this.#word(at + 1) * WORD + this.#word(at);
  }

  /** Before 1970 they are negative. */
  #seconds(at: number): number {
    return (this.#word(at + 1) | 0) * WORD + this.#word(at);
  }

  #exact(at: number): number | string {
    const value = this.#long(at);
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    return exactNumber((BigInt(this.#word(at + 1)) << 32n) | BigInt(this.#word(at)));
  }
}
