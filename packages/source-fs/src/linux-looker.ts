import { endianness } from "node:os";
import { Dirents } from "./dirents.js";
import { loadLibc, type Memory } from "./libc.js";
import { LinuxCalls } from "./linux-calls.js";
import {
  sightOf,
  type Absent,
  type Looker,
  type OpenDirectory,
  type Sight,
  type SystemPath,
  type Unreadable,
} from "./look.js";

/**
 * Looks with Linux's own calls. A name is looked at where `getdents64` wrote it, from the descriptor
 * of its directory: the kernel walks one component, and nothing is made or converted on the way.
 */
export class LinuxLooker implements Looker {
  readonly name = "linux";
  readonly #calls: LinuxCalls;
  /** For the names of the next directory: most have room in it. */
  #spare: Memory | undefined;

  /** Throws where these calls cannot be had, or do not tell all that is wanted. */
  constructor({ libc } = loadLibc()) {
    this.#calls = new LinuxCalls(libc);
    const { state } = this.#calls.lookAt("/");
    if (endianness() === "LE" && state === "present" && this.#calls.sawAll) return;
    throw new Error("This system's statx does not tell what is wanted.");
  }

  lookAt(path: SystemPath): Sight {
    return this.#calls.lookAt(path);
  }

  follow(path: SystemPath): Sight {
    return this.#calls.follow(path);
  }

  open(path: SystemPath): OpenDirectory | Absent | Unreadable {
    const descriptor = this.#calls.enter(path, "read");
    if (typeof descriptor === "string") return sightOf(descriptor);
    const dirents = Dirents.read(this.#calls.libc, descriptor, this.#spare);
    this.#spare = undefined;
    if (typeof dirents === "string") {
      this.#calls.leave(descriptor);
      return sightOf(dirents);
    }
    return new LinuxDirectory(this.#calls, path, dirents, descriptor, (memory) => {
      this.#spare = memory;
    });
  }
}

class LinuxDirectory implements OpenDirectory {
  readonly state = "open";
  readonly #calls: LinuxCalls;
  readonly #path: SystemPath;
  readonly #dirents: Dirents;
  readonly #giveBack: (memory: Memory) => void;
  /** A word says why it cannot be entered again. */
  #descriptor: number | string | undefined;

  constructor(
    calls: LinuxCalls,
    path: SystemPath,
    dirents: Dirents,
    descriptor: number,
    giveBack: (memory: Memory) => void,
  ) {
    this.#calls = calls;
    this.#path = path;
    this.#dirents = dirents;
    this.#descriptor = descriptor;
    this.#giveBack = giveBack;
  }

  next(): string | undefined {
    const name = this.#dirents.next();
    if (name === undefined) this.#giveBack(this.#dirents.memory);
    return name;
  }

  look(): Sight {
    this.#descriptor ??= this.#calls.enter(this.#path, "look");
    if (typeof this.#descriptor === "string") return sightOf(this.#descriptor);
    return this.#calls.look(this.#descriptor, this.#dirents.address);
  }

  isDirectory(): boolean {
    const told = this.#dirents.isDirectory;
    if (told !== undefined) return told;
    const sight = this.look();
    return sight.state === "present" && sight.attributes.type === "d";
  }

  leave(): void {
    if (typeof this.#descriptor === "number") this.#calls.leave(this.#descriptor);
    this.#descriptor = undefined;
  }
}
