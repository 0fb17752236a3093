import type { FsAttributes } from "@fustor/schema-fs";
import { Accounts } from "./accounts.js";
import { areEqual, Attributes } from "./attributes.js";
import { Children } from "./children.js";
import { DirectorySpace } from "./directory-space.js";
import { corrupt } from "./faults.js";
import {
  readHeard,
  readListed,
  readSeen,
  writeHeard,
  writeListed,
  writeSeen,
  type LastEvidence,
  type LastHeard,
  type LastListing,
} from "./last-evidence.js";
import { Names } from "./names.js";
import { HEADER_BYTES } from "./name-pool.js";
import { CHUNK_NODES } from "./node-space.js";
import { directoryId, fileId, isDirectory, Nodes, numberOf, ROOT, type NodeId } from "./nodes.js";
import type { Paged } from "./page-copy.js";
import type { SharedNames } from "./search.js";
import type { Usage } from "./totals.js";

/** Columns that belong together. */
export type ColumnGroup =
  "files" | "directories" | "sums" | "children" | "names" | "nameRecords" | "kinds";

/** A tree's memory, as checkpoints see it. */
export interface TreeMemory {
  readonly paged: Readonly<Record<ColumnGroup, Paged<unknown>>>;
  readonly attributes: Attributes;
  /** Makes what is found by other things again, after the last page. */
  index(): void;
}

export interface TreeOptions {
  /** What counts in digests beyond name, type, size and mtime: `digestMask` of schema-fs. */
  readonly digestMask: number;
}

/**
 * The nodes of one root, their attributes, what each rests on, and what their directories sum up
 * to. It judges nothing: it is told what to hold.
 *
 * All of it stands in shared columns of numbers, so that ten million nodes cost the garbage
 * collector nothing and other threads can look through them. Nodes are named by `NodeId`.
 */
export class Tree {
  readonly root: NodeId = ROOT;
  readonly nodes = new Nodes();
  readonly names = new Names();
  readonly directories = new DirectorySpace();
  readonly children: Children;
  readonly #attributes: Attributes;
  readonly #accounts: Accounts;
  #turnover = 0;

  constructor({ digestMask }: TreeOptions) {
    this.children = new Children(this.directories, (id) => this.nodes.nameOf(id));
    this.#attributes = new Attributes(this.nodes);
    const { nodes, names, directories, children } = this;
    const parts = { nodes, names, directories, children, attributes: this.#attributes };
    this.#accounts = new Accounts(parts, digestMask);
    this.directories.reset(this.nodes.directories.allocate());
    this.setSeen(ROOT, -Infinity, 0, 0);
  }

  get digestMask(): number {
    return this.#accounts.digestMask;
  }

  /** Only while nothing is below the root: digests are not made anew. */
  set digestMask(mask: number) {
    this.#accounts.digestMask = mask;
  }

  /** All that a checkpoint of the tree consists of. */
  get memory(): TreeMemory {
    this.#accounts.flush();
    const { records, pool } = this.names.paged;
    return {
      paged: {
        files: this.nodes.files,
        directories: this.nodes.directories,
        sums: this.directories,
        children: this.children.blocks,
        names: pool,
        nameRecords: records,
        kinds: this.#attributes.kinds,
      },
      attributes: this.#attributes,
      index: () => {
        this.names.index();
        this.#attributes.kinds.index();
      },
    };
  }

  /** Rises whenever a directory is moved or removed: what was known of paths may have changed. */
  get turnover(): number {
    return this.#turnover;
  }

  /** How many nodes there are, the root among the directories. */
  get count(): { readonly files: number; readonly directories: number } {
    return { files: this.nodes.files.live, directories: this.nodes.directories.live };
  }

  /** False for a node that was removed, as long as its id is not used again: see `generation`. */
  isLive(id: NodeId): boolean {
    return this.nodes.spaceOf(id).isLive(numberOf(id));
  }

  /** Tells apart the nodes that have the same id one after the other; wraps at 65,536. */
  generation(id: NodeId): number {
    return this.nodes.spaceOf(id).generation(numberOf(id));
  }

  isDirectory(id: NodeId): boolean {
    return isDirectory(id);
  }

  name(id: NodeId): string {
    return this.names.text(this.nodes.nameOf(id));
  }

  /** The directory that the node stands in; the root stands in itself. */
  parent(id: NodeId): NodeId {
    return this.nodes.parentOf(id);
  }

  /** The child of a directory with this name. */
  child(directory: NodeId, name: string): NodeId | undefined {
    const number = this.names.find(name);
    if (number === 0) return undefined;
    const id = this.children.find(numberOf(directory), number);
    return id === 0 ? undefined : id;
  }

  childCount(directory: NodeId): number {
    return this.children.count(numberOf(directory));
  }

  /** The children as they are now, in the order of insertion. */
  childrenOf(directory: NodeId): Uint32Array {
    return this.children.snapshot(numberOf(directory));
  }

  find(path: string): NodeId | undefined {
    let at: NodeId | undefined = ROOT;
    if (path === "/") return at;
    for (let start = 1; at !== undefined && isDirectory(at);) {
      const slash = path.indexOf("/", start);
      if (slash === -1) return this.child(at, path.slice(start));
      at = this.child(at, path.slice(start, slash));
      start = slash + 1;
    }
    return undefined;
  }

  path(id: NodeId): string {
    if (id === ROOT) return "/";
    let path = "";
    let steps = this.nodes.directories.live;
    for (let at = id; at !== ROOT; at = this.parent(at)) {
      path = `/${this.name(at)}${path}`;
      steps -= 1;
      if (steps < 0) corrupt("a directory stands below itself");
    }
    return path;
  }

  /** True when `id` stands somewhere below `directory`, or is it. */
  isWithin(id: NodeId, directory: NodeId): boolean {
    let steps = this.nodes.directories.live;
    for (let at = id; at !== directory; at = this.parent(at)) {
      if (at === ROOT) return false;
      steps -= 1;
      if (steps < 0) corrupt("a directory stands below itself");
    }
    return true;
  }

  /** Undefined for a node of which no more is known than its name. */
  attributes(id: NodeId): FsAttributes | undefined {
    return this.#attributes.read(id);
  }

  /** How many names the file has; 0 when nothing is known. */
  nlink(id: NodeId): number {
    return this.#attributes.nlink(id);
  }

  /** True when some file has more than one name. */
  get hasLinks(): boolean {
    return this.#attributes.kinds.hasLinks;
  }

  /** Makes room for so many children in all: before the rows of one listing. */
  reserve(directory: NodeId, count: number): void {
    this.children.reserve(numberOf(directory), count);
  }

  /**
   * Adds a node under a name that `directory` does not have. With no attributes, `asDirectory`
   * says what it is.
   */
  insert(
    directory: NodeId,
    name: string,
    attributes: FsAttributes | undefined,
    asDirectory = attributes?.type === "d",
  ): NodeId {
    if (!isDirectory(directory) || !this.isLive(directory)) {
      corrupt(`a node was to be inserted into ${String(directory)}, which is no directory`);
    }
    if (name === "" || this.child(directory, name) !== undefined) {
      corrupt(`the name "${name}" was to be inserted where it cannot be`);
    }
    const parent = numberOf(directory);
    const nameNumber = this.names.use(name);
    const space = asDirectory ? this.nodes.directories : this.nodes.files;
    const number = space.allocate();
    const id = asDirectory ? directoryId(number) : fileId(number);
    if (asDirectory) this.directories.reset(number);
    space.place(number, parent, nameNumber);
    this.children.add(parent, id, nameNumber);
    this.setSeen(id, -Infinity, 0, 0);
    if (attributes !== undefined) this.#attributes.write(id, attributes);
    this.#accounts.add(parent, id, nameNumber, attributes);
    return id;
  }

  /** Replaces a node's attributes. False when they were the same. */
  update(id: NodeId, attributes: FsAttributes): boolean {
    if (isDirectory(id) !== (attributes.type === "d")) {
      corrupt(`node ${String(id)} was to become of another sort without being removed`);
    }
    const before = this.#attributes.read(id);
    if (before !== undefined && areEqual(before, attributes)) return false;
    this.#attributes.write(id, attributes);
    if (id === ROOT) return true; // nothing sums up the root itself
    const space = this.nodes.spaceOf(id);
    const parent = space.parent(numberOf(id));
    const name = space.name(numberOf(id));
    this.#accounts.change(parent, id, name, before, attributes);
    return true;
  }

  /**
   * Takes out a node and all that is below it. `visit` is told each, the deepest first, while it
   * can still be asked for its name and attributes. The root stays.
   */
  remove(id: NodeId, visit?: (id: NodeId) => void): void {
    if (id === ROOT || !this.isLive(id)) corrupt(`node ${String(id)} cannot be removed`);
    this.#detach(id);
    const doomed = [id];
    // Grows while it is gone through: parents stand before their children.
    for (const at of doomed) {
      if (isDirectory(at)) for (const child of this.childrenOf(at)) doomed.push(child);
    }
    for (const at of doomed.reverse()) {
      visit?.(at);
      this.#free(at);
    }
    if (isDirectory(id)) this.#turnover += 1;
  }

  /** Moves a node with all that is below it. `directory` must not have `name`, nor be below `id`. */
  move(id: NodeId, directory: NodeId, name: string): void {
    if (id === ROOT || (isDirectory(id) && this.isWithin(directory, id))) {
      corrupt(`node ${String(id)} was to be moved into itself`);
    }
    if (name === "" || this.child(directory, name) !== undefined) {
      corrupt(`a node was to be moved to "${name}", which is taken`);
    }
    this.#detach(id);
    const nameNumber = this.names.use(name);
    const space = this.nodes.spaceOf(id);
    this.names.release(space.name(numberOf(id)));
    space.place(numberOf(id), numberOf(directory), nameNumber);
    this.#attach(id);
    if (isDirectory(id)) this.#turnover += 1;
  }

  /** What stands below a directory. */
  usage(directory: NodeId): Usage {
    return this.#accounts.usage(numberOf(directory));
  }

  /** The same but for the newest time, which may have to be looked for. */
  sums(directory: NodeId): Omit<Usage, "newest"> {
    return this.#accounts.sums(numberOf(directory));
  }

  /** The digest of a directory's children as text: `DirectoryDigest` of schema-fs. */
  digest(directory: NodeId): string {
    return this.#accounts.digest(numberOf(directory));
  }

  /** What the node rests on, as `setSeen` was told. */
  seen(id: NodeId): LastEvidence {
    return readSeen(this.nodes, id);
  }

  setSeen(id: NodeId, at: number, by: number, error: number): void {
    writeSeen(this.nodes, id, at, by, error);
  }

  /** 15 bits of the tree's user. */
  flags(id: NodeId): number {
    return this.nodes.spaceOf(id).flags(numberOf(id));
  }

  setFlags(id: NodeId, flags: number): void {
    this.nodes.spaceOf(id).setFlags(numberOf(id), flags);
  }

  /** The last listing of a directory, as `setListed` was told. */
  listed(directory: NodeId): LastListing {
    return readListed(this.directories, directory);
  }

  setListed(directory: NodeId, listing: LastListing): void {
    writeListed(this.directories, directory, listing);
  }

  /** What else speaks for a directory, as `setHeard` was told. */
  heard(directory: NodeId): LastHeard {
    return readHeard(this.directories, directory);
  }

  setHeard(directory: NodeId, heard: LastHeard): void {
    writeHeard(this.directories, directory, heard);
  }

  /** Every node there is, in no order that means anything. */
  *ids(): Generator<NodeId> {
    const { files, directories } = this.nodes;
    for (let number = 0; number < directories.end; number += 1) {
      if (directories.isLive(number)) yield directoryId(number);
    }
    for (let number = 1; number < files.end; number += 1) {
      if (files.isLive(number)) yield fileId(number);
    }
  }

  /** What a search in another thread needs: `searchNames`. */
  shared(): SharedNames {
    const { files, directories } = this.nodes;
    return {
      segments: this.names.segments(),
      namesEnd: this.names.end,
      files: files.chunks.map(({ buffer }) => buffer),
      directories: directories.chunks.map(({ buffer }) => buffer),
      filesEnd: files.end,
      directoriesEnd: directories.end,
      chunkNodes: CHUNK_NODES,
      headerBytes: HEADER_BYTES,
    };
  }

  /** How many nodes have attributes that do not fit the columns, and stand in a map instead. */
  get beyondColumns(): number {
    return this.#attributes.beyond;
  }

  /** The memory behind the tree, by group of columns, in the order of what it holds. */
  get columns(): Readonly<Record<ColumnGroup, readonly SharedArrayBuffer[]>> {
    const { files, directories } = this.nodes;
    return {
      files: files.chunks.map(({ buffer }) => buffer),
      directories: directories.chunks.map(({ buffer }) => buffer),
      sums: this.directories.buffers,
      children: this.children.buffers,
      names: this.names.buffers.pool,
      nameRecords: this.names.buffers.records,
      kinds: this.#attributes.kinds.buffers,
    };
  }

  #detach(id: NodeId): void {
    const space = this.nodes.spaceOf(id);
    const parent = space.parent(numberOf(id));
    const name = space.name(numberOf(id));
    const attributes = this.#attributes.read(id);
    this.children.remove(parent, id, name);
    this.#accounts.take(parent, id, name, attributes);
  }

  #attach(id: NodeId): void {
    const space = this.nodes.spaceOf(id);
    const parent = space.parent(numberOf(id));
    const name = space.name(numberOf(id));
    const attributes = this.#attributes.read(id);
    this.children.add(parent, id, name);
    this.#accounts.add(parent, id, name, attributes);
  }

  #free(id: NodeId): void {
    const number = numberOf(id);
    const space = this.nodes.spaceOf(id);
    if (isDirectory(id)) this.children.clear(number);
    this.#attributes.forget(id);
    this.names.release(space.name(number));
    space.release(number);
  }
}
