import { baseName, isBelow, joinPath, parentPath, type FsAttributes } from "@fustor/schema-fs";
import { directory, file } from "./scene.js";

/** A tree of files on which time passes, and somebody who hears of each changed name. */
export class SimulatedDisk {
  readonly #files = new Map<string, FsAttributes>();
  #inode = 1;
  now = 1_000_000;
  /** Called after each change, with the names that an event tells. */
  onChange: (paths: readonly string[]) => void = () => undefined;
  /** Called when everything below a name came or went without an event of its own. */
  onMoved: (top: string) => void = () => undefined;

  constructor() {
    this.#files.set("/", this.#make("d"));
  }

  paths(): string[] {
    return [...this.#files.keys()];
  }

  entries(): ReadonlyMap<string, FsAttributes> {
    return this.#files;
  }

  /** What lstat says now. */
  look(path: string): FsAttributes | undefined {
    return this.#files.get(path);
  }

  names(path: string): string[] {
    const children = this.paths().filter((other) => other !== "/" && parentPath(other) === path);
    return children.map(baseName);
  }

  create(path: string, type: "f" | "d", mtime?: number): void {
    if (this.#files.has(path) || this.look(parentPath(path))?.type !== "d") return;
    this.#files.set(path, this.#make(type, mtime));
    this.#touch(parentPath(path));
    this.onChange([path, parentPath(path)]);
  }

  write(path: string): void {
    const old = this.look(path);
    if (old?.type !== "f") return;
    this.#files.set(path, { ...old, size: old.size + 1, ...this.#times() });
    this.onChange([path]);
  }

  /** Like `rm -rf`: from the leaves up, with an event for each name. */
  remove(path: string): void {
    if (path === "/" || !this.#files.has(path)) return;
    for (const name of this.names(path)) this.remove(joinPath(path, name));
    this.#files.delete(path);
    this.#touch(parentPath(path));
    this.onChange([path, parentPath(path)]);
  }

  /** Like rename(2): replaces a file by a file; a directory takes along what is in it. */
  rename(from: string, to: string): void {
    const moved = this.look(from);
    const target = this.look(to);
    if (moved === undefined || from === "/" || to === "/" || from === to) return;
    if (isBelow(to, from) || isBelow(from, to)) return;
    if (this.look(parentPath(to))?.type !== "d") return;
    if (target !== undefined && (moved.type === "d" || target.type === "d")) return;
    this.#files.delete(from);
    this.#files.set(to, moved);
    for (const [path, attributes] of [...this.#files]) {
      if (!isBelow(path, from)) continue;
      this.#files.delete(path);
      this.#files.set(to + path.slice(from.length), attributes);
    }
    this.#touch(parentPath(from));
    this.#touch(parentPath(to));
    if (moved.type === "d") {
      this.onMoved(from);
      this.onMoved(to);
    }
    this.onChange([from, to, parentPath(from), parentPath(to)]);
  }

  #make(type: "f" | "d", mtime?: number): FsAttributes {
    this.#inode += 1;
    const given = { ino: this.#inode, ...this.#times(), ...(mtime === undefined ? {} : { mtime }) };
    return type === "d" ? directory(given) : file(given);
  }

  #touch(path: string): void {
    const old = this.look(path);
    if (old !== undefined) this.#files.set(path, { ...old, ...this.#times() });
  }

  #times(): Pick<FsAttributes, "mtime" | "mtimeNsec" | "ctime" | "ctimeNsec"> {
    const seconds = Math.floor(this.now / 1_000);
    const nsec = (this.now % 1_000) * 1_000_000;
    return { mtime: seconds, mtimeNsec: nsec, ctime: seconds, ctimeNsec: nsec };
  }
}
