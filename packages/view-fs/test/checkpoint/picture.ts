import type { CheckpointSlice, ViewRecord } from "@fustor/core";
import { storedSlices } from "@fustor/testkit";
import { restoreCheckpoint } from "../../src/checkpoint/read.js";
import { Core } from "../../src/core/core.js";
import { doubtsOf, dueAt } from "../../src/core/due.js";
import { explain } from "../../src/core/explain.js";
import { hashOf } from "../../src/core/state.js";
import type { Limits } from "../../src/core/world.js";
import { LIMITS } from "../core/believer.js";

/** What is due after so long is compared: by then most of what waits is. */
const LATER_MS = 70_000;

/** A core, and what it told of changes since. */
export interface Told {
  readonly core: Core;
  readonly changes: unknown[];
}

export function begin(limits: Partial<Limits> = {}): Told {
  const changes: unknown[] = [];
  const core = new Core({ ...LIMITS, ...limits }, (...change) => changes.push(change));
  return { core, changes };
}

/** A core of its own with the state of a checkpoint. */
export async function restored(
  slices: Iterable<CheckpointSlice>,
  limits: Partial<Limits> = {},
): Promise<Told> {
  const told = begin(limits);
  await restoreCheckpoint(told.core, storedSlices(slices));
  return told;
}

/** Everything that can be asked of a core, now and what will be due later. */
export function pictureOf({ core, changes }: Told): unknown {
  const { world } = core;
  const { tree } = world;
  const ids = [...tree.ids()];
  const paths = ids.map((id) => tree.path(id));
  const buried = Array.from(world.tombstones.entries(), ([path]) => path);
  const due = dueAt(world, world.at + LATER_MS, Infinity);
  return {
    hash: hashOf(world),
    at: world.at,
    resetAt: world.resetAt,
    progress: { ...core.progress },
    isSnapshotUnderWay: core.isSnapshotUnderWay,
    decided: [...core.counts.byName()],
    wanted: [...world.wanted],
    nodes: ids.map((id, i) => [id, paths[i], tree.generation(id)]),
    children: ids.map((id) => (tree.isDirectory(id) ? [...tree.childrenOf(id)] : [])),
    usage: tree.usage(tree.root),
    names: tree.names.count,
    explained: [...paths, ...buried].map((path) => explain(world, path)),
    doubts: [...doubtsOf(world)].sort(),
    probes: [...due.probes].sort(),
    listings: due.listings,
    suspects: [...world.suspects.entries()],
    blind: [...world.blindSpots.entries()],
    gaps: Array.from(world.gaps.all(), (gap) => ({ ...gap })),
    held: [...world.brake.held],
    tombstones: [...world.tombstones.entries()],
    changes: [...changes],
  };
}

/** What the records do to the core that was told before. */
export function applyAll({ core, changes }: Told, records: readonly ViewRecord[]): void {
  for (const record of records) {
    changes.length = 0;
    core.apply(record);
  }
}
