import { LISTING_FIELDS } from "@fustor/schema-fs";
import type { FusionConfig } from "../src/index.js";
import { createWorld, mark, openV2, push, type OpenedV2, type World } from "./support.js";

/** A file or directory of `fill`; what is not named is as usual. */
export interface Given {
  readonly size?: number;
  readonly mtime?: number;
  readonly nsec?: number;
  readonly ino?: number;
  readonly nlink?: number;
  readonly blocks?: number;
  readonly uid?: number;
}

/** Directories by path, with what is in each; a name that ends in a slash is a directory. */
export type Tree = Readonly<Record<string, Readonly<Record<string, Given>>>>;

/** When everything was modified last, where nothing else is said, in seconds. */
export const OLD = 1_799_900_000;

/** A Fusion with one agent that told it a whole tree, in which all listings agree. */
export async function createFilled(
  tree: Tree,
  config: Partial<FusionConfig> = {},
): Promise<{ world: World; session: OpenedV2 }> {
  const world = await createWorld(config);
  const session = await openV2(world);
  await fill(world, session, tree);
  return { world, session };
}

export async function fill(world: World, session: OpenedV2, tree: Tree, seq = 1): Promise<void> {
  const at = world.clock.now();
  const inodes = new Map<string, number>();
  const inodeOf = (path: string): number => {
    const known = inodes.get(path) ?? inodes.size + 2;
    inodes.set(path, known);
    return known;
  };
  inodeOf("/");
  const rowOf = (name: string, path: string, isDirectory: boolean, given: Given): unknown[] => {
    const { size = isDirectory ? 4096 : 5, mtime = OLD, nsec = 500, blocks = 8 } = given;
    const { ino = inodeOf(path), nlink = 1, uid = 0 } = given;
    const [type, mode] = isDirectory ? ["d", 0o755] : ["f", 0o644];
    return [name, type, size, mtime, nsec, mtime, nsec, mode, uid, 0, ino, nlink, blocks];
  };
  const listings = Object.entries(tree).map(([scope, entries]) => ({
    kind: "listing",
    message_source: "snapshot",
    started_at: at,
    ended_at: at,
    scope,
    entries: {
      fields: LISTING_FIELDS,
      rows: Object.entries(entries).map(([key, given]) => {
        const name = key.replace(/\/$/, "");
        const path = scope === "/" ? `/${name}` : `${scope}/${name}`;
        return rowOf(name, path, key.endsWith("/"), given);
      }),
    },
    self: rowOf("", scope, true, {}),
    complete: true,
    part: 0,
    last: true,
  }));
  const messages = [mark("snapshot", "begin", at), ...listings, mark("snapshot", "end", at)];
  const reply = await push(world, session, "scan", seq, messages);
  if (reply.status !== 200) throw new Error(reply.text);
}
