import type { SystemPath } from "./look.js";
import type { Libc, Memory } from "./libc.js";

/** Of a path that the system takes, with the NUL at its end. From <linux/limits.h>. */
const PATH_MAX = 4096;
/** A unit of a string takes so many bytes at most. */
const UNIT_BYTES = 3;

/** Where the path of one call stands as C wants it. The next `put` overwrites it. */
export class PathMemory {
  readonly #memory: Memory;

  constructor(libc: Libc) {
    this.#memory = libc.allocate(PATH_MAX * UNIT_BYTES);
  }

  /** The path's address; undefined when it is longer than the system takes. */
  put(path: SystemPath): number | undefined {
    if (path.length >= PATH_MAX) return undefined;
    const { bytes, address } = this.#memory;
    const length = typeof path === "string" ? bytes.write(path) : path.copy(bytes);
    bytes[length] = 0;
    return length < PATH_MAX ? address : undefined;
  }
}
