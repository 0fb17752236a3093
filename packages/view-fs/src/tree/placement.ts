import { Children } from "./children.js";
import { DirectorySpace } from "./directory-space.js";
import { corrupt } from "./faults.js";
import { Names } from "./names.js";
import { directoryId, fileId, isDirectory, Nodes, numberOf, ROOT, type NodeId } from "./nodes.js";

/** Which node stands where, and under what name. */
export class Placement {
  readonly root: NodeId = ROOT;
  readonly nodes = new Nodes();
  readonly names = new Names();
  readonly directories = new DirectorySpace();
  readonly children: Children;

  constructor() {
    this.children = new Children(this.directories, (id) => this.nodes.nameOf(id));
    this.directories.reset(this.nodes.directories.allocate(0, 0));
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

  /** Makes room for so many children in all: before the rows of one listing. */
  reserve(directory: NodeId, count: number): void {
    this.children.reserve(numberOf(directory), count);
  }

  /** The names that will be looked for or inserted next, in their order: makes that faster. */
  expect(names: readonly string[]): void {
    this.names.expect(names);
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
}
