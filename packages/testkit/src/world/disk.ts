import { baseName, isBelow, joinPath, parentPath, type FsAttributes } from "@fustor/schema-fs";
import type { Chance } from "./chance.js";
import type { Timeline } from "./timeline.js";

/** A file or directory itself, whatever it is called. */
export class Inode {
  readonly ino: number;
  readonly type: "f" | "d" | "l";
  readonly children: Map<string, Inode> | undefined;
  size = 0;
  /** Storage time in ms. */
  mtime: number;
  ctime: number;
  mode: number;
  nlink = 1;
  /** Simulated time of the last change of any attribute. */
  changedAt = 0;
  isGone = false;
  /** Has had two names: what happens through one is not told of the other. */
  wasLinked = false;
  #attributes: FsAttributes | undefined;

  constructor(ino: number, type: "f" | "d" | "l", at: number) {
    this.ino = ino;
    this.type = type;
    this.children = type === "d" ? new Map() : undefined;
    this.mtime = at;
    this.ctime = at;
    this.mode = type === "d" ? 0o755 : 0o644;
  }

  /** As they are now; the same object until something changes. */
  get attributes(): FsAttributes {
    this.#attributes ??= {
      type: this.type,
      size: this.size,
      ...{ mtime: Math.floor(this.mtime / 1_000), mtimeNsec: nanoseconds(this.mtime) },
      ...{ ctime: Math.floor(this.ctime / 1_000), ctimeNsec: nanoseconds(this.ctime) },
      ...{ mode: this.mode, uid: 0, gid: 0, ino: this.ino, nlink: this.nlink },
      blocks: Math.ceil(this.size / 512),
    };
    return this.#attributes;
  }

  changed(at: number): void {
    this.changedAt = at;
    this.#attributes = undefined;
  }
}

/** One tree, as the server of the share has it. Operations that make no sense do nothing. */
export class Disk {
  readonly root: Inode;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #skewMs: number;
  readonly #granularityMs: number;
  readonly #free: number[] = [];
  #inodes = 1;
  /** All names but the root's, and since when each has been there without a break. */
  #since = new Map<string, number>();
  #bound = new Map<string, { readonly inode: Inode; readonly at: number }>();
  readonly #goneAt = new Map<string, number>();

  constructor(timeline: Timeline, chance: Chance, skewMs: number, granularityMs: number) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#skewMs = skewMs;
    this.#granularityMs = granularityMs;
    this.root = new Inode(1, "d", this.stamp());
  }

  get since(): ReadonlyMap<string, number> {
    return this.#since;
  }

  /** Since when what is called `path` has been called so. */
  boundAt(path: string): number | undefined {
    return this.#bound.get(path)?.at;
  }

  /** When a name that is not there was last there; undefined if never. */
  goneAt(path: string): number | undefined {
    return this.#goneAt.get(path);
  }

  /** The storage's own time. */
  stamp(): number {
    const now = this.#timeline.now + this.#skewMs;
    return Math.floor(now / this.#granularityMs) * this.#granularityMs;
  }

  find(path: string): Inode | undefined {
    if (path === "/") return this.root;
    let node: Inode | undefined = this.root;
    for (const name of path.slice(1).split("/")) node = node?.children?.get(name);
    return node;
  }

  /** Every name but the root's. */
  names(): Map<string, Inode> {
    const found = new Map<string, Inode>();
    const enter = (directory: string, { children }: Inode): void => {
      for (const [name, inode] of children ?? []) {
        const path = joinPath(directory, name);
        found.set(path, inode);
        if (inode.children !== undefined) enter(path, inode);
      }
    };
    enter("/", this.root);
    return found;
  }

  make(path: string, type: "f" | "d" | "l"): Inode | undefined {
    const directory = this.find(parentPath(path));
    if (directory?.children === undefined || directory.children.has(baseName(path))) return;
    const inode = new Inode(this.#newNumber(), type, this.stamp());
    inode.changedAt = this.#timeline.now;
    inode.size = type === "d" ? 0 : this.#chance.below(1_000);
    this.#enter(directory, path, inode);
    this.#track();
    return inode;
  }

  remove(path: string): Inode | undefined {
    const inode = this.find(path);
    const directory = this.find(parentPath(path));
    if (path === "/" || inode === undefined || directory === undefined) return;
    if ((inode.children?.size ?? 0) > 0) return;
    this.#leave(directory, path);
    this.#release(inode);
    this.#track();
    return inode;
  }

  rename(from: string, to: string): Inode | undefined {
    const inode = this.find(from);
    const [source, target] = [this.find(parentPath(from)), this.find(parentPath(to))];
    if (inode === undefined || source === undefined || target?.children === undefined) return;
    if (from === to || from === "/" || to === "/" || isBelow(to, from) || isBelow(from, to)) return;
    const old = target.children.get(baseName(to));
    if (old === inode) return;
    if (old !== undefined && (old.type === "d") !== (inode.type === "d")) return;
    if (old !== undefined && (old.children?.size ?? 0) > 0) return;
    this.#leave(source, from);
    if (old !== undefined) {
      target.children.delete(baseName(to));
      this.#release(old);
    }
    this.#enter(target, to, inode);
    inode.ctime = this.stamp();
    inode.changed(this.#timeline.now);
    this.#track();
    return inode;
  }

  link(from: string, to: string): Inode | undefined {
    const inode = this.find(from);
    const directory = this.find(parentPath(to));
    if (inode?.type !== "f" || directory?.children === undefined) return;
    if (directory.children.has(baseName(to))) return;
    inode.nlink += 1;
    inode.wasLinked = true;
    inode.ctime = this.stamp();
    inode.changed(this.#timeline.now);
    this.#enter(directory, to, inode);
    this.#track();
    return inode;
  }

  write(inode: Inode, size: number): void {
    inode.size = size;
    inode.mtime = this.stamp();
    inode.ctime = inode.mtime;
    inode.changed(this.#timeline.now);
  }

  setMode(inode: Inode, mode: number): void {
    inode.mode = mode;
    inode.ctime = this.stamp();
    inode.changed(this.#timeline.now);
  }

  setTime(inode: Inode, mtime: number): void {
    inode.mtime = mtime;
    inode.ctime = this.stamp();
    inode.changed(this.#timeline.now);
  }

  #enter(directory: Inode, path: string, inode: Inode): void {
    directory.children?.set(baseName(path), inode);
    this.#touch(directory);
  }

  #leave(directory: Inode, path: string): void {
    directory.children?.delete(baseName(path));
    this.#touch(directory);
  }

  #touch(directory: Inode): void {
    directory.mtime = this.stamp();
    directory.ctime = directory.mtime;
    directory.size = 64 + 32 * (directory.children?.size ?? 0);
    directory.changed(this.#timeline.now);
  }

  #release(inode: Inode): void {
    inode.nlink -= 1;
    inode.ctime = this.stamp();
    inode.changed(this.#timeline.now);
    if (inode.nlink > 0) return;
    inode.isGone = true;
    this.#free.push(inode.ino);
  }

  /** Numbers are used again, most often at once. */
  #newNumber(): number {
    const used = this.#chance.often(0.6) ? this.#free.pop() : undefined;
    if (used !== undefined) return used;
    this.#inodes += 1;
    return this.#inodes;
  }

  #track(): void {
    const since = new Map<string, number>();
    const bound = new Map<string, { readonly inode: Inode; readonly at: number }>();
    const at = this.#timeline.now;
    for (const [path, inode] of this.names()) {
      since.set(path, this.#since.get(path) ?? at);
      const known = this.#bound.get(path);
      bound.set(path, known?.inode === inode ? known : { inode, at });
    }
    this.#bound = bound;
    for (const path of this.#since.keys()) {
      if (!since.has(path)) this.#goneAt.set(path, this.#timeline.now);
    }
    this.#since = since;
  }
}

function nanoseconds(ms: number): number {
  return Math.round((ms - Math.floor(ms / 1_000) * 1_000) * 1e6);
}
