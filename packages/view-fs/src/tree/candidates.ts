import type { NodeId } from "./nodes.js";
import type { Candidates } from "./search/search.js";
import type { Tree } from "./tree.js";

/** Of what a search in another thread found, the nodes whose name contains `text`, without case. */
export function* confirmCandidates(
  tree: Tree,
  { ids }: Candidates,
  text: string,
): Generator<NodeId> {
  const wanted = text.toLowerCase();
  for (const id of ids) {
    if (tree.isLive(id) && tree.name(id).toLowerCase().includes(wanted)) yield id;
  }
}
