import type { ChangeMessage, Message, MessageSource, Row } from "@fustor/core";
import { CHANGE_FIELDS, joinPath, toRow } from "@fustor/schema-fs";
import { attributesOf } from "../attributes.js";
import type { Place } from "../listing.js";
import { lookAt } from "../look.js";
import type { DirtyDirectory } from "./dirty-names.js";

/** What the looks at some dirty names gave. */
export interface Settled {
  readonly messages: readonly Message[];
  /** Directories that were seen under these names, to be watched unless they are. */
  readonly directories: readonly string[];
}

/**
 * Looks at every dirty name, and at its directory where names came or went, and says what is there
 * now. Synchronous: keep the number of names small.
 *
 * Throws `SOURCE_UNAVAILABLE` when the root is gone: an absent name proves nothing then.
 */
export function settle(
  { root, scope, clock }: Place,
  dirty: readonly DirtyDirectory[],
  source: MessageSource,
): Settled {
  root.check();
  const startedAt = clock.now();
  const upserts = new Map<string, Row>();
  const deletes = new Set<string>();
  const settled = new Set<string>();
  const unreadable: { readonly scope: string; readonly errno: string }[] = [];
  const directories: string[] = [];

  for (const { directory, names } of dirty) {
    let isRestless = false;
    for (const [name, { moved, closed }] of names) {
      isRestless ||= moved || name === "";
      if (name === "") continue;
      const path = joinPath(directory, name);
      const sight = lookAt(root.systemPath(path));
      if (sight.state === "unreadable") unreadable.push({ scope: path, errno: sight.errno });
      if (sight.state === "absent" && (scope.admits(path, true) || scope.admits(path, false))) {
        deletes.add(path);
        upserts.delete(path);
        settled.delete(path);
      }
      if (sight.state !== "present") continue;
      const isDirectory = sight.stats.isDirectory();
      if (!scope.admits(path, isDirectory)) continue;
      deletes.delete(path);
      upserts.set(path, toRow(path, attributesOf(sight.stats)));
      if (closed && sight.stats.isFile()) settled.add(path);
      if (!isDirectory) continue;
      if (sight.stats.dev === root.device) directories.push(path);
      else unreadable.push({ scope: path, errno: "EXDEV" });
    }
    if (isRestless) refresh(directory);
  }

  root.check();
  const observed = { source, startedAt, endedAt: clock.now() };
  const messages: Message[] = unreadable.map((one) => ({
    kind: "unreadable",
    ...observed,
    ...one,
  }));
  if (upserts.size > 0 || deletes.size > 0) {
    const change: ChangeMessage = {
      kind: "change",
      ...observed,
      upserts: { fields: CHANGE_FIELDS, rows: [...upserts.values()] },
      deletes: [...deletes],
      ...(settled.size > 0 ? { settled: [...settled] } : {}),
    };
    messages.unshift(change);
  }
  return { messages, directories };

  /** A directory's own times and size are part of the picture. Its absence is its parent's affair. */
  function refresh(directory: string): void {
    const sight = lookAt(root.systemPath(directory));
    if (sight.state !== "present" || !sight.stats.isDirectory()) return;
    deletes.delete(directory);
    upserts.set(directory, toRow(directory, attributesOf(sight.stats)));
  }
}
