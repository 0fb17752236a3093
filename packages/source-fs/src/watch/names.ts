import type { Message } from "@fustor/core";
import type { Place } from "../listing.js";
import { baseName, joinPath, parentPath } from "@fustor/schema-fs";
import type { Agenda } from "./agenda.js";
import type { Cover } from "./cover.js";
import type { DirtyDirectory, DirtyName } from "./dirty-names.js";
import type { Move } from "./moves.js";
import { settle } from "./settle.js";

/** Names looked at for one message. */
const SLICE_NAMES = 512;

/** What is known of a name that was renamed, where nothing else is. */
const RENAMED: DirtyName = { moved: true, closed: false };

/** Looks at the names that have waited longest, after those that were renamed, and says what is there. */
export function settleSome(place: Place, agenda: Agenda, cover: Cover): readonly Message[] {
  const moves = agenda.moves.take();
  const slice = takeNames(agenda, moves);
  let count = 2 * moves.length;
  while (count < SLICE_NAMES) {
    const dirty = agenda.dirty.take(SLICE_NAMES - count);
    if (dirty === undefined) break;
    // What was disarmed meanwhile is gone, or is another directory that gets listed as a whole.
    if (!cover.has(dirty.directory)) {
      forget(agenda, dirty);
      continue;
    }
    count += dirty.names.size;
    slice.push(dirty);
  }
  if (slice.length === 0) return [];
  const settled = settle(place, slice, "realtime", { links: agenda.links, moves });
  const now = place.clock.now();
  for (const { directory, names } of slice) {
    for (const name of names.keys()) agenda.lately.looked(joinPath(directory, name));
  }
  // Nobody is told that what is below them went along.
  for (const { to, isDirectory } of settled.untold) if (isDirectory) cover.disarm(to);
  for (const directory of settled.closed) agenda.closed.add(directory, now);
  agenda.closed.hasten(settled.directories, now);
  for (const [directory, ino] of settled.directories) {
    if (!cover.has(directory, ino)) agenda.addFresh(directory);
  }
  agenda.touch(settled.linked);
  return settled.messages;
}

/** Both names of each rename, which are to be told together. */
function takeNames(agenda: Agenda, moves: readonly Move[]): DirtyDirectory[] {
  const directories = new Map<string, Map<string, DirtyName>>();
  for (const path of moves.flatMap(({ from, to }) => [from, to])) {
    const [directory, name] = [parentPath(path), baseName(path)];
    const names = directories.get(directory) ?? new Map<string, DirtyName>();
    directories.set(directory, names.set(name, agenda.dirty.pick(directory, name) ?? RENAMED));
  }
  return Array.from(directories, ([directory, names]) => ({ directory, names }));
}

/** Files that had a name there have one less. */
function forget(agenda: Agenda, { directory, names }: DirtyDirectory): void {
  if (agenda.links.size === 0) return;
  for (const name of names.keys()) agenda.touch(agenda.links.miss(joinPath(directory, name)));
}
