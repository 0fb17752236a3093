import { lstatSync, readdirSync, statSync, type BigIntStats } from "node:fs";
import { decodeName, encodeName, type FsAttributes } from "@fustor/schema-fs";
import { exactNumber, typeOfMode, permissionsOf } from "./attributes.js";
import {
  errnoOf,
  sightOf,
  type Absent,
  type Looker,
  type OpenDirectory,
  type Sight,
  type SystemPath,
  type Unreadable,
} from "./look.js";

const NANOSECONDS = 1_000_000_000n;

/** Looks with what Node.js has: everywhere, at twice the price. */
export class NodeLooker implements Looker {
  readonly name = "node";

  lookAt(path: SystemPath): Sight {
    return see(() => lstatSync(path, OPTIONS));
  }

  follow(path: SystemPath): Sight {
    return see(() => statSync(path, OPTIONS));
  }

  open(path: SystemPath): OpenDirectory | Absent | Unreadable {
    try {
      return new NodeDirectory(this, path, namesIn(path));
    } catch (error) {
      return sightOf(errnoOf(error));
    }
  }
}

const OPTIONS = { bigint: true, throwIfNoEntry: false } as const;

function see(stat: () => BigIntStats | undefined): Sight {
  try {
    const stats = stat();
    if (stats === undefined) return { state: "absent" };
    return { state: "present", attributes: attributesOf(stats), device: Number(stats.dev) };
  } catch (error) {
    return sightOf(errnoOf(error));
  }
}

class NodeDirectory implements OpenDirectory {
  readonly state = "open";
  readonly #looker: NodeLooker;
  readonly #path: SystemPath;
  readonly #names: readonly string[];
  #position = -1;

  constructor(looker: NodeLooker, path: SystemPath, names: readonly string[]) {
    this.#looker = looker;
    this.#path = path;
    this.#names = names;
  }

  next(): string | undefined {
    this.#position += 1;
    return this.#names[this.#position];
  }

  look(): Sight {
    const name = this.#names[this.#position] ?? "";
    return this.#looker.lookAt(inside(this.#path, name));
  }

  isDirectory(): boolean {
    const sight = this.look();
    return sight.state === "present" && sight.attributes.type === "d";
  }

  leave(): void {
    // Nothing stays open between two looks.
  }
}

function namesIn(path: SystemPath): readonly string[] {
  const names = readdirSync(path, "utf8");
  // The replacement character appears where bytes were no UTF-8, or stood there itself.
  if (!names.some((name) => name.includes("\uFFFD"))) return names;
  return readdirSync(path, "buffer").map(decodeName);
}

function inside(path: SystemPath, name: string): SystemPath {
  if (typeof path === "string" && name.isWellFormed()) return `${path}/${name}`;
  return Buffer.concat([Buffer.from(path), Buffer.from("/"), encodeName(name)]);
}

function attributesOf(stats: BigIntStats): FsAttributes {
  const mode = Number(stats.mode);
  const mtime = secondsOf(stats.mtimeNs);
  const ctime = secondsOf(stats.ctimeNs);
  return {
    type: typeOfMode(mode),
    size: Number(stats.size),
    mtime: Number(mtime),
    mtimeNsec: Number(stats.mtimeNs - mtime * NANOSECONDS),
    ctime: Number(ctime),
    ctimeNsec: Number(stats.ctimeNs - ctime * NANOSECONDS),
    mode: permissionsOf(mode),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    ino: exactNumber(stats.ino),
    nlink: Number(stats.nlink),
    blocks: Number(stats.blocks),
  };
}

/** Whole seconds, rounded down, so that the nanoseconds beyond are never negative. */
function secondsOf(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / NANOSECONDS;
  return seconds * NANOSECONDS > nanoseconds ? seconds - 1n : seconds;
}
