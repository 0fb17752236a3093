import type { FsAttributes } from "@fustor/schema-fs";
import { Accounts } from "./accounts.js";
import { areEqual, Attributes } from "./attributes.js";
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
import { directoryId, fileId, isDirectory, numberOf, ROOT, type NodeId } from "./nodes.js";
import { Placement } from "./placement.js";
import type { SharedNames } from "./search/search.js";
import type { Usage } from "./totals.js";
import { buffersOf, memoryOf, shareNames, type Buffers, type TreeMemory } from "./tree-memory.js";

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
export class Tree extends Placement {
  readonly #attributes: Attributes;
  readonly #accounts: Accounts;
  #turnover = 0;
  /** The directory that was asked for last, and its path. */
  #directory: NodeId = ROOT;
  #directoryPath = "/";
  #directoryTurnover = 0;

  constructor({ digestMask }: TreeOptions) {
    super();
    this.#attributes = new Attributes(this.nodes);
    const { nodes, names, directories, children } = this;
    const parts = { nodes, names, directories, children, attributes: this.#attributes };
    this.#accounts = new Accounts(parts, digestMask);
  }

  get digestMask(): number {
    return this.#accounts.digestMask;
  }

  /** Only while nothing is below the root: digests are not made anew. */
  set digestMask(mask: number) {
    this.#accounts.digestMask = mask;
  }

  /** Rises whenever a directory is moved or removed: what was known of paths may have changed. */
  get turnover(): number {
    return this.#turnover;
  }

  /** The directory at a path. The next name most often stands in the same one: it is remembered. */
  directoryAt(path: string): NodeId | undefined {
    if (path === this.#directoryPath && this.#directoryTurnover === this.#turnover) {
      return this.#directory;
    }
    const id = this.find(path);
    if (id === undefined || !isDirectory(id)) return undefined;
    this.#directory = id;
    this.#directoryPath = path;
    this.#directoryTurnover = this.#turnover;
    return id;
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
    const number = space.allocate(parent, nameNumber);
    const id = asDirectory ? directoryId(number) : fileId(number);
    if (asDirectory) this.directories.reset(number);
    this.children.add(parent, id, nameNumber);
    if (attributes !== undefined) this.#attributes.write(id, attributes);
    this.#accounts.add(parent, id, nameNumber, attributes);
    return id;
  }

  /** Replaces a node's attributes, `before` if the caller knows them. False when they were the same. */
  update(id: NodeId, attributes: FsAttributes, before = this.#attributes.read(id)): boolean {
    if (isDirectory(id) !== (attributes.type === "d")) {
      corrupt(`node ${String(id)} was to become of another sort without being removed`);
    }
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

  /** How many nodes have attributes that do not fit the columns, and stand in a map instead. */
  get beyondColumns(): number {
    return this.#attributes.beyond;
  }

  /** All that a checkpoint of the tree consists of. */
  get memory(): TreeMemory {
    this.#accounts.flush();
    return memoryOf(this, this.#attributes);
  }

  /** The memory behind the tree, by group of columns. */
  get columns(): Buffers {
    return buffersOf(this, this.#attributes);
  }

  /** What a search in another thread needs: `searchNames`. */
  shared(): SharedNames {
    return shareNames(this);
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
