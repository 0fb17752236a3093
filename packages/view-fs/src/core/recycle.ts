import { isDirectory } from "../tree/index.js";
import type { Session } from "./sessions.js";
import type { World } from "./world.js";

/**
 * Frees the numbers of voices that nothing in the tree rests on. Goes through the whole tree, once
 * in as many voices as there are numbers.
 */
export function recycleVoices(world: World, sessions: Iterable<Session>): void {
  const { tree, voices, heard } = world;
  const used = new Set<number>(heard.voices());
  for (const id of tree.ids()) {
    used.add(tree.seen(id).by);
    if (!isDirectory(id)) continue;
    used.add(tree.listed(id).by);
    used.add(tree.heard(id).by);
  }
  const becomes = voices.recycle(used);
  for (const id of tree.ids()) {
    const { at, by, error } = tree.seen(id);
    if (becomes(by) !== by) tree.setSeen(id, at, becomes(by), error);
    if (!isDirectory(id)) continue;
    const listed = tree.listed(id);
    if (becomes(listed.by) !== listed.by) tree.setListed(id, { ...listed, by: becomes(listed.by) });
    const said = tree.heard(id);
    if (becomes(said.by) !== said.by) tree.setHeard(id, { at: said.at, by: becomes(said.by) });
  }
  heard.renumber(becomes);
  for (const session of sessions) session.forgetVoices();
}
