import type { Clock, Message, MessageSource, Row } from "@fustor/core";
import { joinPath, LISTING_FIELDS, toRow, type FsAttributes, type Scope } from "@fustor/schema-fs";
import { mayPass, type Absent, type Looker, type OpenDirectory, type Unreadable } from "./look.js";
import type { Pace } from "./pace.js";
import type { Root } from "./root.js";
import { isMature, sameStamp, stampOf, type Stamp } from "./stamp.js";

/** Rows in one part of a listing at most. */
export const PART_ROWS = 10_000;

/** What a look needs: what looks, where, at which part of it, and what time it is. */
export interface Place {
  readonly looker: Looker;
  readonly root: Root;
  readonly scope: Scope;
  readonly clock: Clock;
}

export interface ListingOptions {
  readonly source: MessageSource;
  /** Shared by everything that one reader waits for, so that many small directories yield too. */
  readonly pace: Pace;
  /** What an earlier visit saw: without any change since, the directory counts as at rest. */
  readonly earlier?: Stamp | undefined;
  /** Called for each regular file that is reported. */
  readonly sawFile?: ((path: string, attributes: FsAttributes) => void) | undefined;
}

/** A directory seen in another one. */
export interface Subdirectory {
  readonly name: string;
  readonly ino: FsAttributes["ino"];
}

/** How a directory was met. Names and counts are empty and 0 unless it was `listed`. */
export interface Visit {
  readonly state: "listed" | "absent" | "unreadable";
  /** Those that are reported too. */
  readonly subdirectories: readonly Subdirectory[];
  readonly rows: number;
  /** Scopes reported as unreadable: the directory itself, or devices mounted on names in it. */
  readonly unreadable: number;
  /** It could not be read, or a name in it could not be looked at; that may pass. */
  readonly closed: boolean;
  /** Present when the listing was not complete: it should be visited again with this. */
  readonly again: Stamp | undefined;
}

const ABSENT: Visit = {
  state: "absent",
  subdirectories: [],
  rows: 0,
  unreadable: 0,
  closed: false,
  again: undefined,
};

/**
 * Lists one directory: its `listing` in parts, then an `unreadable` for itself if a name in it could
 * not be looked at, and for each other device that is mounted in it. The part marked `last` decides
 * whether it is complete: the proof is had when all is read.
 *
 * Throws `SOURCE_UNAVAILABLE` when the root went away meanwhile: what was read then proves nothing.
 */
export async function* listDirectory(
  place: Place,
  path: string,
  { source, pace, earlier, sawFile }: ListingOptions,
): AsyncGenerator<Message, Visit> {
  const { looker, root, scope, clock } = place;
  if (pace.step()) await pace.rest();
  const startedAt = clock.now();
  const observed = () => ({ source, startedAt, endedAt: clock.now() });
  const opened = open(place, path);
  if (opened.state !== "open") root.check();
  if (opened.state === "absent") return ABSENT;
  if (opened.state === "unreadable") {
    yield { kind: "unreadable", ...observed(), scope: path, errno: opened.errno };
    return { ...ABSENT, state: "unreadable", unreadable: 1, closed: mayPass(opened.errno) };
  }

  const subdirectories: Subdirectory[] = [];
  const unreadable = new Map<string, string>();
  let closed = false;
  let rows: Row[] = [];
  let rowsTotal = 0;
  let part = 0;
  let doubtful = false;
  const { directory } = opened;
  try {
    for (let name = directory.next(); name !== undefined; name = directory.next()) {
      if (pace.step()) {
        directory.leave();
        await pace.rest();
      }
      if (rows.length === PART_ROWS) {
        directory.leave();
        root.check();
        const entries = { fields: LISTING_FIELDS, rows };
        const unfinished = { complete: !doubtful, part, last: false };
        yield { kind: "listing", ...observed(), scope: path, entries, ...unfinished };
        rows = [];
        part += 1;
      }
      const child = joinPath(path, name);
      const sight = directory.look();
      if (sight.state === "absent") {
        // Just renamed or removed; or one of those file systems that list what they cannot find.
        doubtful = true;
      } else if (sight.state === "unreadable") {
        if (!scope.admits(child, true) && !scope.admits(child, false)) continue;
        doubtful = true;
        closed ||= mayPass(sight.errno);
        // Of the directory, because its next whole listing is what makes good for it.
        if (!unreadable.has(path)) unreadable.set(path, sight.errno);
      } else {
        const isDirectory = sight.attributes.type === "d";
        if (!scope.admits(child, isDirectory)) continue;
        rows.push(toRow(name, sight.attributes));
        rowsTotal += 1;
        if (sight.attributes.type === "f") sawFile?.(child, sight.attributes);
        if (!isDirectory) continue;
        if (sight.device === root.device) subdirectories.push({ name, ino: sight.attributes.ino });
        else unreadable.set(child, "EXDEV");
      }
    }
  } finally {
    directory.leave();
  }

  const after = looker.lookAt(root.systemPath(path));
  root.check();
  if (after.state !== "present" && part === 0) return ABSENT;
  const before = stampOf(opened.attributes, startedAt);
  const stamp = after.state === "present" ? stampOf(after.attributes, clock.now()) : before;
  const complete =
    after.state === "present" &&
    !doubtful &&
    sameStamp(before, stamp) &&
    isMature(before, startedAt, root.youthMs, earlier);
  yield {
    kind: "listing",
    ...observed(),
    scope: path,
    entries: { fields: LISTING_FIELDS, rows },
    ...(after.state === "present" ? { self: toRow("", after.attributes) } : {}),
    complete,
    part,
    last: true,
  };
  for (const [at, errno] of unreadable) {
    yield { kind: "unreadable", ...observed(), scope: at, errno };
  }
  return {
    state: "listed",
    subdirectories,
    rows: rowsTotal,
    unreadable: unreadable.size,
    closed,
    again: complete ? undefined : stamp,
  };
}

type Opened =
  | {
      readonly state: "open";
      readonly attributes: FsAttributes;
      readonly directory: OpenDirectory;
    }
  | Absent
  | Unreadable;

/** The directory's own attributes, then its names. */
function open({ looker, root }: Place, path: string): Opened {
  const systemPath = root.systemPath(path);
  const sight = looker.lookAt(systemPath);
  if (sight.state !== "present") return sight;
  const { attributes, device } = sight;
  if (attributes.type !== "d") return { state: "absent" };
  if (device !== root.device) return { state: "unreadable", errno: "EXDEV" };
  const directory = looker.open(systemPath);
  return directory.state === "open" ? { state: "open", attributes, directory } : directory;
}
