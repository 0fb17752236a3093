import { hasCode, type Logger, type Message, type SourceStatus } from "@fustor/core";
import { baseName, joinPath, parentPath } from "@fustor/schema-fs";
import { listDirectory, type Place } from "../listing.js";
import { errnoOf } from "../look.js";
import { Pace } from "../pace.js";
import type { Stamp } from "../stamp.js";
import { walk } from "../walk.js";
import { armTree } from "./arming.js";
import type { WatchBackend, WatchEvents } from "./backend.js";
import { DirtyNames, type DirtyDirectory } from "./dirty-names.js";
import { Latch } from "./latch.js";
import { NoBackend } from "./none.js";
import { Quiet } from "./quiet.js";
import { Revisits } from "./revisits.js";
import { settle } from "./settle.js";
import { Unwatched } from "./unwatched.js";

/** Names looked at for one message. */
const SLICE_NAMES = 512;
/** Rest between two messages about names, so that what happens to one file is told once. */
const SLICE_REST_MS = 3;
/** New directories waiting to be listed. */
const FRESH_MAX = 100_000;
/** After an overflow the tree is walked when no other came for this long, or at last after ... */
const CALM_MS = 250;
const CALM_MAX_MS = 5000;
const ROOT_CHECK_MS = 2000;
/** A back end that died is opened again after this long, doubling. */
const REOPEN_MS = 1000;
const REOPEN_MAX_MS = 60_000;
const WATCHER_DIED = "watcher died";

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
  readonly #logger: Logger;
  readonly #openBackend: TreeWatcherOptions["openBackend"];
  readonly #pace: Pace;
  readonly #latch = new Latch();
  readonly #dirty: DirtyNames;
  readonly #quiet = new Quiet();
  readonly #revisits: Revisits;
  readonly #unwatched = new Unwatched();
  /** New directories, the deepest last: to be armed, then listed. */
  #fresh: string[] = [];
  #backend: WatchBackend = new NoBackend();
  #death: { readonly reopenAt: number } | undefined;
  #deaths = 0;
  /** Said before anything else. */
  #lost: string | undefined;
  /** A walk over everything is wanted: when to begin, and when at the latest. */
  #wanted: { at: number; readonly latestAt: number } | undefined;
  #heal: AsyncGenerator<Message, unknown> | undefined;
  #rootCheckAt = 0;
  #overflows = 0;
  #heals = 0;
  #hasSettled = false;
  #closed = false;

  constructor({ place, logger, openBackend }: TreeWatcherOptions) {
    this.#place = place;
    this.#pace = new Pace(place.clock);
    this.#logger = logger;
    this.#openBackend = openBackend;
    this.#revisits = new Revisits(place.root.youthMs);
    this.#dirty = new DirtyNames({
      onCrowded: (directory) => {
        this.#revisits.addNow(directory, this.#now());
      },
      onFlooded: () => {
        this.#lose("too many changes at once");
      },
    });
  }

  /** Resolves once every directory is watched, as far as the system allows. */
  async start(signal: AbortSignal): Promise<void> {
    this.#backend = await this.#openBackend(this.#listen());
    const arms = {
      arm: (path: string) => this.#arm(path).then(() => undefined),
      disarm: (path: string) => {
        this.#backend.disarm(path);
      },
    };
    await armTree(this.#place, arms, signal);
  }

  /** Watches a directory before someone else lists it. */
  async cover(path: string): Promise<void> {
    // That listing may never arrive: ours follows in any case.
    if ((await this.#arm(path)) === "armed") this.#revisit(path);
  }

  /** Lists a directory again that someone else did not see at rest. */
  revisit(path: string, stamp: Stamp): void {
    this.#revisits.addLater(path, stamp, 1, this.#now());
    this.#latch.set();
  }

  status(): SourceStatus {
    return {
      backend: this.#backend.name,
      watches: this.#backend.watches,
      watchesMax: this.#backend.watchesMax,
      unwatched: this.#unwatched.size,
      dirtyNames: this.#dirty.size,
      dirtyDirectories: this.#fresh.length + this.#revisits.size + this.#quiet.size,
      overflows: this.#overflows,
      heals: this.#heals,
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
      await this.#heal?.return(undefined);
      await this.close();
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#latch.set();
    await this.#backend.close();
  }

  /** A little of everything that is to be done: names first, they are what people wait for. */
  async *#step(signal: AbortSignal): AsyncGenerator<Message> {
    await this.#reopen();
    if (this.#lost !== undefined) yield this.#takeLost(this.#lost);
    yield* this.#settleSome();
    const now = this.#now();
    if (now >= this.#rootCheckAt) {
      this.#place.root.check();
      this.#rootCheckAt = now + ROOT_CHECK_MS;
    }
    for (const directory of this.#quiet.take(now)) this.#revisits.addNow(directory, now);
    const fresh = this.#fresh.pop();
    if (fresh !== undefined) yield* this.#enter(fresh);
    const due = this.#revisits.take(now);
    if (due !== undefined) yield* this.#visit(due.directory, due.stamp, due.tries);
    yield* this.#patrol(now);
    yield* this.#healSome(now, signal);
  }

  /** Until there is something to do. Gives the events of the back end a turn in any case. */
  async #rest(signal: AbortSignal): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const isBusy =
      this.#dirty.size > 0 ||
      this.#fresh.length > 0 ||
      this.#heal !== undefined ||
      this.#lost !== undefined;
    if (isBusy || this.#closed || signal.aborted) return;
    if (this.#hasSettled) {
      this.#hasSettled = false;
      await this.#place.clock.sleep(SLICE_REST_MS);
    }
    const nextAt = Math.min(
      this.#rootCheckAt,
      this.#revisits.nextAt() ?? Infinity,
      this.#quiet.nextAt() ?? Infinity,
      this.#unwatched.nextAt() ?? Infinity,
      this.#wanted?.at ?? Infinity,
      this.#death?.reopenAt ?? Infinity,
    );
    const ms = nextAt - this.#now();
    if (ms > 0) await this.#latch.wait(this.#place.clock, ms);
  }

  *#settleSome(): Generator<Message> {
    const slice: DirtyDirectory[] = [];
    let names = 0;
    while (names < SLICE_NAMES) {
      const dirty = this.#dirty.take(SLICE_NAMES - names);
      if (dirty === undefined) break;
      // What was disarmed meanwhile is gone, or is another directory that gets listed as a whole.
      if (!this.#isCovered(dirty.directory)) continue;
      names += dirty.names.size;
      slice.push(dirty);
    }
    if (slice.length === 0) return;
    this.#hasSettled = true;
    const { messages, directories } = settle(this.#place, slice, "realtime");
    for (const directory of directories) {
      if (!this.#isCovered(directory)) this.#addFresh(directory);
    }
    yield* messages;
  }

  /** Arms a new directory and then lists it: what came before is listed, what comes later is told. */
  async *#enter(directory: string): AsyncGenerator<Message> {
    const wasKnown = this.#unwatched.has(directory);
    const result = await this.#arm(directory);
    if (result === "already" || result === "gone") return;
    if (result === "full" && wasKnown) return;
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
      this.#unwatched.delete(directory);
      // The back end has told of it too, if it watched the parent.
      this.#markGone(directory);
    }
    for (const name of visit.subdirectories) {
      const path = joinPath(directory, name);
      if (!this.#isCovered(path)) this.#addFresh(path);
    }
    if (visit.again !== undefined) {
      this.#revisits.addLater(directory, visit.again, tries + 1, this.#now());
    }
  }

  /** The next of the directories that no watch could be had for. */
  async *#patrol(now: number): AsyncGenerator<Message> {
    const next = this.#unwatched.take(now);
    if (next === undefined) return;
    if (next === "everything") {
      this.#want(0);
      return;
    }
    if (!this.#unwatched.has(next.directory)) return;
    await this.#arm(next.directory);
    yield* this.#visit(next.directory, undefined, 0);
  }

  /** The next piece of the walk that makes good for lost events. */
  async *#healSome(now: number, signal: AbortSignal): AsyncGenerator<Message> {
    if (this.#heal === undefined && this.#wanted !== undefined && now >= this.#wanted.at) {
      this.#wanted = undefined;
      const enter = (path: string) => this.#arm(path).then(() => undefined);
      const unfinished = (path: string, stamp: Stamp) => {
        this.revisit(path, stamp);
      };
      const options = { source: "on_demand", rounds: false, enter, unfinished } as const;
      this.#heal = walk(this.#place, "/", options, signal);
    }
    if (this.#heal === undefined) return;
    const { value, done } = await this.#heal.next();
    if (done !== true) {
      yield value;
      return;
    }
    this.#heal = undefined;
    this.#heals += 1;
    this.#logger.info({ heals: this.#heals }, "tree listed again after lost events");
  }

  async #arm(directory: string): Promise<"armed" | "already" | "gone" | "refused" | "full"> {
    const result = await this.#backend.arm(directory);
    if (result === "full") {
      if (this.#unwatched.size === 0) this.#tellUnwatched();
      this.#unwatched.add(directory, this.#now());
    } else if (this.#unwatched.size > 0) this.#unwatched.delete(directory);
    return result;
  }

  #tellUnwatched(): void {
    this.#lost ??= "not every folder can be watched";
    this.#logger.warn(
      { backend: this.#backend.name, watchesMax: this.#backend.watchesMax },
      "the system allows no more watches: some folders are only looked at now and then",
    );
  }

  #isCovered(directory: string): boolean {
    return this.#backend.isArmed(directory) || this.#unwatched.has(directory);
  }

  #addFresh(directory: string): void {
    if (this.#fresh.length < FRESH_MAX) {
      this.#fresh.push(directory);
      return;
    }
    this.#fresh = [];
    this.#lose("too many new folders at once");
  }

  #revisit(directory: string): void {
    this.#revisits.addNow(directory, this.#now());
    this.#latch.set();
  }

  #markGone(directory: string): void {
    if (directory === "/") this.#rootCheckAt = 0;
    else this.#dirty.add(parentPath(directory), baseName(directory), "gone");
    this.#latch.set();
  }

  /** What a back end may call, for as long as it is ours. */
  #listen(): WatchEvents {
    const deaths = this.#deaths;
    const ours = <T extends unknown[]>(handle: (...values: T) => void) => {
      return (...values: T) => {
        if (this.#closed || this.#deaths !== deaths) return;
        handle(...values);
        this.#latch.set();
      };
    };
    return {
      dirty: ours((directory: string, name: string, hint) => {
        this.#dirty.add(directory, name, hint);
        if (this.#backend.forgetful) this.#quiet.touch(directory, this.#now());
      }),
      dirtyWhole: ours((directory: string) => {
        this.#quiet.touch(directory, this.#now());
      }),
      gone: ours((directory: string) => {
        this.#markGone(directory);
        // Perhaps it is only another one now.
        this.#addFresh(directory);
      }),
      overflow: ours((reason: string) => {
        this.#overflows += 1;
        this.#lose(reason);
      }),
      dead: ours((error: Error) => {
        this.#die(error);
      }),
    };
  }

  #die(error: Error): void {
    const pause = Math.min(REOPEN_MS * 2 ** this.#deaths, REOPEN_MAX_MS);
    this.#deaths += 1;
    this.#death = { reopenAt: this.#now() + pause };
    this.#logger.error({ err: error, backend: this.#backend.name }, "watch back end died");
    this.#lost = WATCHER_DIED;
  }

  /** Replaces a back end that died; whatever it watched is armed by the walk that follows. */
  async #reopen(): Promise<void> {
    if (this.#death === undefined || this.#now() < this.#death.reopenAt) return;
    this.#death = undefined;
    await this.#backend.close();
    this.#unwatched.clear();
    this.#backend = await this.#openBackend(this.#listen());
    this.#lose(WATCHER_DIED);
  }

  /** Events were lost: say so, and walk everything as soon as it is calm. */
  #lose(reason: string): void {
    this.#dirty.clear();
    // One walk under way and one wanted are enough, however often it happens.
    if (this.#wanted === undefined) this.#lost = reason;
    this.#want(CALM_MS);
  }

  #want(calmMs: number): void {
    const now = this.#now();
    this.#wanted ??= { at: now + calmMs, latestAt: now + CALM_MAX_MS };
    this.#wanted.at = Math.min(now + calmMs, this.#wanted.latestAt);
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
