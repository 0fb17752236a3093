import { lstatSync } from "node:fs";
import type { Options } from "@parcel/watcher";
import type { Clock } from "@fustor/core";
import { joinPath } from "@fustor/schema-fs";
import type { Root } from "../root.js";
import type { ArmResult, WatchBackend, WatchEvents } from "./backend.js";
import { ParcelProcess } from "./parcel-process.js";
import { PathTree } from "./path-tree.js";

/**
 * parcel swallows the kernel's overflow. The kernel's queue holds 16,384 events and one file causes
 * several: so many different files told at once mean that it may have been full.
 */
const BURST_EVENTS = 4096;
/** Reports closer together than this belong to one burst. */
const BURST_GAP_MS = 100;
/** Under load parcel reports every half second; a longer silence means that it was held up. */
const SILENCE_MS = 700;
const LOAD_EVENTS = 1000;
/** While a subscription is made, parcel reads no events. */
const SUBSCRIBE_MS = 300;
/** A directory that changes while parcel reads it is refused; it is offered again so often. */
const TRIES = 5;

interface Armed {
  readonly directory: string;
  /** Tells the directory from another one that takes its place. */
  readonly identity: string;
  readonly id: number;
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
  readonly #armed = new PathTree<Armed>();
  /** Which directory a subscription is for. */
  readonly #directories = new Map<number, string>();
  /** Subscriptions being given up: a new one for the same path has to wait. */
  readonly #leaving = new Map<string, { readonly id: number; readonly left: Promise<void> }>();
  #burst = { events: 0, lastAt: -Infinity, told: false };
  #closed = false;

  constructor(root: Root, clock: Clock, events: WatchEvents) {
    this.#root = root;
    this.#clock = clock;
    this.#events = events;
    this.#parcel = new ParcelProcess({
      onEvents: (id, told) => {
        this.#count(told.length / 2);
        const directory = this.#directories.get(id);
        if (directory !== undefined) this.#handle(directory, told);
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

  isArmed(directory: string): boolean {
    return this.#armed.get(directory) !== undefined;
  }

  async arm(directory: string): Promise<ArmResult> {
    if (this.isArmed(directory)) return "already";
    await this.#left(directory);
    const path = this.#root.systemPath(directory);
    if (typeof path !== "string") return "full"; // parcel knows no bytes
    const startedAt = this.#clock.now();
    for (let attempt = 1; ; attempt += 1) {
      const identity = this.#identify(directory);
      if (identity === undefined || this.#closed) return "gone";
      try {
        const id = await this.#parcel.subscribe(path, options());
        if (this.isArmed(directory)) {
          await this.#parcel.unsubscribe(id);
          return "already";
        }
        this.#armed.set(directory, { directory, identity, id });
        this.#directories.set(id, directory);
        this.#suspectDelay(startedAt);
        return "armed";
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message.includes("Permission denied")) return "full";
        if (message.includes("No space left") || attempt === TRIES) return "full";
      }
    }
  }

  disarm(directory: string): void {
    for (const armed of this.#armed.cut(directory)) this.#leave(armed);
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

  #handleSelf(directory: string, type: string): void {
    if (type === "delete") this.#lose(directory);
    else if (directory === "/") this.#events.dirty("/", "", "touched");
  }

  /**
   * A sub-directory that was moved away, or removed and made again, is watched no more. parcel says
   * `update` for what went and came back between two callbacks.
   */
  #checkChild(path: string, type: string): void {
    const armed = this.#armed.get(path);
    if (armed === undefined) return;
    if (type !== "update" || this.#identify(path) !== armed.identity) {
      this.disarm(path);
      return;
    }
    this.#armed.delete(path);
    this.#leave(armed);
  }

  #lose(directory: string): void {
    this.disarm(directory);
    this.#events.gone(directory);
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
    this.#parcel.hurry(leaving.id);
    await leaving.left;
  }

  #leave({ directory, id }: Armed): void {
    this.#directories.delete(id);
    const left = this.#parcel.unsubscribe(id).then(() => {
      if (this.#leaving.get(directory)?.id === id) this.#leaving.delete(directory);
    });
    this.#leaving.set(directory, { id, left });
  }

  #count(events: number): void {
    const now = this.#clock.now();
    const silence = now - this.#burst.lastAt;
    const wasLoaded = this.#burst.events >= LOAD_EVENTS;
    if (silence > BURST_GAP_MS) this.#burst = { events: 0, lastAt: now, told: false };
    this.#burst.lastAt = now;
    this.#burst.events += events;
    if (this.#burst.told) return;
    const isFull = this.#burst.events >= BURST_EVENTS;
    const wasHeldUp = wasLoaded && silence > SILENCE_MS && this.#burst.events >= LOAD_EVENTS;
    if (!isFull && !wasHeldUp) return;
    this.#burst.told = true;
    this.#events.overflow(isFull ? "parcel told very many events at once" : "parcel was held up");
  }

  #suspectDelay(startedAt: number): void {
    const now = this.#clock.now();
    const isBusy = this.#burst.lastAt > startedAt - SILENCE_MS && this.#burst.events >= LOAD_EVENTS;
    if (isBusy && now - startedAt > SUBSCRIBE_MS) {
      this.#events.overflow("parcel was held up by a subscription");
    }
  }
}

/** Whatever is deeper than a directory's own entries has a subscription of its own. */
function options(): Options {
  const ignore = [/\//];
  return process.platform === "linux" ? { ignore, backend: "inotify" } : { ignore };
}
