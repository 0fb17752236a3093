import { joinPath, type Scope } from "@fustor/schema-fs";
import { isDirectory, ROOT } from "../tree/index.js";
import { belowOf } from "./absence.js";
import type { Evidence } from "./evidence.js";
import { BURIED_EACH_MAX, remove } from "./rows.js";
import { RULE } from "./rules.js";
import type { World } from "./world.js";

/** Takes out what nobody reports any more, as of E. It is no blind spot: an agent has said so. */
export function purge(world: World, scopes: readonly Scope[], E: Evidence): void {
  const { tree, doubts, blindSpots } = world;
  const isReported = (path: string, isDirectory: boolean): boolean =>
    scopes.some((scope) => scope.admits(path, isDirectory));
  const open = [ROOT];
  for (const directory of open) {
    const path = tree.path(directory);
    for (const child of [...tree.childrenOf(directory)]) {
      const isInside = isDirectory(child);
      if (!isReported(joinPath(path, tree.name(child)), isInside)) {
        const isLarge = isInside && belowOf(world, child).length > BURIED_EACH_MAX;
        remove(world, child, E, { rule: RULE.purged, isLarge });
      } else if (isInside) {
        open.push(child);
      }
    }
  }
  for (const path of doubts.absentWithin("/")) if (!isReported(path, true)) doubts.forget(path);
  for (const path of [...blindSpots.deletions()]) {
    if (!isReported(path, true)) blindSpots.returned(path);
  }
}
