import type { Message, MessageSource, WalkTotals } from "@fustor/core";
import { joinPath } from "@fustor/schema-fs";
import { digestDirectory } from "./digest-listing.js";
import { listDirectory, type ListingOptions, type Place, type Visit } from "./listing.js";
import { Pace } from "./pace.js";
import type { Stamp } from "./stamp.js";

/** Directories that a walk keeps in mind to visit again; more are left to others at once. */
const REVISITS_MAX = 10_000;
const ROUNDS = 3;
/** How long a walk waits before each further round, at most. */
const ROUND_WAIT_MS = 500;

/** What a walk tells, and whom it waits for. */
export interface WalkHooks {
  /** Called before each directory is listed: the moment to watch it. */
  readonly enter?: (path: string) => Promise<void>;
  /** Called for each directory that was never seen at rest. */
  readonly unfinished?: (path: string, stamp: Stamp) => void;
  /** Called after each look at a directory. */
  readonly visited?: (path: string, visit: Visit) => void;
  /** Called for each regular file that is reported. */
  readonly sawFile?: NonNullable<ListingOptions["sawFile"]>;
}

export interface WalkOptions extends WalkHooks {
  readonly source: MessageSource;
  /** Default: everything below `start` too. */
  readonly recursive?: boolean;
  /** Tell complete listings by digests with this mask. Default: by their rows. */
  readonly digestMask?: number | undefined;
  /** Visit incomplete directories again at the end. Default true. */
  readonly rounds?: boolean;
}

/** A directory whose sub-directories are being walked. */
interface Frame {
  readonly path: string;
  readonly names: readonly string[];
  next: number;
}

/**
 * Lists `start` and what is below it, depth first. What was changing while it was read is sent as
 * it was seen, and visited again at the end, a few times.
 *
 * Throws `SOURCE_UNAVAILABLE` when the root goes away.
 */
export async function* walk(
  place: Place,
  start: string,
  options: WalkOptions,
  signal: AbortSignal,
): AsyncGenerator<Message, WalkTotals> {
  const { root, clock } = place;
  const { source, sawFile, digestMask, recursive = true, rounds = true } = options;
  const pace = new Pace(clock);
  const totals = { scopes: 0, rows: 0, unreadable: 0 };
  let restless = new Map<string, Stamp>();
  const frames: Frame[] = [];

  for (let path: string | undefined = start; path !== undefined; path = nextPath(frames)) {
    signal.throwIfAborted();
    await options.enter?.(path);
    const visit: Visit = yield* visitDirectory(path);
    totals.rows += visit.rows;
    totals.unreadable += visit.unreadable;
    if (visit.state === "listed") totals.scopes += 1;
    if (recursive && visit.subdirectories.length > 0) {
      frames.push({ path, names: visit.subdirectories.map(({ name }) => name), next: 0 });
    }
  }

  for (let round = 0; rounds && round < ROUNDS && restless.size > 0; round += 1) {
    await clock.sleep(Math.min(root.youthMs + 5, ROUND_WAIT_MS), signal);
    const again = restless;
    restless = new Map();
    for (const [path, stamp] of again) {
      signal.throwIfAborted();
      yield* visitDirectory(path, stamp);
    }
  }
  for (const [path, stamp] of restless) options.unfinished?.(path, stamp);
  return totals;

  async function* visitDirectory(path: string, earlier?: Stamp): AsyncGenerator<Message, Visit> {
    const how = { source, pace, earlier, sawFile };
    const visit =
      digestMask === undefined
        ? yield* listDirectory(place, path, how)
        : yield* digestDirectory(place, path, how, digestMask);
    options.visited?.(path, visit);
    // What cannot be looked at now takes longer than a few rounds.
    if (visit.again === undefined || visit.closed) return visit;
    if (restless.size < REVISITS_MAX) restless.set(path, visit.again);
    else options.unfinished?.(path, visit.again);
    return visit;
  }
}

/** The next sub-directory of the innermost frame that has one. */
function nextPath(frames: Frame[]): string | undefined {
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const name = frame.names[frame.next];
    frame.next += 1;
    if (name !== undefined) return joinPath(frame.path, name);
    frames.pop();
  }
  return undefined;
}
