import type { Message, WalkTotals } from "@fustor/core";
import { baseName, isValidPath, parentPath } from "@fustor/schema-fs";
import type { Place } from "./listing.js";
import { walk, type WalkOptions } from "./walk.js";
import { settle } from "./watch/settle.js";

const NOTHING: WalkTotals = { scopes: 0, rows: 0, unreadable: 0 };

/**
 * Looks at one path on demand: a directory is listed, of anything else the row is sent, and of a
 * name that does not exist that it is gone. Nothing comes for a path that is not reported.
 */
export async function* scanPath(
  place: Place,
  path: string,
  options: WalkOptions,
  signal: AbortSignal,
): AsyncGenerator<Message, WalkTotals> {
  if (!isValidPath(path)) return NOTHING;
  const startedAt = place.clock.now();
  for (const part of prefixes(path)) {
    const sight = place.looker.lookAt(place.root.systemPath(part));
    const isDirectory = sight.state === "present" && sight.attributes.type === "d";
    if (!place.scope.admits(part, isDirectory || part !== path)) return NOTHING;
    if (isDirectory && sight.device !== place.root.device) {
      // What is mounted here hides what is below: that a name is not seen says nothing.
      const endedAt = place.clock.now();
      const told = { source: options.source, startedAt, endedAt, scope: part, errno: "EXDEV" };
      yield { kind: "unreadable", ...told };
      return { ...NOTHING, unreadable: 1 };
    }
    if (isDirectory) continue;
    // Nothing below it can be seen, whatever was asked for; a symbolic link is not followed.
    const names = new Map([[baseName(part), { moved: false, closed: false }]]);
    const { messages } = settle(place, [{ directory: parentPath(part), names }], options.source);
    yield* messages;
    const isUnreadable = sight.state === "unreadable";
    return isUnreadable ? { ...NOTHING, unreadable: 1 } : { ...NOTHING, rows: messages.length };
  }
  return yield* walk(place, path, options, signal);
}

/** `/a/b` -> `/a`, `/a/b`; none for the root. */
function prefixes(path: string): string[] {
  const paths: string[] = [];
  for (let at = path; at !== "/"; at = parentPath(at)) paths.unshift(at);
  return paths;
}
