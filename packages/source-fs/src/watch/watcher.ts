import { hasCode, type Logger, type Message, type SourceStatus } from "@fustor/core";
import { isValidPath } from "@fustor/schema-fs";
import type { Place } from "../listing.js";
import { Pace } from "../pace.js";
import type { WalkHooks } from "../walk.js";
import { Agenda } from "./agenda.js";
import { armTree } from "./arming.js";
import type { WatchBackend, WatchEvents } from "./backend.js";
import { Cover } from "./cover.js";
import { Heal } from "./heal.js";
import { settleSome } from "./names.js";
import { Reopened } from "./reopened.js";
import { rootLost, unreadableRoot } from "./root-watch.js";
import { Visits } from "./visits.js";

/** Rest after a message about names, so that what happens to one file is not told every time. */
const SLICE_REST_MS = 3;

export interface TreeWatcherOptions {
  readonly place: Place;
  readonly logger: Logger;
  readonly openBackend: (events: WatchEvents) => Promise<WatchBackend>;
}

/**
 * Watches a tree and says what changes in it.
 *
 * What a back end tells is only a hint. Work waits in the bounded queues of the agenda until the
 * reader of `messages` asks for more; a reader that is too slow gets listings instead of single
 * names, and in the end `lost` and a walk over everything.
 */
export class TreeWatcher {
  /** For a walk of somebody else, so that the two know of each other. */
  readonly hooks: Required<WalkHooks>;
  readonly #place: Place;
  readonly #pace: Pace;
  readonly #agenda: Agenda;
  readonly #cover: Cover;
  readonly #heal: Heal;
  readonly #reopened: Reopened;
  readonly #visits: Visits;
  #hasSettled = false;
  #isClosed = false;

  constructor({ place, logger, openBackend }: TreeWatcherOptions) {
    const { clock } = place;
    const agenda: Agenda = new Agenda(place, {
      get isForgetful() {
        return cover.isForgetful;
      },
      disarm: (directory) => {
        cover.disarm(directory);
      },
    });
    const cover: Cover = new Cover({
      clock,
      logger,
      openBackend,
      events: agenda.handlers,
      onLost: (reason) => {
        agenda.losses.announce(reason);
        agenda.latch.set();
      },
    });
    this.#place = place;
    this.#pace = new Pace(clock);
    this.#agenda = agenda;
    this.#cover = cover;
    const hooks: Required<WalkHooks> = {
      enter: async (path) => {
        await cover.arm(path);
      },
      unfinished: (path, stamp) => {
        agenda.revisit(path, stamp);
      },
      visited: (path, visit) => {
        agenda.visited(path, visit);
      },
      sawFile: (path, attributes) => {
        agenda.sawFile(path, attributes);
      },
    };
    this.#heal = new Heal(place, agenda, hooks);
    this.#reopened = new Reopened(place, agenda.lately, hooks);
    this.#visits = new Visits(place, agenda, cover, this.#reopened);
    this.hooks = {
      ...hooks,
      enter: (path) => this.#enter(path),
      // Our own visit deletes it, once what is below is walked too.
      visited: (path, visit) => {
        if (visit.closed) agenda.retry(path);
      },
    };
  }

  /** Resolves once every directory is watched, as far as the system allows. */
  async start(signal: AbortSignal): Promise<void> {
    const ended = this.beginWalk();
    try {
      await this.#cover.open();
      await armTree(this.#place, this.#cover, signal);
    } finally {
      ended();
    }
  }

  /**
   * Somebody begins a walk. Returns what is to be called at its end. A directory that is renamed
   * meanwhile is listed under its new name, because the walk may not meet it.
   */
  beginWalk(): () => void {
    return this.#agenda.lately.beginWalk();
  }

  /** Somebody asks for a path: what was there and was renamed is to be listed where it is now. */
  follow(path: string): void {
    if (!isValidPath(path)) return;
    const { looker, root } = this.#place;
    if (looker.lookAt(root.systemPath(path)).state === "absent") this.#agenda.follow(path);
  }

  status(): SourceStatus {
    const { postponed } = this.#cover;
    return {
      ...this.#cover.status(),
      ...this.#agenda.status(),
      dirtyDirectories: this.#agenda.directories + this.#reopened.size + postponed,
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
      this.#agenda.latch.set();
    };
    signal.addEventListener("abort", wake, { once: true });
    try {
      while (!signal.aborted && !this.#isClosed) {
        yield* this.#step(signal);
        await this.#rest(signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (hasCode(error, "SOURCE_UNAVAILABLE")) yield* rootLost(error, this.#now());
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
    this.#agenda.latch.set();
    await this.#cover.close();
  }

  /** A little of everything that is to be done: names first, they are what people wait for. */
  async *#step(signal: AbortSignal): AsyncGenerator<Message> {
    const now = this.#now();
    if (await this.#cover.reopen(now)) this.#agenda.lose("watcher died");
    const lost = this.#agenda.losses.take(now);
    if (lost !== undefined) yield lost;
    const settled = settleSome(this.#place, this.#agenda, this.#cover);
    this.#hasSettled ||= settled.length > 0;
    yield* settled;
    yield* this.#checkRoot(now);
    yield* this.#visits.step(now);
    const reopened = await this.#reopened.step(signal);
    if (reopened !== undefined) yield reopened;
    const healing = await this.#heal.step(now, signal);
    if (healing !== undefined) yield healing;
  }

  /** Until there is something to do. Gives the events of the back end a turn in any case. */
  async #rest(signal: AbortSignal): Promise<void> {
    await this.#pace.rest();
    const isBusy = this.#agenda.isUrgent || this.#reopened.size > 0;
    if (isBusy || this.#isClosed || signal.aborted) return;
    const { clock } = this.#place;
    if (this.#hasSettled) {
      this.#hasSettled = false;
      await clock.sleep(SLICE_REST_MS);
    }
    const nextAt = Math.min(
      this.#agenda.nextAt(),
      this.#cover.nextAt(),
      this.#heal.nextAt() ?? Infinity,
    );
    const ms = nextAt - clock.now();
    if (ms > 0) await this.#agenda.latch.wait(clock, ms);
  }

  /** Watches a directory before someone else lists it. */
  async #enter(path: string): Promise<void> {
    if ((await this.#cover.arm(path)) !== "armed") return;
    // That listing may never arrive: ours follows in any case.
    this.#agenda.revisits.addNow(path, this.#now());
    this.#agenda.latch.set();
  }

  /** The root is watched by nothing above it. */
  *#checkRoot(now: number): Generator<Message> {
    const errno = this.#agenda.rootWatch.check(now);
    if (errno === undefined || this.#agenda.closed.has("/")) return;
    this.#agenda.closed.add("/", now);
    yield unreadableRoot(errno, now);
  }

  #now(): number {
    return this.#place.clock.now();
  }
}
