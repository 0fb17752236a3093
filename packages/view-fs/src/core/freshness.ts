import type { FsAttributes } from "@fustor/schema-fs";
import { stoodStill } from "../alike.js";
import { hasSameContent } from "../table-reader.js";
import type { NodeId } from "../tree/index.js";
import type { Evidence } from "./evidence.js";
import { DOUBTED, SUSPECT } from "./flags.js";
import { forgetSuspect } from "./rows.js";
import { RULE } from "./rules.js";
import type { World } from "./world.js";

/** Rule 9: a file's row was applied, or agreed. `before`: what was known of the name. */
export function judgeFreshness(
  world: World,
  id: NodeId,
  before: FsAttributes | undefined,
  row: FsAttributes,
  E: Evidence,
  { isSettled }: { readonly isSettled: boolean },
): void {
  const { tree, suspects, skew, counts } = world;
  const { hotMs } = world.limits;
  if (hotMs === 0) return;
  const wasSuspect = (tree.flags(id) & SUSPECT) !== 0;
  if (isSettled) {
    if (wasSuspect) counts.add(RULE.closed);
    forgetSuspect(world, id);
    return;
  }
  if (E.realtime) skew.add(E.t0 - millis(row.ctime, row.ctimeNsec));
  // A listing confirms most of its rows, and most files are old.
  if (!wasSuspect && !E.realtime && !isHot(world, row, E)) return;
  const stood = before !== undefined && stoodStill(before, row, world.mask);
  if (wasSuspect && stood) {
    if (E.t0 < (suspects.until(id) ?? Infinity)) return;
    counts.add(RULE.stoodStill);
    forgetSuspect(world, id);
    return;
  }
  if (!wasSuspect && !E.realtime && stood) return;
  counts.add(RULE.suspect);
  suspects.add(id, E.t0, E.t0 + hotMs + world.lag);
  world.changed = true;
}

/** Rule 8: a known directory was listed again; what differs, and no event told, is a blind spot. */
export function compare(
  world: World,
  id: NodeId,
  wasThere: boolean,
  before: FsAttributes | undefined,
  row: FsAttributes | undefined,
  E: Evidence,
): void {
  const isTold = (world.tree.flags(id) & DOUBTED) !== 0 && world.doubts.wasTold(id);
  if (isTold) return;
  if (!wasThere) {
    spot(world, id, "addition", E);
    return;
  }
  if (before === undefined || row === undefined) return;
  if ((before.type === "d" && row.type === "d") || hasSameContent(before, row)) return;
  spot(world, id, "modification", E);
}

function spot(world: World, id: NodeId, kind: "addition" | "modification", E: Evidence): void {
  world.counts.add(kind === "addition" ? RULE.addition : RULE.modification);
  world.blindSpots.differs(id, kind, E.t0);
  world.changed = true;
}

function isHot({ skew, limits }: World, { mtime, mtimeNsec }: FsAttributes, E: Evidence): boolean {
  return E.t0 - skew.ms - millis(mtime, mtimeNsec) < limits.hotMs;
}

function millis(seconds: number, nsec: number): number {
  return seconds * 1_000 + nsec / 1e6;
}
