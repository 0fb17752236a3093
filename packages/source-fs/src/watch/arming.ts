import { joinPath } from "@fustor/schema-fs";
import type { Place } from "../listing.js";
import { Pace } from "../pace.js";

export interface Arms {
  /** Resolves once the directory is watched, if it can be. */
  arm(path: string): Promise<unknown>;
  disarm(path: string): void;
}

/** A directory whose sub-directories are still to be armed. */
interface Frame {
  readonly path: string;
  readonly names: readonly string[];
  next: number;
}

/**
 * Arms every directory of the tree, parents first, without looking at files. Each is armed before
 * it is read, so that whatever appears in it later is told by its watch.
 */
export async function armTree(place: Place, arms: Arms, signal: AbortSignal): Promise<void> {
  const { scope, clock } = place;
  const pace = new Pace(clock);
  const frames: Frame[] = [{ path: "", names: [""], next: 0 }];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const name = frame.names[frame.next];
    frame.next += 1;
    if (name === undefined) {
      frames.pop();
      continue;
    }
    signal.throwIfAborted();
    if (pace.step()) await pace.rest();
    const path = joinPath(frame.path, name);
    if (!scope.admits(path, true)) continue;
    await arms.arm(path);
    const names = subdirectories(place, arms, path);
    if (names.length > 0) frames.push({ path, names, next: 0 });
  }
}

/** The sub-directories of an armed directory; gives it up if it belongs to another device. */
function subdirectories({ looker, root }: Place, arms: Arms, path: string): readonly string[] {
  const systemPath = root.systemPath(path);
  const sight = looker.lookAt(systemPath);
  if (sight.state !== "present") return [];
  if (sight.device !== root.device) {
    arms.disarm(path);
    return [];
  }
  // Two links are its name and its own ".": no sub-directory points back at it.
  if (root.kind.countsSubdirectories && sight.attributes.nlink === 2) return [];
  const directory = looker.open(systemPath);
  if (directory.state !== "open") return [];
  const names: string[] = [];
  for (let name = directory.next(); name !== undefined; name = directory.next()) {
    if (directory.isDirectory()) names.push(name);
  }
  directory.leave();
  return names;
}
