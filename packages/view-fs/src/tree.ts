import { joinPath, type FsAttributes } from "@fustor/schema-fs";
import type { Evidence } from "./arbiter.js";

/** One file or directory. `Tree` alone changes what it counts: name, place, attributes. */
export class TreeNode {
  readonly name: string;
  /** Undefined for the root, and for a node that was removed. */
  parent: TreeNode | undefined;
  /** Directories have children, if only an empty map of them; nothing else has. */
  children: Map<string, TreeNode> | undefined;
  /** Undefined for a directory that is known only because something below it is. */
  attributes: FsAttributes | undefined;
  /** What set this node last. `believe` sets it. */
  seen: Evidence;
  /** The event before `seen`, when that is none: a later look does not make it weaker. */
  told: Evidence | undefined = undefined;
  /** The newest listing that showed all children. */
  listed: Evidence | undefined = undefined;
  /** The number of the last message with a listing that named this node. */
  listing = 0;

  constructor(
    name: string,
    parent: TreeNode | undefined,
    attributes: FsAttributes | undefined,
    seen: Evidence,
  ) {
    this.name = name;
    this.parent = parent;
    this.attributes = attributes;
    this.seen = seen;
    this.children = isDirectory(attributes) ? new Map() : undefined;
  }
}

/** Lets a node rest on new evidence. */
export function believe(node: TreeNode, evidence: Evidence): void {
  if (evidence.realtime) node.told = undefined;
  else if (node.seen.realtime) node.told = node.seen;
  node.seen = evidence;
}

/** Nodes by name below a root that is always there, and running totals over them. */
export class Tree {
  readonly root: TreeNode;
  #files = 0;
  #directories = 1;
  #bytes = 0;

  /** `unseen` is what the root rests on until something is heard of it. */
  constructor(unseen: Evidence) {
    this.root = new TreeNode("", undefined, undefined, unseen);
  }

  /** All that is not a directory. */
  get files(): number {
    return this.#files;
  }

  /** Counts the root. */
  get directories(): number {
    return this.#directories;
  }

  /** The sizes of `files`. */
  get bytes(): number {
    return this.#bytes;
  }

  find(path: string): TreeNode | undefined {
    let node: TreeNode | undefined = this.root;
    if (path === "/") return node;
    let start = 1;
    while (node !== undefined) {
      const slash = path.indexOf("/", start);
      if (slash === -1) return node.children?.get(path.slice(start));
      node = node.children?.get(path.slice(start, slash));
      start = slash + 1;
    }
    return undefined;
  }

  /** Adds a name that the directory `parent` does not have yet. */
  insert(
    parent: TreeNode,
    name: string,
    attributes: FsAttributes | undefined,
    seen: Evidence,
  ): TreeNode {
    const node = new TreeNode(name, parent, attributes, seen);
    parent.children?.set(name, node);
    this.#count(attributes, 1);
    return node;
  }

  /** Replaces a node's attributes. A directory that becomes something else has no children left. */
  set(node: TreeNode, attributes: FsAttributes | undefined): void {
    this.#count(node.attributes, -1);
    this.#count(attributes, 1);
    node.attributes = attributes;
    if (!isDirectory(attributes)) {
      node.children = undefined;
      node.listed = undefined;
    } else {
      node.children ??= new Map();
    }
  }

  /** Takes out a node that has no children. The root stays. */
  remove(node: TreeNode): void {
    const { parent } = node;
    if (parent === undefined) return;
    parent.children?.delete(node.name);
    node.parent = undefined;
    this.#count(node.attributes, -1);
  }

  #count(attributes: FsAttributes | undefined, sign: 1 | -1): void {
    if (attributes === undefined || attributes.type === "d") {
      this.#directories += sign;
    } else {
      this.#files += sign;
      this.#bytes += sign * attributes.size;
    }
  }
}

/** The path of a node that is in the tree. */
export function pathOf(node: TreeNode): string {
  if (node.parent === undefined) return "/";
  const names: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) names.push(at.name);
  return joinPath("/", names.reverse().join("/"));
}

function isDirectory(attributes: FsAttributes | undefined): boolean {
  return attributes === undefined || attributes.type === "d";
}
