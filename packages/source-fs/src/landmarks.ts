import type { Row } from "@fustor/core";
import { joinPath, LANDMARKS_MAX, toLandmarkRow, type Landmark } from "@fustor/schema-fs";
import type { Place } from "./listing.js";

/** Names that are looked at in one directory, and directories that are looked into. */
const LOOKS_MAX = 500;
const DIRECTORIES_MAX = 4;
/** More than enough of one directory. */
const NAMES_MAX = 64;

interface Candidate extends Landmark {
  /** Seconds. */
  readonly ctime: number;
  /** Something else is mounted there. */
  readonly isForeign: boolean;
}

/**
 * Names near the top of the root by which somebody who knows the tree can tell that it is this one:
 * those that have been as they are for longest. None when nothing is reported there; undefined when
 * the root cannot be read now, or shows nothing but what is left out in all that was looked at.
 */
export function findLandmarks(place: Place): readonly Row[] | undefined {
  const found: Candidate[] = [];
  const directories = ["/"];
  for (const path of directories) {
    const here = candidatesIn(place, path);
    if (path === "/" && here === undefined) return undefined;
    found.push(...(here ?? []));
    if (found.length >= LANDMARKS_MAX) break;
    const below = (here ?? []).filter(({ isDirectory, isForeign }) => isDirectory && !isForeign);
    const room = DIRECTORIES_MAX - directories.length;
    directories.push(...below.slice(0, room).map((each) => each.path));
  }
  return found.sort(oldestFirst).slice(0, LANDMARKS_MAX).map(toLandmarkRow);
}

function candidatesIn({ looker, root, scope }: Place, path: string): Candidate[] | undefined {
  const directory = looker.open(root.systemPath(path));
  if (directory.state !== "open") return undefined;
  const found: Candidate[] = [];
  let looks = 0;
  try {
    for (; looks < LOOKS_MAX && found.length < NAMES_MAX; looks += 1) {
      const name = directory.next();
      if (name === undefined) return found.sort(oldestFirst);
      const sight = directory.look();
      if (sight.state !== "present") continue;
      const { type, ctime, mtime } = sight.attributes;
      const candidate = joinPath(path, name);
      const isDirectory = type === "d";
      if (!scope.admits(candidate, isDirectory)) continue;
      const isForeign = sight.device !== root.device;
      found.push({ path: candidate, isDirectory, mtime, ctime, isForeign });
    }
  } finally {
    directory.leave();
  }
  return found.length === 0 ? undefined : found.sort(oldestFirst);
}

function oldestFirst(one: Candidate, other: Candidate): number {
  return one.ctime - other.ctime;
}
