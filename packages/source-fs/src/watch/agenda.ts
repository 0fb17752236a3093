import type { SourceStatus } from "@fustor/core";
import { baseName, joinPath, parentPath, type FsAttributes } from "@fustor/schema-fs";
import type { Place, Visit } from "../listing.js";
import type { Stamp } from "../stamp.js";
import type { Rename, WatchEvents } from "./backend.js";
import { Closed } from "./closed.js";
import { DirtyNames } from "./dirty-names.js";
import { HardLinks } from "./hard-links.js";
import { Lately } from "./lately.js";
import { Latch } from "./latch.js";
import { Losses } from "./losses.js";
import { Moves } from "./moves.js";
import { Quiet } from "./quiet.js";
import { renamed } from "./renamed.js";
import { Revisits } from "./revisits.js";
import { RootWatch } from "./root-watch.js";

/** New directories waiting to be listed. */
const FRESH_MAX = 100_000;

/** What the agenda needs to know of the back end, or to ask of it. */
export interface Watching {
  /** True while it may be silent about something that happens in a directory. */
  readonly isForgetful: boolean;
  disarm(directory: string): void;
}

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
  readonly lately: Lately;
  readonly moves: Moves;
  readonly #watching: Watching;
  readonly #place: Place;
  /** New directories, the deepest last: to be armed, then listed. */
  #fresh: string[] = [];
  #overflows = 0;

  constructor(place: Place, watching: Watching) {
    const { root, clock } = place;
    this.#place = place;
    this.#watching = watching;
    this.lately = new Lately(clock);
    this.moves = new Moves((directory) => {
      watching.disarm(directory);
    });
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

  /** What a back end is to tell. */
  get handlers(): Omit<WatchEvents, "dead"> {
    return {
      dirty: (directory, name, hint) => {
        this.dirty.add(directory, name, hint);
        const isOther = hint === "appeared" || hint === "gone";
        if (isOther && this.moves.size > 0) this.moves.delete(joinPath(directory, name));
        if (this.#watching.isForgetful) this.quiet.touch(directory, this.#now());
        this.latch.set();
      },
      moved: (rename) => {
        this.#rename(rename);
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

  /** Where what was at a path is now, if it was renamed: that is to be armed and listed. */
  follow(path: string): void {
    const now = this.moves.follow(path);
    if (now === path) return;
    this.#watching.disarm(now);
    this.addFresh(now);
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

  /** Both names are dirty; a directory that is watched goes along with all that waits below it. */
  #rename(rename: Rename): void {
    const { from, to, isDirectory } = rename;
    const wasClosed = this.dirty.isClosed(parentPath(from), baseName(from));
    this.dirty.add(parentPath(from), baseName(from), "gone");
    this.dirty.add(parentPath(to), baseName(to), "appeared");
    if (wasClosed) this.dirty.add(parentPath(to), baseName(to), "closed");
    const { scope } = this.#place;
    const isReported =
      !isDirectory || (scope.admits(to, true) && scope.isSameBelow?.(from, to) === true);
    if (isDirectory && !(rename.isArmed && isReported && this.#takeAlong(rename))) {
      this.#watching.disarm(to);
    }
    if (isReported) this.moves.add({ from, to, isDirectory });
    else this.moves.delete(to);
  }

  /** False when more would have to be looked at below than is known. */
  #takeAlong(rename: Rename): boolean {
    const again = this.lately.after(rename);
    if (again === undefined || this.closed.hasBelow(rename.from)) return false;
    const fresh = this.#fresh.map((path) => renamed(path, rename) ?? path);
    this.dirty.rename(rename);
    this.links.rename(rename);
    this.revisits.rename(rename, this.#now());
    this.#fresh = fresh;
    this.touch(again.names);
    for (const directory of again.directories) this.revisits.addNow(directory, this.#now());
    return true;
  }

  #now(): number {
    return this.#place.clock.now();
  }
}
