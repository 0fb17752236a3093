import type { Message } from "@fustor/core";
import type { Place } from "../listing.js";
import { joinPath } from "@fustor/schema-fs";
import type { Agenda } from "./agenda.js";
import type { Cover } from "./cover.js";
import type { DirtyDirectory } from "./dirty-names.js";
import { settle } from "./settle.js";

/** Names looked at for one message. */
const SLICE_NAMES = 512;

/** Looks at the names that have waited longest, and says what is there. */
export function settleSome(place: Place, agenda: Agenda, cover: Cover): readonly Message[] {
  const slice: DirtyDirectory[] = [];
  let count = 0;
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
  const settled = settle(place, slice, "realtime", agenda.links);
  const now = place.clock.now();
  for (const directory of settled.closed) agenda.closed.add(directory, now);
  agenda.closed.hasten(settled.directories, now);
  for (const [directory, ino] of settled.directories) {
    if (!cover.has(directory, ino)) agenda.addFresh(directory);
  }
  agenda.touch(settled.linked);
  return settled.messages;
}

/** Files that had a name there have one less. */
function forget(agenda: Agenda, { directory, names }: DirtyDirectory): void {
  if (agenda.links.size === 0) return;
  for (const name of names.keys()) agenda.touch(agenda.links.miss(joinPath(directory, name)));
}
