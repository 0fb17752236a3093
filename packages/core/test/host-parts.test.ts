import { PassThrough } from "node:stream";
import { FustorError, type Message } from "@fustor/core";
import { Chance, changeOf, digestOf, listingOf, ManualClock } from "@fustor/testkit";
import { describe, expect, it } from "vitest";
import { createBackoff } from "../src/host/backoff.js";
import {
  encodeFrame,
  FrameReader,
  fromErrorFrame,
  toErrorFrame,
  type ChildFrame,
} from "../src/host/frames.js";
import { logLines } from "../src/host/log-lines.js";
import { createProjection } from "../src/host/projection.js";
import { isWithin, parentScope, ScopeSet } from "../src/host/scopes.js";
import { withTimeLimit } from "../src/host/with-abort.js";

describe("back-off", () => {
  it("doubles its limit up to a cap, and takes any part of it", () => {
    const parts = [1, 0, 0.5, 1, 1, 1];
    const backoff = createBackoff({ random: () => parts.shift() ?? 1, baseMs: 100, capMs: 500 });
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([100, 0, 200, 500, 500]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it("never waits less than the other side asked", () => {
    const backoff = createBackoff({ random: () => 0, baseMs: 100, capMs: 500 });
    expect(backoff.next(7_000)).toBe(7_000);
  });

  it("spreads a thousand who were asked to wait equally long", () => {
    const waits = Array.from({ length: 1_000 }, (_, n) => {
      const chance = Chance.for(1, n);
      const backoff = createBackoff({ random: () => chance.next(), baseMs: 1_000, capMs: 30_000 });
      return backoff.next(5_000);
    });
    const perTenth = Array.from({ length: 10 }, (_, tenth) => {
      const from = 5_000 + tenth * 100;
      return waits.filter((ms) => ms >= from && ms < from + 100).length;
    });
    expect(perTenth.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(Math.max(...perTenth)).toBeLessThan(150);
  });

  it("stays finite after any number of failures", () => {
    const backoff = createBackoff({ random: () => 1, baseMs: 100, capMs: 500 });
    for (let n = 0; n < 5_000; n += 1) backoff.next();
    expect(backoff.next()).toBe(500);
  });
});

describe("scopes", () => {
  it.each([
    ["/a/b", "/a"],
    ["/a", "/"],
    ["/", "/"],
    ["row-7", "/"],
    ["s3/key/7", "/"],
  ])("%s stands in %s", (key, scope) => {
    expect(parentScope(key)).toBe(scope);
  });

  it.each([
    ["/a/b", "/a", true],
    ["/a", "/a", true],
    ["/ab", "/a", false],
    ["/ab", "/", true],
    ["/", "/a", false],
  ])("%s within %s: %s", (scope, ancestor, expected) => {
    expect(isWithin(scope, ancestor)).toBe(expected);
  });

  it("are left out of a set when another covers them", () => {
    const set = new ScopeSet(10);
    for (const [scope, recursive] of [
      ["/a/b", true],
      ["/a/c", false],
      ["/x", false],
      ["/a", true],
      ["/a/d", true],
      ["/x/y", false],
    ] as const) {
      set.add({ scope, recursive });
    }
    expect(set.takeAll()).toEqual([
      { scope: "/a", recursive: true },
      { scope: "/x", recursive: false },
      { scope: "/x/y", recursive: false },
    ]);
    expect(set.size).toBe(0);
  });

  it("become the root when there are too many", () => {
    const set = new ScopeSet(2);
    for (const scope of ["/a", "/b", "/c"]) set.add({ scope, recursive: false });
    expect(set.takeAll()).toEqual([{ scope: "/", recursive: true }]);
  });
});

describe("frames", () => {
  const frames = [
    { t: "opened", id: 1 },
    { t: "messages", id: 2, messages: [changeOf({ upserts: { "/\udc80x\u{1F600}": 1 } })] },
    { t: "end", id: 3 },
  ] as const satisfies readonly ChildFrame[];
  const bytes = Buffer.concat(frames.map((frame) => encodeFrame(frame)));

  it.each([1, 3, 7, 64, 10_000])("survive being cut into pieces of %i bytes", (size) => {
    const reader = new FrameReader<ChildFrame>();
    const read: ChildFrame[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      read.push(...reader.push(bytes.subarray(at, at + size)).map(({ frame }) => frame));
    }
    expect(read).toEqual(frames);
  });

  it.each([1, 5, 10_000])("keep what is attached to them, in pieces of %i bytes", (size) => {
    const attached = Buffer.from('{"t":"end"}\u0000\u00ff', "latin1");
    const [first, last] = [frames[0], frames[2]] as const;
    const sent = Buffer.concat([encodeFrame(first, attached), encodeFrame(last)]);
    const reader = new FrameReader<ChildFrame>();
    const read = [];
    for (let at = 0; at < sent.length; at += size) {
      read.push(...reader.push(sent.subarray(at, at + size)));
    }
    expect(read).toEqual([
      { frame: first, attached },
      { frame: last, attached: Buffer.alloc(0) },
    ]);
  });

  it("with more attached than anything honest are refused before it has come", () => {
    const header = Buffer.alloc(8);
    header.writeUInt32BE(2, 0);
    header.writeUInt32BE(0x7fff_ffff, 4);
    expect(() => new FrameReader().push(header)).toThrow("no frames");
  });

  it("are not made of any bytes", () => {
    const reader = new FrameReader();
    expect(() => reader.push(Buffer.from("GET / HTTP/1.1"))).toThrow("no frames");
  });

  it("carry coded errors as they are and name the others", () => {
    const coded = new FustorError("SOURCE_UNAVAILABLE", "gone", { retryable: true });
    const there = fromErrorFrame("The source", toErrorFrame(coded));
    expect(there).toMatchObject({ code: coded.code, message: "gone", retryable: true });
    const enoent = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" });
    expect(fromErrorFrame("The source", toErrorFrame(enoent))).toMatchObject({
      code: "SOURCE_CRASHED",
      retryable: true,
      message: expect.stringMatching(/^The source .*ENOENT/) as string,
    });
  });
});

describe("projection", () => {
  it("keeps the key and the wanted fields of every table", () => {
    const project = createProjection(["size"]);
    const entries = { fields: ["name", "type", "size"], rows: [["a", "f", 1]] };
    const self = ["", "d", 0];
    const listing: Message = { ...listingOf("/"), entries, self };
    expect(project(listing)).toEqual({
      ...listing,
      entries: { fields: ["name", "size"], rows: [["a", 1]] },
      self: ["", 0],
    });
    const digest: Message = { ...digestOf("/", "0123456789abcdef"), self: entries };
    expect(project(digest)).toEqual({
      ...digest,
      self: { fields: ["name", "size"], rows: [["a", 1]] },
    });
    const move = changeOf({ upserts: { "/b": 1 }, moves: [["/a", "/b"]] });
    expect(createProjection([])(move)).toEqual({
      ...move,
      upserts: { fields: ["path"], rows: [["/b"]] },
    });
  });
});

describe("a time limit", () => {
  const limit = (clock: ManualClock) => ({ clock, ms: 2_000, late: () => new Error("too late") });
  const never = new AbortController().signal;

  it("ends a call that does not answer, whether or not it hears the signal", async () => {
    const clock = new ManualClock();
    let heard: AbortSignal | undefined;
    const call = withTimeLimit(limit(clock), never, (signal) => {
      heard = signal;
      return new Promise(() => undefined);
    });
    const failed = expect(call).rejects.toThrow("too late");
    await clock.advance(1_999);
    expect(heard?.aborted).toBe(false);
    await clock.advance(1);
    await failed;
    expect(heard?.aborted).toBe(true);
  });

  it("leaves nothing asleep behind a call that answers", async () => {
    const clock = new ManualClock();
    await expect(withTimeLimit(limit(clock), never, async () => 7)).resolves.toBe(7);
    expect(clock.sleepers).toBe(0);
  });
});

describe("printed lines", () => {
  it("are cut when they are long and counted when they are many", async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    let now = 0;
    logLines(stream, { now: () => now, write: (line) => lines.push(line) });
    stream.write(`${"x".repeat(5_000)}\n`);
    for (let n = 0; n < 1_000; n += 1) stream.write(`line ${String(n)}\n`);
    await new Promise(setImmediate);
    expect(lines[0]).toHaveLength(2_000);
    expect(lines).toHaveLength(200);
    now = 1_000;
    stream.end("the last");
    await new Promise(setImmediate);
    expect(lines.slice(200)).toEqual(["(801 lines were left out here)", "the last"]);
  });
});
