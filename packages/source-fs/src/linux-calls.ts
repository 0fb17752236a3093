import { constants } from "node:fs";
import type { Libc } from "./libc.js";
import { sightOf, type Sight, type SystemPath } from "./look.js";
import { PathMemory } from "./path-memory.js";
import { STATX_BASIC_STATS, STATX_BTIME, StatxMemory } from "./statx.js";

/** From <fcntl.h>. */
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const FOLDER = constants.O_DIRECTORY | constants.O_NOFOLLOW | O_CLOEXEC;

/** The calls of Linux for looking, in our words. */
export class LinuxCalls {
  readonly libc: Libc;
  readonly #path: PathMemory;
  readonly #seen: StatxMemory;

  constructor(libc: Libc) {
    this.libc = libc;
    this.#path = new PathMemory(libc);
    this.#seen = new StatxMemory(libc);
  }

  /** True when the last look told all that we report. */
  get sawAll(): boolean {
    return this.#seen.isWhole;
  }

  lookAt(path: SystemPath): Sight {
    const address = this.#path.put(path);
    return address === undefined ? sightOf("ENAMETOOLONG") : this.look(AT_FDCWD, address);
  }

  /** The same through symbolic links, and when it was made. */
  follow(path: SystemPath): Sight {
    const address = this.#path.put(path);
    if (address === undefined) return sightOf("ENAMETOOLONG");
    const sight = this.#look(AT_FDCWD, address, 0, STATX_BASIC_STATS | STATX_BTIME);
    const { born } = this.#seen;
    return sight.state === "present" && born !== undefined ? { ...sight, born } : sight;
  }

  /** Looks at the name at `address` in a directory that is entered. */
  look(directory: number, address: number): Sight {
    return this.#look(directory, address, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS);
  }

  /** A descriptor of a directory to read, or only to look from; or the system's word for why not. */
  enter(path: SystemPath, purpose: "read" | "look"): number | string {
    const address = this.#path.put(path);
    if (address === undefined) return "ENAMETOOLONG";
    const flags = FOLDER | (purpose === "read" ? constants.O_RDONLY : O_PATH);
    const descriptor = this.libc.openAt(AT_FDCWD, address, flags);
    return descriptor < 0 ? this.libc.errno() : descriptor;
  }

  leave(descriptor: number): void {
    this.libc.close(descriptor);
  }

  #look(directory: number, address: number, flags: number, mask: number): Sight {
    if (this.libc.statAt(directory, address, flags, mask, this.#seen.address) < 0) {
      return sightOf(this.libc.errno());
    }
    const { attributes, device } = this.#seen;
    return { state: "present", attributes, device };
  }
}
