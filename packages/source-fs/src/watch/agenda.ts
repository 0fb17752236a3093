import type { SourceStatus } from "@fustor/core";
import { baseName, parentPath, type FsAttributes } from "@fustor/schema-fs";
import type { Place, Visit } from "../listing.js";
import type { Stamp } from "../stamp.js";
import type { WatchEvents } from "./backend.js";
import { Closed } from "./closed.js";
import { DirtyNames } from "./dirty-names.js";
import { HardLinks } from "./hard-links.js";
import { Latch } from "./latch.js";
import { Losses } from "./losses.js";
import { Quiet } from "./quiet.js";
import { Revisits } from "./revisits.js";
import { RootWatch } from "./root-watch.js";

/** New directories waiting to be listed. */
const FRESH_MAX = 100_000;

/** What there is to look at, in bounded queues; whatever puts something in wakes the watcher. */
export class Agenda {
  readonly latch = new Latch();
  readonly dirty: DirtyNames;
  readonly quiet = new Quiet();
  readonly revisits: Revisits;
  readonly closed = new Closed();
  readonly links = new HardLinks();
  readonly losses = new Losses();
  readonly rootWatch: RootWatch;
  readonly #place: Place;
  /** New directories, the deepest last: to be armed, then listed. */
  #fresh: string[] = [];
  #overflows = 0;

  constructor(place: Place) {
    const { root } = place;
    this.#place = place;
    this.rootWatch = new RootWatch(root);
    this.revisits = new Revisits(root.youthMs);
    this.dirty = new DirtyNames({
      onCrowded: (directory) => {
        this.revisits.addNow(directory, this.#now());
      },
      onFlooded: () => {
        this.lose("too many changes at once");
      },
    });
  }

  /** What a back end is to tell. `isForgetful` says whether it may be silent about something. */
  handlers(isForgetful: () => boolean): Omit<WatchEvents, "dead"> {
    return {
      dirty: (directory, name, hint) => {
        this.dirty.add(directory, name, hint);
        if (isForgetful()) this.quiet.touch(directory, this.#now());
        this.latch.set();
      },
      dirtyWhole: (directory) => {
        this.quiet.touch(directory, this.#now());
        this.latch.set();
      },
      gone: (directory) => {
        this.markGone(directory);
        // Perhaps it is only another one now.
        this.addFresh(directory);
      },
      overflow: (reason) => {
        this.#overflows += 1;
        this.lose(reason);
      },
    };
  }

  /** A directory that is not watched was seen. */
  addFresh(directory: string): void {
    if (this.#fresh.length >= FRESH_MAX) {
      this.#fresh = [];
      this.lose("too many new folders at once");
    } else {
      this.#fresh.push(directory);
      this.latch.set();
    }
  }

  /** Takes the one that was seen last. */
  takeFresh(): string | undefined {
    return this.#fresh.pop();
  }

  /**
   * A directory is gone, so its parent has changed. On a share that is no word of what this host did,
   * which comes as an event on the name: its kernel gives a directory up when it learns that another
   * host removed it. The parent is listed then, and the listing proves what it can.
   */
  markGone(directory: string): void {
    const { root } = this.#place;
    if (directory === "/") this.rootWatch.hasten();
    else if (root.isShared) this.revisits.addNow(parentPath(directory), this.#now());
    else this.dirty.add(parentPath(directory), baseName(directory), "gone");
    this.latch.set();
  }

  /** A listing met a regular file. */
  sawFile(path: string, attributes: FsAttributes): void {
    this.touch(this.links.see(path, attributes));
  }

  /** Something may have happened to the files with these paths. */
  touch(paths: Iterable<string>): void {
    for (const path of paths) {
      this.dirty.add(parentPath(path), baseName(path), "touched");
      this.latch.set();
    }
  }

  /** A walk has listed a directory, or met that it cannot be read. */
  visited(directory: string, { closed }: Visit): void {
    if (closed) this.retry(directory);
    else this.closed.delete(directory); // what is below comes next in the same walk
  }

  /** Lists a directory again that was not seen at rest. */
  revisit(directory: string, stamp: Stamp): void {
    this.revisits.addLater(directory, stamp, 1, this.#now());
    this.latch.set();
  }

  /** Tries a directory again until it can be read, and then walks it with all below. */
  retry(directory: string): void {
    this.closed.add(directory, this.#now());
    this.latch.set();
  }

  /** Events were lost: to be said, and everything walked. */
  lose(reason: string): void {
    this.losses.add(reason, this.#now());
    this.latch.set();
  }

  /** True when something is to be done at once. */
  get isUrgent(): boolean {
    return this.dirty.size > 0 || this.#fresh.length > 0 || this.losses.isUnsaid;
  }

  /** When something is to be done that is not urgent. */
  nextAt(): number {
    return Math.min(
      this.rootWatch.nextAt(),
      this.revisits.nextAt() ?? Infinity,
      this.quiet.nextAt() ?? Infinity,
      this.closed.nextAt() ?? Infinity,
    );
  }

  /** Directories to list, as far as they are known. */
  get directories(): number {
    return this.#fresh.length + this.revisits.size + this.quiet.size;
  }

  status(): SourceStatus {
    return {
      unreadable: this.closed.size,
      dirtyNames: this.dirty.size,
      overflows: this.#overflows,
    };
  }

  #now(): number {
    return this.#place.clock.now();
  }
}
