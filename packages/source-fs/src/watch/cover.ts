import type { Clock, Logger, SourceStatus } from "@fustor/core";
import type { FsAttributes } from "@fustor/schema-fs";
import type { ArmResult, Rename, WatchBackend, WatchEvents } from "./backend.js";
import { NoBackend } from "./none.js";
import { Postponed } from "./postponed.js";
import { Unwatched } from "./unwatched.js";

/** A back end that died is opened again after this long, doubling. */
const REOPEN_MS = 1000;
const REOPEN_MAX_MS = 60_000;

export interface CoverOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openBackend: (events: WatchEvents) => Promise<WatchBackend>;
  /** Hears the back end that is in use, and only that one. */
  readonly events: Omit<WatchEvents, "dead">;
  /** From now on changes may be missed, in words for `lost`. */
  readonly onLost: (reason: string) => void;
}

/**
 * The directories that are covered: watched by the back end, soon to be, or known as not to be
 * watched and looked at now and then. Replaces a back end that dies.
 */
export class Cover {
  readonly #options: CoverOptions;
  readonly #unwatched = new Unwatched();
  readonly #postponed = new Postponed();
  #backend: WatchBackend = new NoBackend();
  #deaths = 0;
  #reopenAt: number | undefined;
  #closed = false;

  constructor(options: CoverOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    this.#backend = await this.#options.openBackend(this.#listen());
  }

  /** True while the back end needs every directory listed in which something happened. */
  get isForgetful(): boolean {
    return this.#backend.forgetful;
  }

  /** With `ino`, whether it is that very directory that is covered under this path. */
  has(directory: string, ino?: FsAttributes["ino"]): boolean {
    return (
      this.#backend.isArmed(directory, ino) ||
      this.#unwatched.has(directory) ||
      this.#postponed.has(directory)
    );
  }

  async arm(directory: string): Promise<ArmResult> {
    const result = await this.#backend.arm(directory);
    const now = this.#options.clock.now();
    if (result === "busy" && this.#postponed.add(directory, now)) return result;
    this.#postponed.delete(directory);
    if (result !== "full" && result !== "busy") {
      this.#unwatched.delete(directory);
      return result;
    }
    if (this.#unwatched.size === 0) this.#tellUnwatched();
    this.#unwatched.add(directory, now);
    return "full";
  }

  disarm(directory: string): void {
    this.#backend.disarm(directory);
    this.#unwatched.delete(directory);
    this.#postponed.delete(directory);
  }

  /** The next directory to arm again, because it was changing when it should have been. */
  takePostponed(now: number): string | undefined {
    return this.#postponed.take(now);
  }

  /** The next directory to look at because it is not watched; `everything` for all of them. */
  patrol(now: number): { readonly directory: string } | "everything" | undefined {
    const next = this.#unwatched.take(now);
    const isKnown = typeof next !== "object" || this.#unwatched.has(next.directory);
    return isKnown ? next : undefined;
  }

  /**
   * Replaces a back end that died, if it is time. True if so: the new one watches nothing yet, and
   * the whole tree is to be walked.
   */
  async reopen(now: number): Promise<boolean> {
    if (this.#reopenAt === undefined || now < this.#reopenAt) return false;
    this.#reopenAt = undefined;
    await this.#backend.close();
    this.#unwatched.clear();
    this.#postponed.clear();
    await this.open();
    return true;
  }

  /** When `takePostponed`, `patrol` or `reopen` has something to do. */
  nextAt(): number {
    return Math.min(
      this.#postponed.nextAt() ?? Infinity,
      this.#unwatched.nextAt() ?? Infinity,
      this.#reopenAt ?? Infinity,
    );
  }

  /** How many directories wait for `takePostponed`. */
  get postponed(): number {
    return this.#postponed.size;
  }

  status(): SourceStatus {
    const { name, watches, watchesMax } = this.#backend;
    return { backend: name, watches, watchesMax, unwatched: this.#unwatched.size };
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#backend.close();
  }

  #listen(): WatchEvents {
    const { events } = this.#options;
    const deaths = this.#deaths;
    const ours = <T extends unknown[]>(handle: (...values: T) => void) => {
      return (...values: T) => {
        if (!this.#closed && this.#deaths === deaths) handle(...values);
      };
    };
    return {
      dirty: ours(events.dirty),
      moved: ours((rename: Rename) => {
        // What is not watched is not missed either, but only as long as its name is known.
        const isWhole =
          !this.#unwatched.hasBelow(rename.from) && !this.#postponed.hasBelow(rename.from);
        events.moved({ ...rename, isArmed: rename.isArmed && isWhole });
      }),
      dirtyWhole: ours(events.dirtyWhole),
      gone: ours(events.gone),
      overflow: ours(events.overflow),
      dead: ours((error: Error) => {
        this.#die(error);
      }),
    };
  }

  #die(error: Error): void {
    const { clock, logger, onLost } = this.#options;
    this.#reopenAt = clock.now() + Math.min(REOPEN_MS * 2 ** this.#deaths, REOPEN_MAX_MS);
    this.#deaths += 1;
    logger.error({ err: error, backend: this.#backend.name }, "watch back end died");
    onLost("watcher died");
  }

  #tellUnwatched(): void {
    const { logger, onLost } = this.#options;
    logger.warn(this.status(), "some folders cannot be watched and are looked at now and then");
    onLost("not every folder can be watched");
  }
}
