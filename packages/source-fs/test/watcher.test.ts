import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLogger, type Message } from "@fustor/core";
import { createSystemClock } from "@fustor/core/host";
import { createScope, isBelow } from "@fustor/schema-fs";
import { until } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { NodeLooker } from "../src/node-looker.js";
import { Root } from "../src/root.js";
import type { ArmResult, WatchBackend, WatchEvents } from "../src/watch/backend.js";
import { TreeWatcher } from "../src/watch/watcher.js";
import { makeFolder, Model } from "./disk.js";

describe("the watcher", () => {
  it("says that events were lost and lists everything again", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a/b"), { recursive: true });
    await using told = await tell(folder.path);
    await writeFile(join(folder.path, "a/b/unseen"), "");
    told.backend.events.overflow("queue overflow");
    await until(() => told.model.facts.has("/a/b/unseen"));
    const lost = told.model.messages.find(({ kind }) => kind === "lost");
    expect(lost).toMatchObject({ scope: "/", reason: "queue overflow" });
    await until(() => told.watcher.status()["heals"] === 1);
    const completed = told.model.messages.flatMap((message) =>
      message.kind === "listing" && message.complete ? [message.scope] : [],
    );
    expect(new Set(completed)).toEqual(new Set(["/", "/a", "/a/b"]));
    expect(told.model.messages.filter(({ source }) => source === "snapshot")).toEqual([]);
  });

  it("makes good for many overflows with one walk", async () => {
    await using folder = await makeFolder();
    await using told = await tell(folder.path);
    for (let i = 0; i < 50; i += 1) told.backend.events.overflow("queue overflow");
    await until(() => told.watcher.status()["heals"] === 1);
    expect(told.watcher.status()).toMatchObject({ overflows: 50, heals: 1 });
    expect(told.model.messages.filter(({ kind }) => kind === "lost")).toHaveLength(1);
  });

  it("opens a back end that died again, and arms everything", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a"));
    await using told = await tell(folder.path);
    const dead = told.backend;
    dead.events.dead(new Error("gone"));
    await until(() => told.backend !== dead && told.watcher.status()["heals"] === 1);
    expect([...told.backend.armed].sort()).toEqual(["/", "/a"]);
    expect(dead.closed).toBe(true);
    await writeFile(join(folder.path, "a/f"), "");
    told.backend.events.dirty("/a", "f", "appeared");
    await until(() => told.model.facts.has("/a/f"));
  });

  it("hears nothing more from a back end that died", async () => {
    await using folder = await makeFolder();
    await using told = await tell(folder.path);
    const dead = told.backend;
    dead.events.dead(new Error("gone"));
    dead.events.overflow("queue overflow");
    expect(told.watcher.status()["overflows"]).toBe(0);
  });

  it("counts directories that cannot be watched and says that something may be missed", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a"));
    await mkdir(join(folder.path, "b"));
    await using told = await tell(folder.path, {
      arm: (path) => (path === "/b" ? "full" : undefined),
    });
    expect(told.watcher.status()).toMatchObject({ watches: 2, unwatched: 1 });
    await until(() => told.model.messages.some(({ kind }) => kind === "lost"));
    await mkdir(join(folder.path, "b/new"));
    told.backend.events.dirty("/", "b", "touched");
    await until(() => told.model.facts.has("/b"));
  });

  it("watches a directory that was too busy to be watched, soon after", async () => {
    await using folder = await makeFolder();
    let refusals = 5;
    const arm = (path: string) => (path === "/new" && refusals-- > 0 ? "busy" : undefined);
    await using told = await tell(folder.path, { arm });
    await mkdir(join(folder.path, "new"));
    told.backend.events.dirty("/", "new", "appeared");
    await until(() => told.model.facts.has("/new"));
    await writeFile(join(folder.path, "new/f"), "");
    await until(() => told.backend.armed.has("/new"));
    await until(() => told.model.facts.has("/new/f"));
    expect(told.watcher.status()).toMatchObject({ unwatched: 0 });
    expect(told.model.messages.filter(({ kind }) => kind === "lost")).toEqual([]);
  });

  it("watches another directory that took the place of one", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a/b"), { recursive: true });
    await using told = await tell(folder.path);
    told.backend.strangers.add("/a");
    await writeFile(join(folder.path, "a/b/unseen"), "");
    told.backend.events.dirty("/", "a", "touched");
    await until(() => told.model.facts.has("/a/b/unseen"));
    expect([...told.backend.armed].sort()).toEqual(["/", "/a", "/a/b"]);
  });

  it("looks at a name once, however often it is told", async () => {
    await using folder = await makeFolder();
    await using told = await tell(folder.path);
    await writeFile(join(folder.path, "f"), "x");
    for (let i = 0; i < 1000; i += 1) told.backend.events.dirty("/", "f", "written");
    await until(() => told.model.facts.has("/f"));
    expect(told.model.messages.filter(({ kind }) => kind === "change")).toHaveLength(1);
  });

  it.each([
    ["closed", ["written", "closed"], ["/f"]],
    ["closed and then chmod-ed", ["closed", "touched"], ["/f"]],
    ["still written", ["closed", "written"], undefined],
    ["moved here", ["appeared"], undefined],
  ] as const)(
    "calls a file settled when its writer has closed it: %s",
    async (_, hints, settled) => {
      await using folder = await makeFolder();
      await using told = await tell(folder.path);
      await writeFile(join(folder.path, "f"), "x");
      for (const hint of hints) told.backend.events.dirty("/", "f", hint);
      await until(() => told.model.facts.has("/f"));
      const change = told.model.messages.find((message) => message.kind === "change");
      expect(change?.settled).toEqual(settled);
    },
  );

  it("tells a directory's own times when a name comes or goes in it", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a"));
    await using told = await tell(folder.path);
    await writeFile(join(folder.path, "a/f"), "x");
    told.backend.events.dirty("/a", "f", "appeared");
    await until(() => told.model.facts.has("/a/f"));
    expect(told.model.facts.has("/a")).toBe(true);
  });

  it("visits a directory that it was told to visit until it is seen at rest", async () => {
    await using folder = await makeFolder();
    await using told = await tell(folder.path);
    await mkdir(join(folder.path, "new"));
    told.backend.events.dirty("/", "new", "appeared");
    const visits = () =>
      told.model.messages.filter((m) => m.kind === "listing" && m.scope === "/new");
    await until(() => visits().some((m) => m.kind === "listing" && m.complete));
    expect(visits().every(({ source }) => source === "on_demand")).toBe(true);
  });

  it("drops what it was told of a directory that is not watched any more", async () => {
    await using folder = await makeFolder();
    await mkdir(join(folder.path, "a"));
    await using told = await tell(folder.path);
    await rm(join(folder.path, "a"), { recursive: true });
    told.backend.events.dirty("/a", "f", "gone");
    told.backend.disarm("/a");
    told.backend.events.dirty("/", "a", "gone");
    await until(() => told.model.messages.length > 0);
    const deletes = told.model.messages.flatMap((m) => (m.kind === "change" ? m.deletes : []));
    expect(deletes).toEqual(["/a"]);
  });
});

/** A back end that tells what a test wants it to. */
class ToldBackend implements WatchBackend {
  readonly name = "inotify";
  readonly forgetful = false;
  readonly watchesMax = 0;
  readonly armed = new Set<string>();
  closed = false;
  readonly events: WatchEvents;
  /** Armed paths at which another directory stands now. */
  readonly strangers = new Set<string>();
  readonly #arm: (path: string) => ArmResult | undefined;

  constructor(events: WatchEvents, arm: (path: string) => ArmResult | undefined) {
    this.events = events;
    this.#arm = arm;
  }

  get watches(): number {
    return this.armed.size;
  }

  isArmed(directory: string, ino?: number | string): boolean {
    return this.armed.has(directory) && (ino === undefined || !this.strangers.has(directory));
  }

  async arm(directory: string): Promise<ArmResult> {
    const result = this.#arm(directory);
    if (result !== undefined) return result;
    if (this.strangers.delete(directory)) this.disarm(directory);
    if (this.armed.has(directory)) return "already";
    this.armed.add(directory);
    return "armed";
  }

  disarm(directory: string): void {
    for (const path of this.armed) {
      if (path === directory || isBelow(path, directory)) this.armed.delete(path);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

interface Told {
  readonly watcher: TreeWatcher;
  readonly model: Model;
  /** The one that is in use. */
  readonly backend: ToldBackend;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Watches a folder through a back end in the test's hands. */
async function tell(
  path: string,
  { arm = () => undefined }: { arm?: (path: string) => ArmResult | undefined } = {},
): Promise<Told> {
  const backends: ToldBackend[] = [];
  const stop = new AbortController();
  const model = new Model();
  const watcher = new TreeWatcher({
    place: {
      looker: new NodeLooker(),
      root: new Root(path, new NodeLooker()),
      scope: createScope({ filePattern: "*", exclude: [] }),
      clock: createSystemClock(),
    },
    logger: silentLogger,
    openBackend: async (events) => {
      const backend = new ToldBackend(events, arm);
      backends.push(backend);
      return backend;
    },
  });
  await watcher.start(stop.signal);
  const ended = read(watcher.messages(stop.signal), model);
  return {
    watcher,
    model,
    get backend() {
      const backend = backends.at(-1);
      if (backend === undefined) throw new Error("No back end was opened.");
      return backend;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}

async function read(messages: AsyncIterable<Message>, model: Model): Promise<void> {
  for await (const message of messages) model.add(message);
}
