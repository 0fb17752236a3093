import { digestText, Hasher, type FsAttributes } from "@fustor/schema-fs";
import type { Attributes } from "./attributes.js";
import type { Children } from "./children.js";
import { DIGEST, rowOf, type DirectorySpace } from "./directory-space.js";
import type { Names } from "./names.js";
import { newestBelow } from "./newest.js";
import { isDirectory, numberOf, type NodeId, type Nodes } from "./nodes.js";
import { Totals, type Usage } from "./totals.js";

interface Parts {
  readonly nodes: Nodes;
  readonly names: Names;
  readonly directories: DirectorySpace;
  readonly children: Children;
  readonly attributes: Attributes;
}

/** What each directory sums up to: the totals of its subtree and the digest of its children. */
export class Accounts {
  readonly #parts: Parts;
  readonly #totals: Totals;
  readonly #hasher = new Hasher();
  /** What counts in digests: to be set before anything is added. */
  digestMask: number;

  constructor(parts: Parts, digestMask: number) {
    this.#parts = parts;
    this.digestMask = digestMask;
    this.#totals = new Totals(parts.directories, parts.nodes.directories);
  }

  /** A child came to the directory `parent`, with all that is below it. */
  add(parent: number, id: NodeId, name: number, attributes: FsAttributes | undefined): void {
    this.#count(parent, id, attributes, 1);
    if (attributes !== undefined) {
      this.#totals.came(parent, attributes.mtime, attributes.mtimeNsec);
    }
    this.#digest(parent, name, attributes, 1);
  }

  /** A child left the directory `parent`, with all that is below it. */
  take(parent: number, id: NodeId, name: number, attributes: FsAttributes | undefined): void {
    this.#count(parent, id, attributes, -1);
    if (attributes !== undefined) {
      this.#totals.went(parent, attributes.mtime, attributes.mtimeNsec);
    }
    this.#digest(parent, name, attributes, -1);
  }

  /** The attributes of a child changed. */
  change(
    parent: number,
    id: NodeId,
    name: number,
    before: FsAttributes | undefined,
    after: FsAttributes,
  ): void {
    const totals = this.#totals;
    const bytes = isDirectory(id) ? 0 : after.size - (before?.size ?? 0);
    const blocks = after.blocks - (before?.blocks ?? 0);
    if (bytes !== 0 || blocks !== 0) totals.add(parent, 0, 0, bytes, blocks);
    if (before?.mtime !== after.mtime || before.mtimeNsec !== after.mtimeNsec) {
      if (before !== undefined) totals.went(parent, before.mtime, before.mtimeNsec);
      totals.came(parent, after.mtime, after.mtimeNsec);
    }
    this.#digest(parent, name, before, -1);
    this.#digest(parent, name, after, 1);
  }

  /** Lets climb what was noted: only then the columns tell all. */
  flush(): void {
    this.#totals.flush();
  }

  usage(directory: number): Usage {
    const newest = newestBelow({ ...this.#parts, totals: this.#totals }, directory);
    return { ...this.#totals.sums(directory), newest };
  }

  sums(directory: number): Omit<Usage, "newest"> {
    return this.#totals.sums(directory);
  }

  digest(directory: number): string {
    const { directories } = this.#parts;
    return digestText(directories.get(directory, DIGEST + 1), directories.get(directory, DIGEST));
  }

  #count(parent: number, id: NodeId, attributes: FsAttributes | undefined, sign: 1 | -1): void {
    const blocks = sign * (attributes?.blocks ?? 0);
    if (!isDirectory(id)) {
      this.#totals.add(parent, sign, 0, sign * (attributes?.size ?? 0), blocks);
      return;
    }
    this.#totals.add(parent, 0, sign, 0, blocks);
    const number = numberOf(id);
    if (this.#parts.children.count(number) > 0) this.#totals.addBelow(parent, number, sign);
    else if (sign === -1) this.#totals.leave(number);
  }

  #digest(parent: number, name: number, attributes: FsAttributes | undefined, sign: 1 | -1): void {
    const hasher = this.#hasher;
    const { names, directories } = this.#parts;
    const { lo, hi } = names.hash(name);
    hasher.lo = lo;
    hasher.hi = hi;
    hasher.child(attributes, this.digestMask);
    const chunk = directories.writable(parent);
    const at = rowOf(parent) + DIGEST;
    chunk[at] = (chunk[at] ?? 0) + sign * hasher.lo;
    chunk[at + 1] = (chunk[at + 1] ?? 0) + sign * hasher.hi;
  }
}
