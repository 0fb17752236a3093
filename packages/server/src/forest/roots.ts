import {
  isBelow,
  joinPath,
  type FsNode,
  type FsView,
  type NodeFilter,
  type Subtree,
} from "@fustor/schema-fs";

/** One root of a forest, and the name that it stands by at the top. */
export interface Root {
  readonly name: string;
  readonly fs: FsView;
}

/** A path within one root. */
interface RootPath {
  readonly root: Root;
  readonly path: string;
}

/** The root's path as the forest shows it. */
export function shownPath({ name }: Root, path: string): string {
  return path === "/" ? `/${name}` : `/${name}${path}`;
}

/** Undefined for the top, and where no root is. */
export function findRoot(roots: readonly Root[], path: string): RootPath | undefined {
  for (const root of roots) {
    const top = shownPath(root, "/");
    if (path === top) return { root, path: "/" };
    if (isBelow(path, top)) return { root, path: path.slice(top.length) };
  }
  return undefined;
}

/** The node as the forest shows it: a root bears its name. */
export function shownNode<Node extends FsNode>(root: Root, node: Node): Node {
  const name = node.path === "/" ? root.name : node.name;
  return { ...node, name, path: shownPath(root, node.path) };
}

/** The directory at the top, which is nobody's. */
export const TOP: FsNode = {
  path: "/",
  name: "",
  attributes: undefined,
  isDirectory: true,
  suspect: false,
};

/** A question about the forest, as it is asked of one root from `path` on. */
export function askedOf<Asked extends Subtree>(root: Root, path: string, asked: Asked): Asked {
  const { path: answers, ...filter } = asked.filter;
  if (answers === undefined) return { ...asked, path };
  const within = (inner: string): boolean => answers(shownPath(root, inner));
  return { ...asked, path, filter: { ...filter, path: within } };
}

/** A root's own directory is asked for its name and kind alone: its attributes are not a file's. */
export function isAnswer({ name }: Root, filter: NodeFilter): boolean {
  const { types, name: isName, path: isPath, suspect, blindSpot, ...attributes } = filter;
  return (
    (types?.has("d") ?? true) &&
    suspect !== true &&
    blindSpot !== true &&
    Object.keys(attributes).length === 0 &&
    (isName?.(name) ?? true) &&
    (isPath?.(joinPath("/", name)) ?? true)
  );
}
