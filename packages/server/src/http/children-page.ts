import { encodeName, type FsNode, type WalkedNode } from "@fustor/schema-fs";
import { inTurns } from "./json-stream.js";

export interface ChildrenPage {
  readonly nodes: readonly FsNode[];
  /** Asks for what follows; undefined when nothing does. */
  readonly nextCursor: string | undefined;
}

/**
 * The children after the name `after`, by name, out of a walk of depth 1. What stands unchanged while all
 * pages are read is on exactly one of them.
 */
export async function readChildrenPage(
  walk: Iterable<WalkedNode>,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<ChildrenPage> {
  let nearest: FsNode[] = [];
  for await (const node of inTurns(walk)) {
    if (node.depth !== 1 || (after !== undefined && node.name <= after)) continue;
    nearest.push(node);
    // One more than asked for tells whether anything follows.
    if (nearest.length > 2 * limit + 1_000) nearest = firstByName(nearest, limit + 1);
  }
  nearest = firstByName(nearest, limit + 1);
  const nodes = nearest.slice(0, limit);
  const last = nearest.length > limit ? nodes.at(-1) : undefined;
  return {
    nodes,
    nextCursor: last === undefined ? undefined : encodeName(last.name).toString("base64url"),
  };
}

function firstByName(nodes: FsNode[], count: number): FsNode[] {
  nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
  return nodes.slice(0, count);
}
