import type { Readable } from "node:stream";
import type { FsView, OnFsChange } from "@fustor/schema-fs";
import { ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { ChangeFeed, FEED_LIMITS, type FeedLimits } from "../src/feed/change-feed.js";
import { ChangeStreams } from "../src/feed/change-stream.js";
import { parseCursor } from "../src/feed/cursor.js";
import type { LiveView } from "../src/views.js";

/** A view whose only content is that it changes. */
class Changing {
  revision = 0;
  #onChange: OnFsChange | undefined;

  follow(onChange: OnFsChange | undefined): void {
    this.#onChange = onChange;
  }

  get isFollowed(): boolean {
    return this.#onChange !== undefined;
  }

  change(...paths: readonly string[]): void {
    for (const path of paths) {
      this.#onChange?.(path, undefined, { isDirectory: false, attributes: undefined });
    }
    this.revision += 1;
  }
}

function createFeed(limits: Partial<FeedLimits> = {}) {
  const view = new Changing();
  const feed = new ChangeFeed(view as unknown as FsView, { ...FEED_LIMITS, ...limits });
  let at = 0;
  const change = (...paths: readonly string[]): void => {
    at += 1;
    feed.apply({ kind: "tick", at }, () => {
      view.change(...paths);
    });
  };
  const tick = (ms: number): void => {
    at += ms;
    feed.apply({ kind: "tick", at }, () => undefined);
  };
  const shown: Pick<LiveView, "id" | "fs" | "feed"> = {
    id: "v",
    fs: view as unknown as FsView,
    feed,
  };
  const live = shown as LiveView;
  return { view, feed, change, tick, live };
}

const ALL = { scope: "/", limit: 1_000 };

describe("a feed", () => {
  it("listens only once somebody asks, and no more when nobody does for long", () => {
    const { view, feed, change, tick } = createFeed({ idleMs: 1_000 });
    change("/a");
    expect(view.isFollowed).toBe(false);
    const { present } = feed;
    expect(view.isFollowed).toBe(true);
    change("/b");
    expect(feed.read(present, ALL).events.map(({ path }) => path)).toEqual(["/b"]);
    tick(1_001);
    expect(view.isFollowed).toBe(false);
    expect(feed.read(present, ALL).reset).toBe("too old");
  });

  it("stays awake as long as somebody stays", () => {
    const { view, feed, tick } = createFeed({ idleMs: 1_000, readers: 1 });
    const leave = feed.attend();
    expect(feed.attend()).toBeUndefined();
    tick(5_000);
    expect(view.isFollowed).toBe(true);
    leave?.();
    tick(500);
    expect(view.isFollowed).toBe(true);
    tick(600);
    expect(view.isFollowed).toBe(false);
  });

  it("keeps so many events and bytes, and tells who has fallen behind them", () => {
    const { feed, change } = createFeed({ events: 3 });
    const { present } = feed;
    const first = feed.cursorAt(present);
    change("/a", "/b");
    const second = feed.cursorAt(feed.present);
    change("/c", "/d");
    expect(feed.read(present, ALL).reset).toBe("too old");
    expect(feed.locate(cursorOf(first))).toBe("too old");
    // One event of the revision before it is gone: it cannot be told whole.
    const place = feed.locate(cursorOf(second));
    expect(typeof place).toBe("object");
    if (typeof place === "string") return;
    expect(feed.read(place, ALL).events.map(({ path }) => path)).toEqual(["/c", "/d"]);
    const small = createFeed({ bytes: 1_000 });
    const start = small.feed.present;
    small.change("/a".repeat(600));
    expect(small.feed.read(start, ALL).reset).toBe("too old");
  });

  it("gives every place a cursor that leads back to it", () => {
    const { feed, change } = createFeed();
    const start = feed.present.at;
    change("/a", "/b", "/c");
    change();
    change("/d");
    const { incarnation, at: end } = feed.present;
    for (let at = start; at <= end; at += 1) {
      const cursor = feed.cursorAt({ incarnation, at });
      expect(feed.locate(cursorOf(cursor))).toEqual({ incarnation, at });
    }
  });
});

describe("streams of one feed", () => {
  it("say the same bytes to all who keep up, and cut off who takes nothing", async () => {
    const { change, live } = createFeed();
    const clock = new ManualClock();
    const streams = new ChangeStreams(live);
    const stop = new AbortController();
    const open = (): Readable =>
      streams.open({ start: live.feed.present, scope: "/", clock, signal: stop.signal });
    const [quick, other, stuck] = [open(), open(), open()];
    let isCutOff = false;
    stuck.once("error", () => {
      isCutOff = true;
    });
    const [a, b] = [quick[Symbol.asyncIterator](), other[Symbol.asyncIterator]()];
    const next = async (from: AsyncIterator<unknown>) => (await from.next()).value as Buffer;
    stuck.once("readable", () => undefined);
    for (const from of [a, a, b, b]) await next(from);
    for (let round = 0; round < 5; round += 1) {
      change(`/${String(round)}`);
      const [one, two] = [await next(a), await next(b)];
      expect(String(one)).toContain(`"/${String(round)}"`);
      expect(one).toBe(two);
      await clock.advance(8_000);
    }
    expect(isCutOff).toBe(true);
    expect(quick.destroyed || other.destroyed).toBe(false);
    stop.abort();
    expect((await a.next()).done).toBe(true);
    other.destroy();
  });
});

function cursorOf(text: string) {
  const cursor = parseCursor(text);
  if (cursor === undefined) throw new Error(text);
  return cursor;
}
