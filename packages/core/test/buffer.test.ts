import type { Message } from "@fustor/core";
import { changeOf, listingOf, lostOf, ManualClock, markOf } from "@fustor/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { RealtimeBuffer } from "../src/host/buffer.js";

let buffer: RealtimeBuffer;
const clock = new ManualClock(5_000);
const never = new AbortController().signal;

beforeEach(() => {
  buffer = new RealtimeBuffer({ rowsMax: 20, clock });
});

function push(...messages: readonly Message[]): void {
  for (const message of messages) buffer.push(message);
}

const lost = (scope: string, reason = "buffer full") => lostOf(scope, reason, { at: 5_000 });
const many = (scope: string, n: number) =>
  changeOf({
    upserts: Object.fromEntries(Array.from({ length: n }, (_, i) => [`${scope}/${String(i)}`, i])),
  });

describe("realtime buffer", () => {
  it("gives back what it was given, in order", () => {
    const messages = [
      changeOf({ upserts: { "/a": 1, "/b": 2 }, deletes: ["/c"] }),
      listingOf("/d", { x: 1 }),
      lostOf("/e"),
      markOf("scan", "begin"),
    ];
    push(...messages);
    expect(buffer.rows).toBe(7);
    expect(buffer.take(100)).toEqual(messages);
    expect(buffer.rows).toBe(0);
    expect(buffer.isEmpty).toBe(true);
    expect(buffer.take(100)).toEqual([]);
  });

  it("keeps the last fact about a key, with the time at which that one was seen", () => {
    push(
      changeOf({ upserts: { "/a": 1, "/b": 1 }, at: 10 }),
      changeOf({ upserts: { "/a": 2 }, at: 20 }),
      changeOf({ deletes: ["/b"], at: 30 }),
    );
    expect(buffer.take(100)).toEqual([
      changeOf({ upserts: { "/a": 2 }, at: 20 }),
      changeOf({ deletes: ["/b"], at: 30 }),
    ]);
  });

  it("keeps a deletion before the re-creation: what was below is gone", () => {
    push(
      changeOf({ upserts: { "/a/old": 1 } }),
      changeOf({ deletes: ["/a"] }),
      changeOf({ upserts: { "/a": 1 } }),
      changeOf({ upserts: { "/a": 2 } }),
    );
    expect(buffer.take(100)).toEqual([
      changeOf({ upserts: { "/a/old": 1 } }),
      changeOf({ deletes: ["/a"] }),
      changeOf({ upserts: { "/a": 2 } }),
    ]);
  });

  it("says of a key that its writer has finished only while that fact stands", () => {
    push(
      { ...changeOf({ upserts: { "/a": 1, "/b": 1 } }), settled: ["/a", "/b"] },
      changeOf({ upserts: { "/a": 2 } }),
    );
    expect(buffer.take(100)).toEqual([
      { ...changeOf({ upserts: { "/b": 1 } }), settled: ["/b"] },
      changeOf({ upserts: { "/a": 2 } }),
    ]);
  });

  it("keeps the last listing of a scope", () => {
    push(listingOf("/", { a: 1 }), changeOf({ upserts: { "/b": 1 } }), listingOf("/", { b: 1 }));
    expect(buffer.take(100)).toEqual([
      changeOf({ upserts: { "/b": 1 } }),
      listingOf("/", { b: 1 }),
    ]);
  });

  it("does not let a listing without proof displace one with", () => {
    const partial = (entries: Record<string, number>) =>
      listingOf("/", entries, { complete: false });
    push(partial({ a: 1 }), listingOf("/", { b: 1 }), partial({ c: 1 }), partial({ d: 1 }));
    expect(buffer.take(100)).toEqual([listingOf("/", { b: 1 }), partial({ d: 1 })]);
  });

  it("keeps the parts of a listing together, and waits for the last", () => {
    const part = (n: number, last: boolean) =>
      listingOf("/big", { [`f${String(n)}`]: n }, { part: n, last });
    push(part(0, false), changeOf({ upserts: { "/b": 1 } }), part(1, false));
    expect(buffer.rows).toBe(5);
    expect(buffer.take(100)).toEqual([changeOf({ upserts: { "/b": 1 } })]);
    push(part(2, true));
    expect(buffer.take(100)).toEqual([part(0, false), part(1, false), part(2, true)]);
    expect(buffer.rows).toBe(0);
  });

  it("finishes a listing that it has begun to give, whatever comes", () => {
    const parts = [0, 1, 2].map((n) => listingOf("/", { a: n }, { part: n, last: n === 2 }));
    push(...parts);
    expect(buffer.take(2)).toEqual(parts.slice(0, 1));
    push(listingOf("/", { new: 1 }));
    expect(buffer.take(100)).toEqual([...parts.slice(1), listingOf("/", { new: 1 })]);
  });

  it("gives at most so many rows, or one message that is larger", () => {
    push(many("/a", 7), listingOf("/b", { x: 1, y: 1, z: 1, w: 1, v: 1 }));
    expect(buffer.take(5).map((m) => m.kind === "change" && m.upserts.rows.length)).toEqual([5]);
    expect(buffer.take(5).map((m) => m.kind === "change" && m.upserts.rows.length)).toEqual([2]);
    expect(buffer.take(5)).toHaveLength(1);
    expect(buffer.isEmpty).toBe(true);
  });

  it("wakes who waits", async () => {
    const ready = buffer.ready(never);
    push(changeOf({ deletes: ["/a"] }));
    await expect(ready).resolves.toBeUndefined();
    buffer.take(1);
    const abort = new AbortController();
    const waiting = buffer.ready(abort.signal);
    abort.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});

describe("a move in the buffer", () => {
  const move = changeOf({ upserts: { "/b": 1 }, moves: [["/a", "/b"]], at: 20 });

  it("displaces nothing that came before it, and is displaced by nothing that comes after", () => {
    const messages = [
      changeOf({ upserts: { "/a/x": 1 }, deletes: ["/c"] }),
      listingOf("/a", { x: 1 }),
      lostOf("/a"),
      move,
      changeOf({ upserts: { "/b": 2 }, at: 30 }),
      changeOf({ upserts: { "/a/x": 2 }, deletes: ["/c"], at: 30 }),
      listingOf("/a", { y: 1 }),
      lostOf("/a"),
    ];
    push(...messages);
    expect(buffer.take(100)).toEqual(messages);
    expect(buffer.rows).toBe(0);
  });

  it("lets facts on either side of it take each other's place", () => {
    const [first, second] = [1, 2].map((size) => changeOf({ upserts: { "/a/x": size } }));
    if (first === undefined || second === undefined) throw new Error("two facts are needed");
    push(first, second, move, first, second);
    expect(buffer.take(100)).toEqual([second, move, second]);
  });

  it("travels whole, in a batch that has room for it", () => {
    push(changeOf({ upserts: { "/x": 1 } }), move);
    expect(buffer.take(2)).toEqual([changeOf({ upserts: { "/x": 1 } })]);
    expect(buffer.take(1)).toEqual([move]);
  });

  it("keeps its place when the batch was not received", () => {
    push(changeOf({ upserts: { "/a/x": 1 } }), move);
    const batch = buffer.take(100);
    push(move, changeOf({ upserts: { "/a/x": 2 } }));
    buffer.restore(batch);
    expect(buffer.take(100)).toEqual([...batch, move, changeOf({ upserts: { "/a/x": 2 } })]);
  });

  it("is forgotten as a loss where it began and where it ended", () => {
    push(changeOf({ upserts: { "/to/b": 1 }, moves: [["/from/a", "/to/b"]] }), many("/from", 20));
    expect(buffer.take(100)).toEqual([lost("/from"), lost("/to")]);
  });
});

describe("a full buffer", () => {
  it("forgets everything and remembers where that was", () => {
    push(many("/a", 10), many("/b", 5), listingOf("/c/d", { x: 1 }), lostOf("/e"));
    push(many("/f", 9));
    expect(buffer.rows).toBe(0);
    expect(buffer.take(100)).toEqual(["/a", "/b", "/c/d", "/e", "/f"].map((s) => lost(s)));
    expect(buffer.takeForgotten()).toEqual(
      ["/a", "/b", "/c/d", "/e", "/f"].map((scope) => ({ scope, recursive: true })),
    );
    expect(buffer.takeForgotten()).toEqual([]);
  });

  it("asks for no look at a scope before it has reported it", () => {
    push(many("/a", 21));
    expect(buffer.takeForgotten()).toEqual([]);
    buffer.take(100);
    push(many("/b", 21));
    expect(buffer.takeForgotten()).toEqual([]);
    buffer.take(100);
    expect(buffer.takeForgotten().map(({ scope }) => scope)).toEqual(["/a", "/b"]);
  });

  it("takes in new facts at once", () => {
    push(many("/a", 21), changeOf({ upserts: { "/b": 1 } }));
    expect(buffer.take(100)).toEqual([lost("/a"), changeOf({ upserts: { "/b": 1 } })]);
  });

  it("remembers the root when there are too many scopes", () => {
    for (let n = 0; n < 1_100; n += 1) buffer.forget([`/${String(n)}`], "buffer full");
    expect(buffer.take(2_000)).toEqual([lost("/")]);
  });

  it("reports a listing that is too large for it", () => {
    const part = (n: number) =>
      listingOf("/big", { a: 1, b: 1, c: 1, d: 1 }, { part: n, last: n === 5 });
    for (let n = 0; n < 6; n += 1) push(part(n));
    expect(buffer.take(100)).toEqual([{ ...lost("/big"), reason: "listing torn" }]);
  });
});

describe("a batch that was not received", () => {
  it("goes back to the front, unless something newer is known", () => {
    push(changeOf({ upserts: { "/a": 1, "/b": 1 } }), listingOf("/d"));
    const batch = buffer.take(100);
    push(changeOf({ upserts: { "/c": 1 } }), changeOf({ upserts: { "/a": 2 } }));
    buffer.restore(batch);
    expect(buffer.take(100)).toEqual([
      changeOf({ upserts: { "/b": 1 } }),
      listingOf("/d"),
      changeOf({ upserts: { "/c": 1 } }),
      changeOf({ upserts: { "/a": 2 } }),
    ]);
    expect(buffer.rows).toBe(0);
  });

  it("does not bring back half a listing", () => {
    const parts = [0, 1, 2].map((n) => listingOf("/", { a: n }, { part: n, last: n === 2 }));
    push(...parts);
    buffer.take(2);
    const batch = buffer.take(2);
    buffer.restore(batch);
    expect(buffer.take(100)).toEqual([lost("/", "session ended")]);
    expect(buffer.takeForgotten()).toEqual([{ scope: "/", recursive: true }]);
  });

  it("does not disturb a listing that is arriving", () => {
    const old = [0, 1].map((n) => listingOf("/", { old: n }, { part: n, last: n === 1 }));
    const [first, second] = [0, 1].map((n) =>
      listingOf("/", { new: n }, { part: n, last: n === 1 }),
    );
    push(...old);
    const batch = buffer.take(100);
    if (first === undefined || second === undefined) throw new Error("two parts are needed");
    push(first);
    buffer.restore(batch);
    push(second);
    expect(buffer.take(100)).toEqual([first, second]);
  });

  it("may overflow the buffer, which is then a gap", () => {
    push(many("/a", 15));
    const batch = buffer.take(100);
    push(many("/b", 15));
    expect(buffer.overflows).toBe(0);
    buffer.restore(batch);
    expect(buffer.overflows).toBe(1);
    expect(buffer.take(100)).toEqual([lost("/a"), lost("/b")]);
  });
});
