interface Node<T> {
  name: string;
  parent: Node<T> | undefined;
  children: Map<string, Node<T>> | undefined;
  value: T | undefined;
}

/** A place in a `PathTree`; knows its path without storing it. */
export type PathNode<T> = Node<T>;

/** Values by path, where a directory and all below it can be cut off at once. */
export class PathTree<T> {
  readonly #root: Node<T> = { name: "", parent: undefined, children: undefined, value: undefined };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(path: string): T | undefined {
    return this.#find(path)?.value;
  }

  /** Sets the value of a path and returns its place. */
  set(path: string, value: T): PathNode<T> {
    const node = this.#place(partsOf(path));
    if (node.value === undefined) this.#size += 1;
    node.value = value;
    return node;
  }

  /** Removes the value of this one path. */
  delete(path: string): void {
    const node = this.#find(path);
    if (node?.value === undefined) return;
    node.value = undefined;
    this.#size -= 1;
    prune(node);
  }

  /** Removes a path and everything below, and returns the values that stood there. */
  cut(path: string): T[] {
    const node = this.#find(path);
    const values: T[] = [];
    if (node === undefined) return values;
    const stack = [node];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (next.value !== undefined) values.push(next.value);
      next.value = undefined;
      if (next.children !== undefined) stack.push(...next.children.values());
    }
    node.children = undefined;
    this.#size -= values.length;
    prune(node);
    return values;
  }

  /**
   * Gives a path and everything below it another one, in one step. What stood there before is cut
   * off, and returned.
   */
  move(from: string, to: string): T[] {
    const node = this.#find(from);
    if (node?.parent === undefined) return [];
    node.parent.children?.delete(node.name);
    if (node.parent.children?.size === 0) node.parent.children = undefined;
    prune(node.parent);
    const values = this.cut(to);
    const parts = [...partsOf(to)];
    node.name = parts.pop() ?? "";
    node.parent = this.#place(parts);
    node.parent.children ??= new Map();
    node.parent.children.set(node.name, node);
    return values;
  }

  #place(names: readonly string[]): Node<T> {
    let node = this.#root;
    for (const name of names) {
      node.children ??= new Map();
      let child = node.children.get(name);
      if (child === undefined) {
        child = { name, parent: node, children: undefined, value: undefined };
        node.children.set(name, child);
      }
      node = child;
    }
    return node;
  }

  #find(path: string): Node<T> | undefined {
    let node: Node<T> | undefined = this.#root;
    for (const name of partsOf(path)) {
      node = node.children?.get(name);
      if (node === undefined) return undefined;
    }
    return node;
  }
}

/** The path of a place. */
export function pathOf(node: PathNode<unknown>): string {
  let path = "";
  for (let at = node; at.parent !== undefined; at = at.parent) path = `/${at.name}${path}`;
  return path || "/";
}

/** Drops places that hold nothing, from a leaf upwards. */
function prune<T>(node: Node<T>): void {
  let at = node;
  while (at.parent !== undefined && at.value === undefined && at.children === undefined) {
    const siblings = at.parent.children;
    siblings?.delete(at.name);
    if (siblings !== undefined && siblings.size > 0) return;
    at.parent.children = undefined;
    at = at.parent;
  }
}

function partsOf(path: string): readonly string[] {
  return path === "/" ? [] : path.slice(1).split("/");
}
