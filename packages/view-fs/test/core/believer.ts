import { digestMask, isBelow, type FsAttributes, type FsEntry } from "@fustor/schema-fs";
import type { Believer, Feed } from "@fustor/testkit";
import { Core } from "../../src/core/core.js";
import { doubtsOf, dueAt } from "../../src/core/due.js";
import { hashOf } from "../../src/core/state.js";
import type { Limits } from "../../src/core/world.js";
import { areEqual } from "../../src/tree/index.js";

export const LIMITS: Limits = {
  horizonMs: 3_600_000,
  hotMs: 60_000,
  tombstonesMax: 40,
  blindSpotsMax: 10_000,
  gapsMax: 10_000,
  doubtsMax: 100_000,
  suspectsMax: 100_000,
  heardMax: 100_000,
  voicesMax: 65_535,
  digestMask: digestMask(["ino", "uid", "gid", "mode", "ctime"]),
  // Small enough for the trees of the simulated world.
  brake: { rows: 12, share: 0.2, holdsMax: 1_000 },
};

/** The columnar core as the simulated world drives it. */
export function createCore(feed: Feed, limits: Partial<Limits> = {}): Believer {
  /** What the feed was told, so that the same row is the same object to who compares it. */
  const told = new Map<string, FsAttributes | undefined>();
  const tell = (path: string, after: Pick<FsEntry, "attributes"> | undefined): void => {
    if (path === "/") return;
    if (after === undefined) told.delete(path);
    else told.set(path, after.attributes);
    feed(path, after ? { kind: "set", attributes: after.attributes } : { kind: "gone" });
  };
  const core = new Core({ ...LIMITS, ...limits }, (path, _before, after, from) => {
    // A move is told once, for all that went along.
    for (const [old, attributes] of from === undefined ? [] : [...told]) {
      if (old !== from && !isBelow(old, from ?? old)) continue;
      tell(old, undefined);
      tell(path + old.slice((from ?? old).length), { attributes });
    }
    tell(path, after);
  });
  return {
    get decided() {
      return core.counts.byName();
    },
    apply: (record) => {
      core.apply(record);
    },
    rows() {
      const { tree } = core.world;
      const rows = new Map<string, FsAttributes | undefined>();
      for (const id of tree.ids()) {
        if (id === tree.root) continue;
        const path = tree.path(id);
        const row = tree.attributes(id);
        const known = told.get(path);
        rows.set(path, row && known && areEqual(row, known) ? known : row);
      }
      return rows;
    },
    takeWanted: () => [...core.world.wanted],
    doubtsDue: (at) => dueAt(core.world, at, Infinity),
    doubts: () => doubtsOf(core.world),
    suspects: () => Array.from(core.world.suspects.entries(), ([id]) => core.world.tree.path(id)),
    blindSpots: () => [...Array.from(core.world.blindSpots.entries(), ([path]) => path)],
    gaps: () => core.world.gaps.all(),
    held: () => Array.from(core.world.brake.held, (id) => core.world.tree.path(id)),
    hash: () => hashOf(core.world),
    checkTotals() {
      const { tree } = core.world;
      const counted = { files: 0, directories: 0, bytes: 0 };
      for (const id of tree.ids()) {
        if (id === tree.root) continue;
        if (tree.isDirectory(id)) counted.directories += 1;
        else counted.files += 1;
        if (!tree.isDirectory(id)) counted.bytes += tree.attributes(id)?.size ?? 0;
      }
      const { files, directories, bytes } = tree.sums(tree.root);
      const summed = JSON.stringify({ files, directories, bytes });
      if (summed !== JSON.stringify(counted)) {
        throw new Error(`the sums are ${summed}, counted ${JSON.stringify(counted)}`);
      }
    },
  };
}
