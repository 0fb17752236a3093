import { lstatSync, readdirSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Message, SourceDriver } from "@fustor/core";
import { createSystemClock, parseConfig } from "@fustor/core/host";
import { decodeName, encodeName, isBelow, joinPath } from "@fustor/schema-fs";
import { testContext, until } from "@fustor/testkit";
import fs from "../src/index.js";

/** A folder of its own for a test, gone when the test is over. */
export async function makeFolder(): Promise<{
  path: string;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "fustor-source-fs-")));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A source on `uri`, with the system's clock. */
export async function openSource(
  uri: string,
  driverParams: object = {},
  home = "/nonexistent",
  clock: Clock = createSystemClock(),
): Promise<SourceDriver> {
  const config = parseConfig("source", fs.configSchema, { uri, driver_params: driverParams });
  return fs.create(config, testContext({ clock, home }));
}

/** The system's clock, which a test may put forward. */
export class HastyClock implements Clock {
  readonly #clock = createSystemClock();
  #ahead = 0;

  now(): number {
    return this.#clock.now() + this.#ahead;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  putForward(ms: number): void {
    this.#ahead += ms;
  }
}

/** `path` -> type, size and times, as far as a picture shows them. */
export type Facts = Map<string, string>;

/** What stands in messages, by the simplest rules there are. */
export class Model {
  readonly facts: Facts = new Map();
  readonly messages: Message[] = [];
  readonly #listed = new Map<string, Set<string>>();
  readonly #onStranger: (directory: string) => void;

  /** `onStranger` hears of directories that came by a rename and of which nothing is known. */
  constructor(onStranger: (directory: string) => void = () => undefined) {
    this.#onStranger = onStranger;
  }

  add(message: Message): void {
    this.messages.push(message);
    if (message.kind === "change") {
      const rows = new Map(message.upserts.rows.map(([path, ...values]) => [path, values]));
      for (const [from, to] of message.moves ?? []) this.#move(from, to, rows.get(to) ?? []);
      for (const [path, ...values] of message.upserts.rows) this.#set(String(path), values);
      for (const path of message.deletes) this.#delete(path);
    }
    if (message.kind !== "listing") return;
    const { scope, entries, self, complete, part, last } = message;
    if (self !== undefined) this.#set(scope, self.slice(1));
    const names = part === 0 ? new Set<string>() : (this.#listed.get(scope) ?? new Set());
    this.#listed.set(scope, names);
    for (const [name, ...values] of entries.rows) {
      const path = joinPath(scope, String(name));
      names.add(path);
      this.#set(path, values);
    }
    if (last) this.#listed.delete(scope);
    if (!last || !complete) return;
    for (const path of [...this.facts.keys()]) {
      if (!isBelow(path, scope) || names.has(path)) continue;
      if (parentOf(path) === scope) this.#delete(path);
    }
  }

  #set(path: string, values: readonly unknown[]): void {
    const [type] = values;
    if (type !== "d") this.#deleteBelow(path);
    // type, size, mtime and its nanoseconds, mode, ino
    this.facts.set(path, [0, 1, 2, 3, 6, 9].map((i) => String(values[i])).join(" "));
  }

  /** What has the inode of the row goes along with all below it; else the old name is only gone. */
  #move(from: string, to: string, values: readonly unknown[]): void {
    const known = this.facts.get(from)?.split(" ");
    const isThat = known?.at(0) === String(values[0]) && known.at(-1) === String(values[9]);
    const along = isThat ? [...this.facts].filter(([path]) => isBelow(path, from)) : [];
    this.#delete(from);
    if (isThat) this.#delete(to);
    for (const [path, fact] of along) this.facts.set(to + path.slice(from.length), fact);
    if (!isThat && values[0] === "d") this.#onStranger(to);
  }

  #delete(path: string): void {
    this.facts.delete(path);
    this.#deleteBelow(path);
  }

  #deleteBelow(path: string): void {
    for (const other of [...this.facts.keys()]) {
      if (isBelow(other, path)) this.facts.delete(other);
    }
  }
}

/** The same of what is on the disk. `admits` says what should be reported. */
export function readDisk(root: string, admits: (path: string) => boolean = () => true): Facts {
  const facts: Facts = new Map();
  const visit = (path: string) => {
    const system = encodeName(root + path);
    const s = lstatSync(system, { bigint: true });
    const type = s.isDirectory() ? "d" : s.isSymbolicLink() ? "l" : s.isFIFO() ? "p" : "f";
    const seconds = s.mtimeNs / 1_000_000_000n;
    const values = [type, s.size, seconds, s.mtimeNs % 1_000_000_000n, s.mode & 0o7777n, s.ino];
    facts.set(path, values.map(String).join(" "));
    if (!s.isDirectory()) return;
    for (const name of readdirSync(system, "buffer")) {
      const child = joinPath(path, decodeName(name));
      if (admits(child)) visit(child);
    }
  };
  visit("/");
  return facts;
}

/** Where two sets of facts differ; empty when they are equal. */
export function differences(seen: Facts, real: Facts): string[] {
  const lines: string[] = [];
  for (const [path, fact] of real) {
    const told = seen.get(path);
    if (told !== fact) lines.push(`${path}: ${told ?? "missing"} instead of ${fact}`);
  }
  for (const path of seen.keys()) if (!real.has(path)) lines.push(`${path}: is not there`);
  return lines;
}

/** A source that is watched, and what it says. */
export interface Watched {
  readonly source: SourceDriver;
  readonly model: Model;
  /** Resolves once the model shows what is on the disk. */
  agrees(admits?: (path: string) => boolean): Promise<void>;
  /** How the stream ended, once it has. */
  readonly ended: Promise<unknown>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Watches `root` and takes a snapshot of it. */
export async function follow(root: string, source: SourceDriver): Promise<Watched> {
  const stop = new AbortController();
  const scans = new Map<string, Promise<void>>();
  const model = new Model((scope) => {
    const before = scans.get(scope);
    const scan = async () => {
      await before;
      const request = { scope, recursive: true };
      for await (const message of source.scan?.(request, stop.signal) ?? []) model.add(message);
    };
    scans.set(
      scope,
      scan().catch(() => undefined),
    );
  });
  await source.describe(stop.signal);
  const stream = await source.watch(stop.signal);
  const read = async () => {
    for await (const message of stream) model.add(message);
  };
  const ended = read().catch((error: unknown) => error);
  for await (const message of source.snapshot(stop.signal)) model.add(message);
  return {
    source,
    model,
    ended,
    agrees: async (admits) => {
      let left: string[] = [];
      const same = () => {
        left = differences(model.facts, readDisk(root, admits));
        return left.length === 0;
      };
      await until(same, { ceilingMs: 15_000 }).catch(() => {
        throw new Error(`The model differs from the disk:\n${left.slice(0, 20).join("\n")}`);
      });
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
      await Promise.all(scans.values());
      await source.close();
    },
  };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
