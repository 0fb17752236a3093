import type { ChangeMessage, Message, MessageSource, Row } from "@fustor/core";
import { CHANGE_FIELDS, joinPath, toRow, type FsAttributes } from "@fustor/schema-fs";
import { Ground } from "../ground.js";
import type { Place } from "../listing.js";
import { closedBy, mayPass } from "../look.js";
import type { DirtyDirectory } from "./dirty-names.js";
import type { HardLinks } from "./hard-links.js";
import type { Move } from "./moves.js";

/** What the looks at some dirty names gave. */
export interface Settled {
  readonly messages: readonly Message[];
  /** Directories that were seen under these names, to be watched unless they are, with their inodes. */
  readonly directories: ReadonlyMap<string, FsAttributes["ino"] | undefined>;
  /** Directories that cannot be read, or with names that cannot be looked at; that may pass. */
  readonly closed: ReadonlySet<string>;
  /** Other names of files that are no longer as they were seen. */
  readonly linked: ReadonlySet<string>;
  /** Renames that are not told as such: their names were not found so. */
  readonly untold: readonly Move[];
}

export interface SettleOptions {
  readonly links?: HardLinks;
  /** Renames, in order; both names of each are dirty. */
  readonly moves?: readonly Move[];
}

/**
 * Looks at every dirty name, and at its directory where names came or went, and says what is there
 * now. Synchronous: keep the number of names small.
 *
 * Throws `SOURCE_UNAVAILABLE` when the root is gone: an absent name proves nothing then.
 */
export function settle(
  place: Place,
  dirty: readonly DirtyDirectory[],
  source: MessageSource,
  { links, moves = [] }: SettleOptions = {},
): Settled {
  const { looker, root, scope, clock } = place;
  root.check();
  const ground = new Ground(place);
  const startedAt = clock.now();
  const upserts = new Map<string, Row>();
  const deletes = new Set<string>();
  const settled = new Set<string>();
  const unreadable = new Map<string, string>();
  const directories = new Map<string, FsAttributes["ino"] | undefined>();
  const closed = new Set<string>();
  const linked = new Set<string>();

  for (const { directory, names } of dirty) {
    let isRestless = false;
    for (const [name, { moved, closed }] of names) {
      isRestless ||= moved || name === "";
      if (name === "") {
        directories.set(directory, undefined);
        continue;
      }
      const path = joinPath(directory, name);
      const sight = looker.lookAt(root.systemPath(path));
      const mayBeAdmitted = scope.admits(path, true) || scope.admits(path, false);
      // Of its directory, because the next whole listing is what makes good for it.
      if (sight.state === "unreadable" && mayBeAdmitted) obstruct(directory, sight.errno);
      if (sight.state === "absent" && mayBeAdmitted) {
        // What is mounted over its directory hides it: that it is not seen says nothing.
        const footing = ground.under(path);
        if (footing.state === "unreadable") {
          obstruct(footing.scope, footing.errno);
          continue;
        }
        deletes.add(path);
        upserts.delete(path);
        settled.delete(path);
      }
      const isFile = sight.state === "present" && sight.attributes.type === "f";
      if (!isFile) for (const other of links?.miss(path) ?? []) linked.add(other);
      if (sight.state !== "present") continue;
      const isDirectory = sight.attributes.type === "d";
      if (!scope.admits(path, isDirectory)) continue;
      deletes.delete(path);
      upserts.set(path, toRow(path, sight.attributes));
      if (isFile) for (const other of links?.see(path, sight.attributes) ?? []) linked.add(other);
      if (closed && isFile) settled.add(path);
      if (!isDirectory) continue;
      if (sight.device !== root.device) {
        obstruct(path, "EXDEV");
        continue;
      }
      directories.set(path, sight.attributes.ino);
      // A new one is listed anyway. Of an old one, perhaps the mode was changed.
      const errno = moved ? undefined : closedBy(root.systemPath(path));
      if (errno !== undefined) obstruct(path, errno);
    }
    if (isRestless) refresh(directory);
  }

  root.check();
  const isMoved = ({ from, to, isDirectory }: Move): boolean =>
    deletes.has(from) &&
    scope.admits(from, isDirectory) &&
    upserts.has(to) &&
    directories.has(to) === isDirectory;
  const told = moves.filter(isMoved);
  for (const { from } of told) deletes.delete(from);
  const observed = { source, startedAt, endedAt: clock.now() };
  const messages: Message[] = Array.from(unreadable, ([at, errno]) => ({
    kind: "unreadable",
    ...observed,
    scope: at,
    errno,
  }));
  if (upserts.size > 0 || deletes.size > 0) {
    const change: ChangeMessage = {
      kind: "change",
      ...observed,
      upserts: { fields: CHANGE_FIELDS, rows: [...upserts.values()] },
      deletes: [...deletes],
      ...(settled.size > 0 ? { settled: [...settled] } : {}),
      ...(told.length > 0 ? { moves: told.map(({ from, to }) => [from, to] as const) } : {}),
    };
    messages.unshift(change);
  }
  const untold = moves.filter((move) => !told.includes(move));
  return { messages, directories, closed, linked, untold };

  function obstruct(directory: string, errno: string): void {
    if (!unreadable.has(directory)) unreadable.set(directory, errno);
    if (mayPass(errno)) closed.add(directory);
  }

  /** A directory's own times and size are part of the picture. Its absence is its parent's affair. */
  function refresh(directory: string): void {
    // Perhaps it has a name now that is not reported.
    if (!scope.admits(directory, true)) return;
    const sight = looker.lookAt(root.systemPath(directory));
    if (sight.state !== "present" || sight.attributes.type !== "d") return;
    deletes.delete(directory);
    upserts.set(directory, toRow(directory, sight.attributes));
  }
}
