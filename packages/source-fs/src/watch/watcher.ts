import { hasCode, type Logger, type Message, type SourceStatus } from "@fustor/core";
import { baseName, joinPath, parentPath } from "@fustor/schema-fs";
import { listDirectory, type Place } from "../listing.js";
import { errnoOf } from "../look.js";
import { Pace } from "../pace.js";
import type { Stamp } from "../stamp.js";
import { armTree } from "./arming.js";
import type { Hint, WatchBackend, WatchEvents } from "./backend.js";
import { Cover } from "./cover.js";
import { DirtyNames, type DirtyDirectory } from "./dirty-names.js";
import { Heal } from "./heal.js";
import { Latch } from "./latch.js";
import { Quiet } from "./quiet.js";
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
  /** New directories, the deepest last: to be armed, then listed. */
  #fresh: string[] = [];
  /** Why events may be missed, to be said before anything else. */
  #lost: string | undefined;
  #rootCheckAt = 0;
  #overflows = 0;
  #hasSettled = false;
  #closed = false;

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
    this.#heal = new Heal(place, {
      enter: async (path) => {
        await this.#cover.arm(path);
      },
      unfinished: (path, stamp) => {
        this.revisit(path, stamp);
      },
    });
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

  status(): SourceStatus {
    return {
      ...this.#cover.status(),
      dirtyNames: this.#dirty.size,
      dirtyDirectories: this.#fresh.length + this.#revisits.size + this.#quiet.size,
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
      while (!signal.aborted && !this.#closed) {
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
      await this.close();
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
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
      this.#place.root.check();
      this.#rootCheckAt = now + ROOT_CHECK_MS;
    }
    for (const directory of this.#quiet.take(now)) this.#revisits.addNow(directory, now);
    const fresh = this.#fresh.pop();
    if (fresh !== undefined) yield* this.#enterFresh(fresh);
    const due = this.#revisits.take(now);
    if (due !== undefined) yield* this.#visit(due.directory, due.stamp, due.tries);
    yield* this.#patrol(now);
    const healing = await this.#heal.step(now, signal);
    if (healing !== undefined) yield healing;
  }

  /** Until there is something to do. Gives the events of the back end a turn in any case. */
  async #rest(signal: AbortSignal): Promise<void> {
    await this.#pace.rest();
    const isBusy = this.#dirty.size > 0 || this.#fresh.length > 0 || this.#lost !== undefined;
    if (isBusy || this.#closed || signal.aborted) return;
    const { clock } = this.#place;
    if (this.#hasSettled) {
      this.#hasSettled = false;
      await clock.sleep(SLICE_REST_MS);
    }
    const nextAt = Math.min(
      this.#rootCheckAt,
      this.#revisits.nextAt() ?? Infinity,
      this.#quiet.nextAt() ?? Infinity,
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
    const { messages, directories } = settle(this.#place, slice, "realtime");
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
    }
    for (const name of visit.subdirectories) this.#addFresh(joinPath(directory, name));
    if (visit.again !== undefined) {
      this.#revisits.addLater(directory, visit.again, tries + 1, this.#now());
    }
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
