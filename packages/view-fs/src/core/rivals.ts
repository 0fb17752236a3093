import { parentPath } from "@fustor/schema-fs";
import { isDirectory, type NodeId } from "../tree/index.js";
import { isNewer, type Evidence, type Word } from "./evidence.js";
import { RULE } from "./rules.js";
import { doubt, type World } from "./world.js";

/** What stands against a name that there is not. */
interface Rival {
  readonly word: Word;
  readonly host: string;
}

/** What says that a name is not there, and is not older than E. */
export function rivalOf(world: World, path: string, E: Evidence): Rival | undefined {
  const { tombstones, tree, counts } = world;
  if (tree.find(path) !== undefined) return undefined;
  const shade = tombstones.against(path, E);
  if (shade !== undefined) {
    counts.add(shade.isOwn ? RULE.tombstone : RULE.barrier);
    return { word: shade.E, host: shade.E.host };
  }
  let missing = path;
  let directory = tree.find(parentPath(missing));
  while (directory === undefined) {
    missing = parentPath(missing);
    directory = tree.find(parentPath(missing));
  }
  if (!isDirectory(directory)) return undefined;
  return listedWithout(world, directory, { path: missing, isDirectory: missing !== path }, E);
}

/** A complete listing of the directory that did not show the name speaks against it. */
export function listedWithout(
  world: World,
  directory: NodeId,
  missing: { readonly path: string; readonly isDirectory?: boolean },
  E: Evidence,
): Rival | undefined {
  const listed = world.listings.complete(directory);
  if (listed === undefined) return undefined;
  const { voice, own } = listed;
  const order = directory === E.directory ? E.voice.order : undefined;
  if (isNewer(E, order, voice, own)) return undefined;
  if (!voice.scope.admits(missing.path, missing.isDirectory === true)) return undefined;
  world.counts.add(RULE.listedWithout);
  const word = { t0: own + voice.offset, error: voice.error, realtime: false };
  return { word, host: voice.host };
}

/** Rule 4: a listing without proof that is not older did not show a name that comes only now. */
export function doubtUnshown(world: World, directory: NodeId, id: NodeId, E: Evidence): void {
  const partial = world.listings.partial(directory);
  if (partial === undefined) return;
  const { voice, own } = partial;
  const order = directory === E.directory ? E.voice.order : undefined;
  if (isNewer(E, order, voice, own)) return;
  world.counts.add(RULE.notShown);
  doubt(world, id, E, { t0: own + voice.offset, error: voice.error, realtime: false });
}
