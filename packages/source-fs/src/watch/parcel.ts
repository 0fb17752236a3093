import { lstatSync } from "node:fs";
import type { Options } from "@parcel/watcher";
import type { Clock } from "@fustor/core";
import { joinPath, type FsAttributes } from "@fustor/schema-fs";
import { closedBy } from "../look.js";
import type { Root } from "../root.js";
import type { ArmResult, WatchBackend, WatchEvents } from "./backend.js";
import { ParcelLoad } from "./parcel-load.js";
import { ParcelProcess } from "./parcel-process.js";
import { PathTree } from "./path-tree.js";
import { hasBelow } from "./renamed.js";

/** A directory that changes while parcel reads it is refused; it is offered again so often at once. */
const TRIES = 3;
/** What the system says when it allows no more watches or open files. */
const QUOTA = /No space left|Too many open files|Cannot allocate memory/;

interface Armed {
  readonly directory: string;
  /** Tells the directory from another one that takes its place. */
  readonly identity: string;
  readonly id: number;
}

interface Arming {
  readonly directory: string;
  isDoubtful: boolean;
}

/** Subscriptions for one path that are being given up. */
interface Leaving {
  readonly ids: readonly number[];
  readonly left: Promise<void>;
}

/**
 * The `@parcel/watcher` library, held to single directories: watching whole trees it goes blind for
 * new and renamed directories.
 */
export class ParcelBackend implements WatchBackend {
  readonly name = "parcel";
  readonly forgetful = true;
  readonly watchesMax = 0;
  readonly #parcel: ParcelProcess;
  readonly #root: Root;
  readonly #clock: Clock;
  readonly #events: WatchEvents;
  readonly #load: ParcelLoad;
  readonly #armed = new PathTree<Armed>();
  /** Which directory a subscription is for. */
  readonly #directories = new Map<number, string>();
  /** Subscriptions being given up: a new one for the same path has to wait. */
  readonly #leaving = new Map<string, Leaving>();
  /** Subscriptions asked for, that may be of another directory when something was told of theirs. */
  readonly #arming = new Set<Arming>();
  #closed = false;

  constructor(root: Root, clock: Clock, events: WatchEvents) {
    this.#root = root;
    this.#clock = clock;
    this.#events = events;
    this.#load = new ParcelLoad(clock, (reason) => {
      events.overflow(reason);
    });
    this.#parcel = new ParcelProcess({
      onEvents: (id, told) => {
        this.#load.count(told.length / 2);
        const directory = this.#directories.get(id);
        if (directory !== undefined) this.#handle(directory, told);
        else this.#handleEarly(told);
      },
      onBroken: (id) => {
        const directory = this.#directories.get(id);
        if (directory !== undefined) this.#lose(directory);
      },
      onDropped: () => {
        events.overflow("parcel told more than could be heard");
      },
      onDeath: (error) => {
        events.dead(error);
      },
    });
  }

  get watches(): number {
    return this.#armed.size;
  }

  isArmed(directory: string, ino?: FsAttributes["ino"]): boolean {
    const armed = this.#armed.get(directory);
    return (
      armed !== undefined && (ino === undefined || armed.identity.startsWith(`${String(ino)}:`))
    );
  }

  async arm(directory: string): Promise<ArmResult> {
    const path = this.#root.systemPath(directory);
    if (typeof path !== "string") return "full"; // parcel knows no bytes
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const identity = this.#identify(directory);
      if (identity === undefined || this.#closed) return "gone";
      if (this.#isArmedAs(directory, identity)) return "already";
      // Another directory stands here now than the one that was armed.
      this.disarm(directory);
      await this.#left(directory);
      const startedAt = this.#clock.now();
      const arming: Arming = { directory, isDoubtful: false };
      this.#arming.add(arming);
      try {
        const id = await this.#parcel.subscribe(path, OPTIONS);
        // Somebody else may have armed it meanwhile, or it was replaced, perhaps for a moment.
        const isOther = arming.isDoubtful || this.#identify(directory) !== identity;
        if (this.isArmed(directory) || isOther) {
          this.#leave(directory, id);
          continue;
        }
        this.#armed.set(directory, { directory, identity, id });
        this.#directories.set(id, directory);
        this.#load.subscribed(startedAt);
        return "armed";
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (QUOTA.test(message)) return "full";
        // What parcel says of a directory that it must not read has nothing to do with that.
        if (closedBy(path) !== undefined) return "refused";
      } finally {
        this.#arming.delete(arming);
      }
    }
    return "busy";
  }

  disarm(directory: string): void {
    this.#doubt(directory);
    for (const { directory: at, id } of this.#armed.cut(directory)) this.#leave(at, id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#parcel.close();
  }

  #handle(directory: string, events: readonly string[]): void {
    // Created and removed between two callbacks: no event is left, but something happened.
    if (events.length === 0) this.#events.dirtyWhole(directory);
    const prefix = joinPath(directory, "");
    for (let i = 0; i < events.length; i += 2) {
      const path = events[i] ?? "";
      const type = events[i + 1] ?? "";
      const relative = path.slice(this.#root.base.length) || "/";
      if (relative === directory) {
        this.#handleSelf(directory, type);
        continue;
      }
      const name = relative.slice(prefix.length);
      if (name.includes("\uFFFD")) {
        this.#events.dirtyWhole(directory);
        continue;
      }
      const hint = type === "create" ? "appeared" : type === "delete" ? "gone" : "written";
      this.#checkChild(relative, type);
      this.#events.dirty(directory, name, hint);
    }
  }

  /** Of a subscription that we do not know of yet: what it tells of its own directory ends it. */
  #handleEarly(events: readonly string[]): void {
    for (let i = 0; i < events.length; i += 2) {
      if (events[i + 1] !== "delete") continue;
      this.#doubt((events[i] ?? "").slice(this.#root.base.length) || "/");
    }
  }

  /** What is being armed here and below is to be armed anew. */
  #doubt(directory: string): void {
    for (const arming of this.#arming) {
      if (hasBelow([arming.directory], directory)) arming.isDoubtful = true;
    }
  }

  #handleSelf(directory: string, type: string): void {
    if (type === "delete") this.#lose(directory);
    else if (directory === "/") this.#events.dirty("/", "", "touched");
  }

  /**
   * A sub-directory that was moved away, or removed and made again, is watched no more. parcel says
   * `update` for what went and came back between two callbacks.
   */
  #checkChild(path: string, type: string): void {
    this.#doubt(path);
    const armed = this.#armed.get(path);
    if (armed === undefined) return;
    if (type !== "update" || this.#identify(path) !== armed.identity) {
      this.disarm(path);
      return;
    }
    this.#release(armed);
  }

  #lose(directory: string): void {
    this.disarm(directory);
    this.#events.gone(directory);
  }

  #isArmedAs(directory: string, identity: string): boolean {
    return this.#armed.get(directory)?.identity === identity;
  }

  #identify(directory: string): string | undefined {
    try {
      const stats = lstatSync(this.#root.systemPath(directory), { bigint: true });
      return stats.isDirectory() ? `${String(stats.ino)}:${String(stats.birthtimeNs)}` : undefined;
    } catch {
      return undefined; // gone, or not to be told from another one
    }
  }

  /** Resolves when an earlier subscription for the path is given up. */
  async #left(directory: string): Promise<void> {
    const leaving = this.#leaving.get(directory);
    if (leaving === undefined) return;
    for (const id of leaving.ids) this.#parcel.hurry(id);
    await leaving.left;
  }

  /** Gives up this one directory and nothing below. */
  #release({ directory, id }: Armed): void {
    this.#armed.delete(directory);
    this.#leave(directory, id);
  }

  #leave(directory: string, id: number): void {
    this.#directories.delete(id);
    const earlier = this.#leaving.get(directory);
    const ids = [...(earlier?.ids ?? []), id];
    const left = Promise.all([earlier?.left, this.#parcel.unsubscribe(id)]).then(() => {
      if (this.#leaving.get(directory)?.ids === ids) this.#leaving.delete(directory);
    });
    this.#leaving.set(directory, { ids, left });
  }
}

/** Whatever is deeper than a directory's own entries has a subscription of its own. */
export const OPTIONS: Options = {
  ignore: [/\//],
  ...(process.platform === "linux" ? { backend: "inotify" } : {}),
};
