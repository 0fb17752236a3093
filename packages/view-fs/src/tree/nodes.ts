import { NodeSpace } from "./node-space.js";

/**
 * A node: twice its number, plus 1 for a directory. Stays the same while the node is in the tree,
 * wherever it moves; then another node may get it, with another generation.
 */
export type NodeId = number;

export const ROOT: NodeId = 1;

export function isDirectory(id: NodeId): boolean {
  return (id & 1) === 1;
}

/** A node's number among its sort. */
export function numberOf(id: NodeId): number {
  return id >>> 1;
}

export function directoryId(number: number): NodeId {
  return number * 2 + 1;
}

export function fileId(number: number): NodeId {
  return number * 2;
}

/** Both sorts of node: small numbers for each, so that what only directories have is kept apart. */
export class Nodes {
  /** No file has the number 0, so that no node has the id 0. */
  readonly files = new NodeSpace(1);
  /** Number 0 is the root. */
  readonly directories = new NodeSpace(0);

  spaceOf(id: NodeId): NodeSpace {
    return isDirectory(id) ? this.directories : this.files;
  }

  nameOf(id: NodeId): number {
    return this.spaceOf(id).name(numberOf(id));
  }

  parentOf(id: NodeId): NodeId {
    return directoryId(this.spaceOf(id).parent(numberOf(id)));
  }
}
