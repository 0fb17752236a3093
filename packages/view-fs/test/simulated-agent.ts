import type { MessageSource } from "@fustor/core";
import { isBelow, joinPath, type FsAttributes } from "@fustor/schema-fs";
import type { Chance } from "./chance.js";
import type { Agent, Scene } from "./scene.js";
import type { SimulatedDisk } from "./simulated-disk.js";

/** How old a directory's own times must be before a listing of it can be complete. */
const GRANULARITY_MS = 20;

/** Does something at a time, in the order of the times. */
export interface Timeline {
  later(ms: number, act: () => void): void;
}

export interface Host {
  readonly scene: Scene;
  readonly disk: SimulatedDisk;
  readonly chance: Chance;
  readonly timeline: Timeline;
}

/**
 * An agent as source-fs and the pipe make it: events name what is dirty, a later look tells the
 * fact; directories are read name by name while they change; two streams carry messages, each in
 * its order and at its own pace.
 */
export class SimulatedAgent {
  readonly #host: Host;
  readonly #queueMax: number;
  readonly #session: Agent;
  readonly #dirty = new Set<string>();
  readonly #underWay = new Map<string, number>();
  readonly #deliverAt = { realtime: 0, scan: 0 };
  #alive = true;
  #busy = 0;

  constructor(host: Host, session: Agent, queueMax: number) {
    this.#host = host;
    this.#session = session;
    this.#queueMax = queueMax;
    this.#pump();
  }

  /** True while nothing waits to be looked at or to arrive. */
  get isIdle(): boolean {
    return this.#dirty.size === 0 && this.#busy === 0;
  }

  /** True while a change of this name, or of a directory above it, has not arrived yet. */
  isPending(path: string): boolean {
    const isAbove = (other: string): boolean => other === path || isBelow(path, other);
    return [...this.#dirty].some(isAbove) || [...this.#underWay.keys()].some(isAbove);
  }

  /** Returns false when the queue overflowed. */
  hear(paths: readonly string[]): boolean {
    if (!this.#alive) return true;
    for (const path of paths) this.#dirty.add(path);
    if (this.#dirty.size <= this.#queueMax) return true;
    this.#dirty.clear();
    const at = this.#host.disk.now;
    this.#send("realtime", [], () => {
      this.#session.lost("/", at);
    });
    return false;
  }

  kill(): void {
    this.#alive = false;
    this.#session.close();
  }

  /** Walks everything from the root. */
  walk(walk: "snapshot" | "audit", id: string): void {
    const begin = this.#host.disk.now;
    this.#send("scan", [], () => {
      this.#session.mark("begin", begin, { walk, id });
    });
    const rest = ["/"];
    const next = (): void => {
      const path = rest.pop();
      if (path === undefined) {
        const end = this.#host.disk.now;
        this.#send("scan", [], () => {
          this.#session.mark("end", end, { walk, id });
        });
        return;
      }
      this.#list(path, walk, (directories) => {
        rest.push(...directories);
        next();
      });
    };
    next();
  }

  #pump(): void {
    const { disk, chance, timeline } = this.#host;
    if (!this.#alive) return;
    const paths = [...this.#dirty].slice(0, 1 + chance.below(8));
    const upserts: Record<string, FsAttributes> = {};
    const deletes: string[] = [];
    for (const path of paths) {
      this.#dirty.delete(path);
      const found = disk.look(path);
      if (found === undefined) deletes.push(path);
      else upserts[path] = found;
      // A directory may have come with children that no event told of.
      if (found?.type === "d" && path !== "/") this.#listBelow(path);
    }
    const at = disk.now;
    if (paths.length > 0) {
      this.#send("realtime", paths, () => {
        this.#session.change(upserts, deletes, { at });
      });
    }
    timeline.later(1 + chance.below(30), () => {
      this.#pump();
    });
  }

  #listBelow(path: string): void {
    this.#list(path, "on_demand", (directories) => {
      for (const below of directories) this.#listBelow(below);
    });
  }

  /** Reads a directory bit by bit, again until nothing happened to it meanwhile. */
  #list(path: string, source: MessageSource, done: (directories: string[]) => void): void {
    const { disk, chance, timeline } = this.#host;
    this.#busy += 1;
    const at = disk.now;
    const before = disk.look(path);
    const rows: Record<string, FsAttributes> = {};
    let isTorn = false;
    const read = (names: readonly string[]): void => {
      for (const name of names) {
        const found = disk.look(joinPath(path, name));
        if (found === undefined) isTorn = true;
        else rows[name] = found;
      }
    };
    const names = disk.names(path);
    timeline.later(chance.below(20), () => {
      read(names.filter((_, i) => i % 2 === 0));
    });
    timeline.later(20 + chance.below(20), () => {
      read(names.filter((_, i) => i % 2 === 1));
    });
    timeline.later(40, () => {
      this.#busy -= 1;
      const after = disk.look(path);
      if (!this.#alive || after?.type !== "d" || before?.type !== "d") {
        done([]);
        return;
      }
      const changedAt = before.mtime * 1_000 + before.mtimeNsec / 1_000_000;
      const isOld = changedAt < at - GRANULARITY_MS;
      const isSame = before.ino === after.ino && before.mtimeNsec === after.mtimeNsec;
      const complete = isOld && isSame && before.mtime === after.mtime && !isTorn;
      const until = disk.now;
      this.#send(source === "on_demand" ? "realtime" : "scan", [], () => {
        this.#session.listing(path, rows, { at, until, source, complete, self: after });
      });
      if (!complete) {
        this.#list(path, source, done);
        return;
      }
      const directories = Object.keys(rows).filter((name) => rows[name]?.type === "d");
      done(directories.map((name) => joinPath(path, name)));
    });
  }

  #send(stream: "realtime" | "scan", paths: readonly string[], deliver: () => void): void {
    const { disk, chance, timeline } = this.#host;
    const delay = chance.often(0.1) ? chance.below(3_000) : chance.below(50);
    const at = Math.max(disk.now + delay, this.#deliverAt[stream]);
    this.#deliverAt[stream] = at;
    this.#busy += 1;
    for (const path of paths) this.#underWay.set(path, (this.#underWay.get(path) ?? 0) + 1);
    timeline.later(at - disk.now, () => {
      this.#busy -= 1;
      for (const path of paths) {
        const left = (this.#underWay.get(path) ?? 0) - 1;
        if (left > 0) this.#underWay.set(path, left);
        else this.#underWay.delete(path);
      }
      if (!this.#alive) return;
      this.#host.scene.at = disk.now;
      deliver();
    });
  }
}
