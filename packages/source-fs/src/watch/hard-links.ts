import type { FsAttributes } from "@fustor/schema-fs";
import { renamed, type Names } from "./renamed.js";

/** Names kept at most. Beyond that the files that were not seen for longest are forgotten. */
const NAMES_MAX = 100_000;

interface LinkedFile {
  readonly ino: FsAttributes["ino"];
  readonly names: Set<string>;
  seen: FsAttributes;
}

/**
 * The names of files that have several. What is written under one name changes the file under all
 * of them, and nothing tells of the others.
 */
export class HardLinks {
  readonly #namesMax: number;
  /** The one that was seen last is the last. */
  readonly #files = new Map<FsAttributes["ino"], LinkedFile>();
  readonly #byName = new Map<string, LinkedFile>();

  constructor(namesMax = NAMES_MAX) {
    this.#namesMax = namesMax;
  }

  /** How many names are known. */
  get size(): number {
    return this.#byName.size;
  }

  /**
   * Takes in what a look found under the path of a regular file. Returns the paths at which the
   * file, or the one that stood here before, is no longer as it was seen.
   */
  see(path: string, seen: FsAttributes): readonly string[] {
    // Most often there is nothing to look up, and a path is costly to look up the first time.
    if (this.#byName.size === 0 && seen.nlink < 2) return [];
    const former = this.#byName.get(path);
    if (former === undefined && seen.nlink < 2 && !this.#files.has(seen.ino)) return [];
    const bereft = former === undefined || former.ino === seen.ino ? [] : this.miss(path);
    const file = this.#files.get(seen.ino) ?? { ino: seen.ino, names: new Set(), seen };
    const others = isSame(file.seen, seen) ? [] : [...file.names].filter((name) => name !== path);
    file.seen = seen;
    this.#files.delete(seen.ino);
    if (seen.nlink < 2) {
      for (const name of file.names) this.#byName.delete(name);
    } else {
      file.names.add(path);
      this.#byName.set(path, file);
      this.#files.set(seen.ino, file);
      this.#shrink();
    }
    return bereft.length === 0 ? others : [...bereft, ...others];
  }

  /** Takes in that no such file is at a path any more. Returns the other paths of the one that was. */
  miss(path: string): readonly string[] {
    const file = this.#byName.get(path);
    if (file === undefined) return [];
    this.#byName.delete(path);
    file.names.delete(path);
    if (file.names.size === 0) this.#files.delete(file.ino);
    return [...file.names];
  }

  /** Takes in that a directory has another name. */
  rename(rename: Names): void {
    if (this.#byName.size === 0) return;
    for (const [path, file] of [...this.#byName]) {
      const to = renamed(path, rename);
      if (to === undefined) continue;
      this.#byName.delete(path);
      file.names.delete(path);
      this.#byName.set(to, file);
      file.names.add(to);
    }
  }

  #shrink(): void {
    for (const file of this.#files.values()) {
      if (this.#byName.size <= this.#namesMax) return;
      this.#files.delete(file.ino);
      for (const name of file.names) this.#byName.delete(name);
    }
  }
}

function isSame(a: FsAttributes, b: FsAttributes): boolean {
  return (
    a.size === b.size &&
    a.nlink === b.nlink &&
    a.mtime === b.mtime &&
    a.mtimeNsec === b.mtimeNsec &&
    a.ctime === b.ctime &&
    a.ctimeNsec === b.ctimeNsec
  );
}
