import { baseName, parentPath, type FsAttributes } from "@fustor/schema-fs";
import type { Chance } from "./chance.js";
import type { Disk, Inode } from "./disk.js";
import type { Timeline } from "./timeline.js";

/** What the kernel tells an agent. */
export type KernelEvent =
  | { readonly kind: "dirty"; readonly path: string; readonly closed: boolean }
  | { readonly kind: "moved"; readonly from: string; readonly to: string; readonly ino: number };

/** What an `lstat` brings. */
export interface Look {
  readonly inode: Inode;
  readonly attributes: FsAttributes;
  /** True for the root of another file system that is mounted there. */
  readonly isForeign: boolean;
}

/** What a host's file system client makes of attributes that hosts may see otherwise. */
export interface Sight {
  readonly inodesFrom: number;
  readonly owner: number;
}

interface Cached<T> {
  readonly value: T;
  readonly until: number;
}

/** A machine that mounts the tree, with the caches of its file system client. */
export class Host {
  readonly id: string;
  readonly lagMs: number;
  readonly disk: Disk;
  /** Hears of what is done on this host. */
  listener: ((event: KernelEvent) => void) | undefined;
  /** Directories over which this host has mounted something else. */
  readonly mounts = new Set<Inode>();
  /** True while the root itself is not mounted. */
  isRootLost = false;
  /** What the mounted tree calls itself. */
  treeId = "tree";
  /** Another tree that is mounted in place of the one that all share. */
  foreign: Disk | undefined;
  readonly #sight: Sight | undefined;
  readonly #seenAs = new WeakMap<FsAttributes, FsAttributes>();
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #attributes = new Map<Inode, Cached<FsAttributes>>();
  readonly #names = new Map<Inode, Map<string, Cached<Inode | undefined>>>();
  readonly #listings = new Map<Inode, Cached<readonly string[]> & { readonly readAt: number }>();
  readonly #changedAt = new Map<Inode, number>();

  constructor(
    id: string,
    disk: Disk,
    timeline: Timeline,
    chance: Chance,
    { lagMs, sight }: { readonly lagMs: number; readonly sight: Sight | undefined },
  ) {
    this.id = id;
    this.disk = disk;
    this.#timeline = timeline;
    this.#chance = chance;
    this.lagMs = lagMs;
    this.#sight = sight;
  }

  /** How an agent that starts now tells its root from others. */
  get identity(): string {
    return this.foreign === undefined ? this.treeId : "another tree";
  }

  /** `force` goes past the cache of attributes, not of names. */
  lstat(path: string, force = false): Look | undefined {
    let inode = this.#walk(path);
    if (inode === undefined) return undefined;
    let attributes = this.#attributesOf(inode, force);
    if (attributes === undefined) {
      // The server no longer knows it (ESTALE): the client looks the name up afresh.
      this.refresh(path);
      inode = this.#walk(path);
      attributes = inode && this.#attributesOf(inode, force);
    }
    if (inode === undefined || attributes === undefined) return undefined;
    return { inode, attributes: this.#see(attributes), isForeign: this.mounts.has(inode) };
  }

  /** What `readdir` gives, or undefined when it must be read from the server bit by bit. */
  cachedListing(directory: Inode): readonly string[] | undefined {
    const cached = this.#listings.get(directory);
    return cached !== undefined && this.#timeline.now < cached.until ? cached.value : undefined;
  }

  /** Keeps what was read since `readAt`, unless this host changed the directory meanwhile. */
  cacheListing(directory: Inode, names: readonly string[], readAt: number): void {
    if (this.lagMs === 0 || (this.#changedAt.get(directory) ?? -1) >= readAt) return;
    this.#listings.set(directory, { value: names, until: readAt + this.#ttl(), readAt });
  }

  /** Looks the name up on the server, as an operation through this host does. */
  refresh(path: string): void {
    if (path === "/" || this.lagMs === 0) return;
    let inode = this.disk.root;
    for (const name of path.slice(1).split("/")) {
      const child = inode.children?.get(name);
      this.#cacheName(inode, name, child);
      if (child === undefined) return;
      inode = child;
    }
  }

  /** This host changed what `path` is: it knows of it itself. */
  changed(path: string, inode?: Inode): void {
    if (inode !== undefined) this.#attributes.delete(inode);
    const directory = this.disk.find(parentPath(path));
    if (directory === undefined) return;
    this.refresh(parentPath(path));
    this.#cacheName(directory, baseName(path), directory.children?.get(baseName(path)));
    this.#attributes.delete(directory);
    this.#listings.delete(directory);
    this.#changedAt.set(directory, this.#timeline.now);
  }

  /** True when something else is mounted at or above `path`, or the root is not there. */
  isCovered(path: string): boolean {
    if (this.isRootLost || this.foreign !== undefined) return true;
    for (let at = path; at !== "/"; at = parentPath(at)) {
      const inode = this.disk.find(at);
      if (inode !== undefined && this.mounts.has(inode)) return true;
    }
    return false;
  }

  #walk(path: string): Inode | undefined {
    let inode: Inode | undefined = (this.foreign ?? this.disk).root;
    if (path === "/") return inode;
    const passed = new Set<Inode>();
    for (const name of path.slice(1).split("/")) {
      if (this.mounts.has(inode)) return undefined;
      passed.add(inode);
      inode = this.#lookUp(inode, name);
      // A directory below itself is a cache that is wrong (ELOOP).
      if (inode === undefined || passed.has(inode)) return undefined;
    }
    return inode;
  }

  #lookUp(directory: Inode, name: string): Inode | undefined {
    const cached = this.#names.get(directory)?.get(name);
    if (cached !== undefined && this.#timeline.now < cached.until) return cached.value;
    const inode = directory.isGone ? undefined : directory.children?.get(name);
    this.#cacheName(directory, name, inode);
    return inode;
  }

  #cacheName(directory: Inode, name: string, value: Inode | undefined): void {
    if (this.lagMs === 0) return;
    let names = this.#names.get(directory);
    if (names === undefined) {
      names = new Map();
      this.#names.set(directory, names);
    }
    names.set(name, { value, until: this.#timeline.now + this.#ttl() });
  }

  #attributesOf(inode: Inode, force: boolean): FsAttributes | undefined {
    const cached = this.#attributes.get(inode);
    const isFresh = cached !== undefined && this.#timeline.now < cached.until;
    if (isFresh && !force) return cached.value;
    if (inode.isGone) return isFresh ? cached.value : undefined;
    const value = inode.attributes;
    if (this.lagMs > 0) {
      this.#attributes.set(inode, { value, until: this.#timeline.now + this.#ttl() });
    }
    return value;
  }

  /** The same object for the same attributes. */
  #see(attributes: FsAttributes): FsAttributes {
    if (this.#sight === undefined) return attributes;
    const known = this.#seenAs.get(attributes);
    if (known !== undefined) return known;
    const { inodesFrom, owner } = this.#sight;
    const ino = Number(attributes.ino) + inodesFrom;
    const seen = { ...attributes, ino, uid: owner, gid: owner };
    this.#seenAs.set(attributes, seen);
    return seen;
  }

  #ttl(): number {
    return this.lagMs * (this.#chance.often(0.3) ? 1 : this.#chance.next());
  }
}
