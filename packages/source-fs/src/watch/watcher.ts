import { hasCode, type Logger, type Message, type SourceStatus } from "@fustor/core";
import { baseName, joinPath, parentPath } from "@fustor/schema-fs";
import { listDirectory, type Place, type Visit } from "../listing.js";
import { closedBy, errnoOf } from "../look.js";
import { Pace } from "../pace.js";
import type { Stamp } from "../stamp.js";
import { armTree } from "./arming.js";
import type { Hint, WatchBackend, WatchEvents } from "./backend.js";
import { Closed } from "./closed.js";
import { Cover } from "./cover.js";
import { DirtyNames, type DirtyDirectory } from "./dirty-names.js";
import { Heal } from "./heal.js";
import { Latch } from "./latch.js";
import { Quiet } from "./quiet.js";
import { Reopened } from "./reopened.js";
import { Revisits } from "./revisits.js";
import { settle } from "./settle.js";

/** Names looked at for one message. */
const SLICE_NAMES = 512;
/** Rest after a message about names, so that what happens to one file is not told every time. */
const SLICE_REST_MS = 3;
/** New directories waiting to be listed. */
const FRESH_MAX = 100_000;
const ROOT_CHECK_MS = 2000;

export interface TreeWatcherOptions {
  readonly place: Place;
  readonly logger: Logger;
  readonly openBackend: (events: WatchEvents) => Promise<WatchBackend>;
}

/**
 * Watches a tree and says what changes in it.
 *
 * What a back end tells is only a hint. Work waits in bounded queues until the reader of `messages`
 * asks for more; a reader that is too slow gets listings instead of single names, and in the end
 * `lost` and a walk over everything.
 */
export class TreeWatcher {
  readonly #place: Place;
  readonly #pace: Pace;
  readonly #latch = new Latch();
  readonly #cover: Cover;
  readonly #heal: Heal;
  readonly #dirty: DirtyNames;
  readonly #quiet = new Quiet();
  readonly #revisits: Revisits;
  readonly #closed = new Closed();
  readonly #reopened: Reopened;
  /** New directories, the deepest last: to be armed, then listed. */
  #fresh: string[] = [];
  /** Why events may be missed, to be said before anything else. */
  #lost: string | undefined;
  #rootCheckAt = 0;
  #overflows = 0;
  #hasSettled = false;
  #isClosed = false;

  constructor({ place, logger, openBackend }: TreeWatcherOptions) {
    const { clock, root } = place;
    this.#place = place;
    this.#pace = new Pace(clock);
    this.#revisits = new Revisits(root.youthMs);
    this.#dirty = new DirtyNames({
      onCrowded: (directory) => {
        this.#revisits.addNow(directory, clock.now());
      },
      onFlooded: () => {
        this.#lose("too many changes at once");
      },
    });
    this.#cover = new Cover({
      clock,
      logger,
      openBackend,
      events: this.#handlers(),
      onLost: (reason) => {
        this.#lost = reason;
        this.#latch.set();
      },
    });
    const hooks = {
      enter: async (path: string) => {
        await this.#cover.arm(path);
      },
      unfinished: (path: string, stamp: Stamp) => {
        this.revisit(path, stamp);
      },
      visited: (path: string, visit: Visit) => {
        if (visit.closed) this.retry(path);
        else this.#closed.delete(path); // what is below comes next in the same walk
      },
    };
    this.#heal = new Heal(place, hooks);
    this.#reopened = new Reopened(place, hooks);
  }

  /** Resolves once every directory is watched, as far as the system allows. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#cover.open();
    await armTree(this.#place, this.#cover, signal);
  }

  /** Watches a directory before someone else lists it. */
  async enter(path: string): Promise<void> {
    if ((await this.#cover.arm(path)) !== "armed") return;
    // That listing may never arrive: ours follows in any case.
    this.#revisits.addNow(path, this.#now());
    this.#latch.set();
  }

  /** Lists a directory again that someone else did not see at rest. */
  revisit(path: string, stamp: Stamp): void {
    this.#revisits.addLater(path, stamp, 1, this.#now());
    this.#latch.set();
  }

  /** Tries a directory again until it can be read, and then walks it with all below. */
  retry(path: string): void {
    this.#closed.add(path, this.#now());
    this.#latch.set();
  }

  status(): SourceStatus {
    return {
      ...this.#cover.status(),
      unreadable: this.#closed.size,
      dirtyNames: this.#dirty.size,
      dirtyDirectories:
        this.#fresh.length + this.#revisits.size + this.#quiet.size + this.#reopened.size,
      overflows: this.#overflows,
      heals: this.#heal.done,
    };
  }

  /**
   * What changes, until the signal aborts. To be read once.
   *
   * Throws `SOURCE_UNAVAILABLE` when the root goes away, after a `lost` and an `unreadable`.
   */
  async *messages(signal: AbortSignal): AsyncGenerator<Message> {
    const wake = () => {
      this.#latch.set();
    };
    signal.addEventListener("abort", wake, { once: true });
    try {
      while (!signal.aborted && !this.#isClosed) {
        yield* this.#step(signal);
        await this.#rest(signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (hasCode(error, "SOURCE_UNAVAILABLE")) yield* this.#sayRootLost(error);
      throw error;
    } finally {
      signal.removeEventListener("abort", wake);
      await this.#heal.close();
      await this.#reopened.close();
      await this.close();
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#latch.set();
    await this.#cover.close();
  }

  /** A little of everything that is to be done: names first, they are what people wait for. */
  async *#step(signal: AbortSignal): AsyncGenerator<Message> {
    const now = this.#now();
    if (await this.#cover.reopen(now)) this.#lose("watcher died");
    if (this.#lost !== undefined) yield this.#takeLost(this.#lost);
    yield* this.#settleSome();
    if (now >= this.#rootCheckAt) {
      this.#rootCheckAt = now + ROOT_CHECK_MS;
      yield* this.#checkRoot(now);
    }
    for (const directory of this.#quiet.take(now)) this.#revisits.addNow(directory, now);
    const fresh = this.#fresh.pop();
    if (fresh !== undefined) yield* this.#enterFresh(fresh);
    const due = this.#revisits.take(now);
    if (due !== undefined) yield* this.#visit(due.directory, due.stamp, due.tries);
    yield* this.#retryClosed(now);
    const reopened = await this.#reopened.step(signal);
    if (reopened !== undefined) yield reopened;
    yield* this.#patrol(now);
    const healing = await this.#heal.step(now, signal);
    if (healing !== undefined) yield healing;
  }

  /** Until there is something to do. Gives the events of the back end a turn in any case. */
  async #rest(signal: AbortSignal): Promise<void> {
    await this.#pace.rest();
    const work = this.#dirty.size + this.#fresh.length + this.#reopened.size;
    if (work > 0 || this.#lost !== undefined || this.#isClosed || signal.aborted) return;
    const { clock } = this.#place;
    if (this.#hasSettled) {
      this.#hasSettled = false;
      await clock.sleep(SLICE_REST_MS);
    }
    const nextAt = Math.min(
      this.#rootCheckAt,
      this.#revisits.nextAt() ?? Infinity,
      this.#quiet.nextAt() ?? Infinity,
      this.#closed.nextAt() ?? Infinity,
      this.#cover.nextAt(),
      this.#heal.nextAt(),
    );
    const ms = nextAt - clock.now();
    if (ms > 0) await this.#latch.wait(clock, ms);
  }

  *#settleSome(): Generator<Message> {
    const slice: DirtyDirectory[] = [];
    let names = 0;
    while (names < SLICE_NAMES) {
      const dirty = this.#dirty.take(SLICE_NAMES - names);
      if (dirty === undefined) break;
      // What was disarmed meanwhile is gone, or is another directory that gets listed as a whole.
      if (!this.#cover.has(dirty.directory)) continue;
      names += dirty.names.size;
      slice.push(dirty);
    }
    if (slice.length === 0) return;
    this.#hasSettled = true;
    const { messages, directories, closed } = settle(this.#place, slice, "realtime");
    const now = this.#now();
    for (const directory of closed) this.#closed.add(directory, now);
    this.#closed.hasten(directories, now);
    for (const directory of directories) this.#addFresh(directory);
    yield* messages;
  }

  /** Arms a new directory and then lists it: what came before is listed, what comes later is told. */
  async *#enterFresh(directory: string): AsyncGenerator<Message> {
    if (this.#cover.has(directory)) return;
    const result = await this.#cover.arm(directory);
    if (result === "already" || result === "gone") return;
    yield* this.#visit(directory, undefined, 0);
  }

  async *#visit(
    directory: string,
    stamp: Stamp | undefined,
    tries: number,
  ): AsyncGenerator<Message> {
    const options = { source: "on_demand", pace: this.#pace, earlier: stamp } as const;
    const visit = yield* listDirectory(this.#place, directory, options);
    if (visit.state === "absent") {
      this.#cover.disarm(directory);
      this.#markGone(directory);
      this.#closed.delete(directory);
    } else if (visit.closed) {
      this.#closed.add(directory, this.#now());
    } else if (this.#closed.has(directory)) {
      this.#closed.delete(directory);
      if (!this.#reopened.want(directory)) this.#lose("too many folders became readable at once");
    }
    for (const name of visit.subdirectories) this.#addFresh(joinPath(directory, name));
    if (visit.again !== undefined && !visit.closed) {
      this.#revisits.addLater(directory, visit.again, tries + 1, this.#now());
    }
  }

  /** Tries the next directory that could not be read. */
  async *#retryClosed(now: number): AsyncGenerator<Message> {
    const directory = this.#closed.take(now);
    if (directory === undefined) return;
    // As long as nothing has changed, there is nothing new to say.
    if (closedBy(this.#place.root.systemPath(directory)) !== undefined) return;
    await this.#cover.arm(directory);
    yield* this.#visit(directory, undefined, 0);
  }

  /** The root is watched by nothing above it. */
  *#checkRoot(now: number): Generator<Message> {
    const { root } = this.#place;
    root.check();
    if (this.#closed.has("/")) return;
    const errno = closedBy(root.systemPath("/"));
    if (errno === undefined) return;
    this.#closed.add("/", now);
    yield {
      kind: "unreadable",
      source: "realtime",
      startedAt: now,
      endedAt: now,
      scope: "/",
      errno,
    };
  }

  /** Looks at the next of the directories that no watch could be had for. */
  async *#patrol(now: number): AsyncGenerator<Message> {
    const next = this.#cover.patrol(now);
    if (next === undefined) return;
    if (next === "everything") {
      this.#heal.want(now);
      return;
    }
    await this.#cover.arm(next.directory);
    yield* this.#visit(next.directory, undefined, 0);
  }

  #addFresh(directory: string): void {
    if (this.#cover.has(directory)) return;
    if (this.#fresh.length < FRESH_MAX) {
      this.#fresh.push(directory);
      return;
    }
    this.#fresh = [];
    this.#lose("too many new folders at once");
  }

  /** A directory is gone, so its parent has changed. */
  #markGone(directory: string): void {
    if (directory === "/") this.#rootCheckAt = 0;
    else this.#dirty.add(parentPath(directory), baseName(directory), "gone");
    this.#latch.set();
  }

  #handlers(): Omit<WatchEvents, "dead"> {
    return {
      dirty: (directory: string, name: string, hint: Hint) => {
        this.#dirty.add(directory, name, hint);
        if (this.#cover.isForgetful) this.#quiet.touch(directory, this.#now());
        this.#latch.set();
      },
      dirtyWhole: (directory: string) => {
        this.#quiet.touch(directory, this.#now());
        this.#latch.set();
      },
      gone: (directory: string) => {
        this.#markGone(directory);
        // Perhaps it is only another one now.
        this.#addFresh(directory);
      },
      overflow: (reason: string) => {
        this.#overflows += 1;
        this.#lose(reason);
      },
    };
  }

  /** Events were lost: say so, and walk everything. */
  #lose(reason: string): void {
    // What is lost while a walk is wanted was said already, and is found by it.
    if (!this.#heal.isWanted) this.#lost = reason;
    this.#heal.want(this.#now());
    this.#latch.set();
  }

  #takeLost(reason: string): Message {
    this.#lost = undefined;
    return this.#lostMessage(reason);
  }

  *#sayRootLost(error: unknown): Generator<Message> {
    yield this.#lostMessage("root lost");
    const now = this.#now();
    const observed = { source: "realtime", startedAt: now, endedAt: now } as const;
    yield { kind: "unreadable", ...observed, scope: "/", errno: errnoOfRoot(error) };
  }

  #lostMessage(reason: string): Message {
    const now = this.#now();
    return { kind: "lost", source: "realtime", startedAt: now, endedAt: now, scope: "/", reason };
  }

  #now(): number {
    return this.#place.clock.now();
  }
}

/** Another folder than before, e.g. one that was mounted over it, is as good as a stale one. */
function errnoOfRoot(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? "ESTALE" : errnoOf(cause);
}
