import { joinPath } from "@fustor/schema-fs";

/** A name on the way to something, or with something itself. */
export interface PathNode<T> {
  readonly name: string;
  parent: PathNode<T> | undefined;
  value: T | undefined;
  children: Map<string, PathNode<T>> | undefined;
}

/**
 * Values by path, as a tree of names: what is at, above or below a path is found without looking at
 * the rest, and a directory moves in one step.
 */
export class PathMap<T> {
  #root: PathNode<T> = createNode<T>("", undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(path: string): T | undefined {
    return this.#size === 0 ? undefined : this.node(path)?.value;
  }

  /** The node of a path that has a value, or has some below. */
  node(path: string): PathNode<T> | undefined {
    let at: PathNode<T> | undefined = this.#root;
    for (const name of partsOf(path)) {
      at = at.children?.get(name);
      if (at === undefined) return undefined;
    }
    return at;
  }

  set(path: string, value: T): void {
    const node = this.#make(path);
    if (node.value === undefined) this.#size += 1;
    node.value = value;
  }

  delete(path: string): boolean {
    const node = this.#size === 0 ? undefined : this.node(path);
    if (node?.value === undefined) return false;
    node.value = undefined;
    this.#size -= 1;
    prune(node);
    return true;
  }

  clear(): void {
    this.#root = createNode<T>("", undefined);
    this.#size = 0;
  }

  /** The values above a path, from the root's down. */
  *above(path: string): Generator<T> {
    if (this.#size === 0 || path === "/") return;
    let at: PathNode<T> | undefined = this.#root;
    for (const name of partsOf(path)) {
      if (at.value !== undefined) yield at.value;
      at = at.children?.get(name);
      if (at === undefined) return;
    }
  }

  /** Paths and values at and below a path, as they are now. */
  within(path: string): (readonly [string, T])[] {
    const start = this.#size === 0 ? undefined : this.node(path);
    const found: (readonly [string, T])[] = [];
    if (start === undefined) return found;
    const open: (readonly [string, PathNode<T>])[] = [[path, start]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [at, node] = next;
      if (node.value !== undefined) found.push([at, node.value]);
      for (const child of node.children?.values() ?? []) {
        open.push([joinPath(at, child.name), child]);
      }
    }
    return found;
  }

  #make(path: string): PathNode<T> {
    let at = this.#root;
    for (const name of partsOf(path)) {
      at.children ??= new Map();
      let next = at.children.get(name);
      if (next === undefined) {
        next = createNode(name, at);
        at.children.set(name, next);
      }
      at = next;
    }
    return at;
  }
}

function createNode<T>(name: string, parent: PathNode<T> | undefined): PathNode<T> {
  return { name, parent, value: undefined, children: undefined };
}

/** Takes out a node that leads to nothing, and those above that then do not either. */
function prune<T>(node: PathNode<T>): void {
  for (let at = node; at.value === undefined && at.children === undefined;) {
    const above = at.parent;
    if (above === undefined) return;
    above.children?.delete(at.name);
    if (above.children?.size === 0) above.children = undefined;
    at = above;
  }
}

function partsOf(path: string): string[] {
  return path === "/" ? [] : path.slice(1).split("/");
}
