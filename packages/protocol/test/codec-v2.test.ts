import type { Message } from "@fustor/core";
import { CHANGE_FIELDS, LISTING_FIELDS } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import {
  DecodeError,
  openJsonBatch,
  decodeMessage,
  encodeBatch,
  encodeMessage,
  WIRE_LIMITS,
} from "../src/index.js";

const seen = { source: "realtime", startedAt: 1_000.25, endedAt: 1_001 } as const;
const row = (key: string) => [key, "f", 5, 1, 2, 3, 4, 0o644, 0, 0, "18446744073709551615", 1, 8];
const unknown = (key: string) => [key, ...LISTING_FIELDS.slice(1).map(() => null)];

const messages: readonly Message[] = [
  {
    kind: "change",
    ...seen,
    upserts: { fields: CHANGE_FIELDS, rows: [row("/a"), row("/b/c"), row("/")] },
    deletes: ["/gone"],
    settled: ["/a"],
  },
  { kind: "change", ...seen, upserts: { fields: [], rows: [] }, deletes: ["/only"] },
  {
    kind: "change",
    ...seen,
    upserts: { fields: CHANGE_FIELDS, rows: [row("/new/a")] },
    deletes: [],
    moves: [["/old/a", "/new/a"]],
  },
  {
    kind: "digest",
    ...seen,
    source: "sentinel",
    scope: "/b",
    digest: "00ff00ff00ff00ff",
    count: 12,
    self: { fields: LISTING_FIELDS, rows: [row("")] },
  },
  {
    kind: "listing",
    ...seen,
    source: "audit",
    scope: "/b",
    entries: { fields: LISTING_FIELDS, rows: [row("c"), unknown("unreadable")] },
    self: row(""),
    complete: true,
    part: 2,
    last: true,
  },
  {
    kind: "listing",
    ...seen,
    source: "on_demand",
    scope: "/",
    entries: { fields: ["name", "type", "later_field"], rows: [["bad\udcff", "d", true]] },
    complete: false,
    part: 0,
    last: false,
  },
  { kind: "unreadable", ...seen, scope: "/x", errno: "EACCES" },
  { kind: "lost", ...seen, scope: "/", reason: "queue overflow" },
  {
    kind: "mark",
    ...seen,
    source: "snapshot",
    walk: "snapshot",
    edge: "begin",
    id: "w1",
    scope: "/",
  },
  {
    kind: "mark",
    ...seen,
    source: "on_demand",
    walk: "scan",
    edge: "end",
    id: "w1",
    scope: "/b",
    totals: { scopes: 1, rows: 2, unreadable: 0 },
  },
];

describe("a v2 batch", () => {
  it("comes out as it went in, through JSON", () => {
    const body = encodeBatch({ stream: "scan", seq: 3, messages }, 7);
    const sent = JSON.parse(JSON.stringify(body)) as typeof body;
    expect(openJsonBatch(sent).decode({ schema: "fs" })).toEqual({
      epoch: 7,
      stream: "scan",
      seq: 3,
      messages,
      rows: 4 + 1 + 2 + 1 + 3 + 2 + 4,
    });
  });

  it("speaks snake_case", () => {
    const wire = encodeMessage({ kind: "lost", ...seen, scope: "/", reason: "full buffer" });
    expect(wire).toEqual({
      kind: "lost",
      message_source: "realtime",
      started_at: 1_000.25,
      ended_at: 1_001,
      scope: "/",
      reason: "full buffer",
    });
  });

  it("is refused beyond the rows it may hold", () => {
    const body = encodeBatch({ stream: "realtime", seq: 1, messages }, 1);
    expect(openJsonBatch(body).decode({ schema: "fs", rowsMax: 17 }).rows).toBe(17);
    expect(() => openJsonBatch(body).decode({ schema: "fs", rowsMax: 16 })).toThrow(
      /more than 16 rows/,
    );
  });

  it("carries rows of another schema, whose keys need not be paths", () => {
    const table = { fields: ["id", "note"], rows: [["row 1", "../x"]] };
    const message: Message = { kind: "change", ...seen, upserts: table, deletes: ["row/../2"] };
    expect(decodeMessage(encodeMessage(message), "jsonl")).toEqual(message);
    expect(() => decodeMessage(encodeMessage(message), "fs")).toThrow(DecodeError);
  });
});

it("moves keys of another schema wherever it likes", () => {
  const message: Message = {
    kind: "change",
    ...seen,
    upserts: { fields: ["id"], rows: [["a/b"]] },
    deletes: [],
    moves: [["a", "a/b"]],
  };
  expect(decodeMessage(encodeMessage(message), "jsonl")).toEqual(message);
});

const change = { kind: "change", message_source: "realtime", started_at: 1, ended_at: 2 };
const none = { fields: ["path"], rows: [] };
const listing = {
  ...change,
  kind: "listing",
  scope: "/a",
  entries: { fields: ["name", "type"], rows: [["x", "f"]] },
  complete: true,
  part: 0,
  last: true,
};
const digest = {
  ...change,
  kind: "digest",
  scope: "/a",
  digest: "0123456789abcdef",
  count: 1,
  self: { fields: ["name"], rows: [[""]] },
};
const moved = (...moves: readonly unknown[]) => ({ ...upsert(["path"], ["/b"]), moves });
const mark = { ...change, kind: "mark", walk: "audit", edge: "end", id: "w", scope: "/" };
const upsert = (fields: readonly string[], ...rows: readonly unknown[]) => ({
  ...change,
  deletes: [],
  upserts: { fields, rows },
});

describe("a v2 message", () => {
  it.each<[string, unknown, RegExp]>([
    ["is no object", 5, /^messages\[0\] is no object/],
    ["has a kind nobody knows", { ...change, kind: "rumour" }, /kind is not known/],
    ["has no kind", { ...change, kind: undefined }, /kind is not known/],
    ["comes from nowhere", { ...change, message_source: "hearsay" }, /message_source must be one/],
    ["ends before it starts", { ...change, ended_at: 0 }, /started_at and ended_at/],
    ["has a time that is text", { ...change, started_at: "1" }, /started_at and ended_at/],
    ["has no table", { ...change, deletes: [] }, /upserts must be \{fields, rows\}/],
    [
      "has rows that are no list",
      { ...change, upserts: { fields: ["path"], rows: {} } },
      /rows must/,
    ],
    ["has rows without fields", upsert([], ["/a"]), /fields must list 1 to 64/],
    ["repeats a field", upsert(["path", "size", "size"], ["/a", 1, 1]), /fields repeats a name/],
    ["has the key elsewhere", upsert(["size", "path"], [1, "/a"]), /fields must begin with "path"/],
    ["has a short row", upsert(["path", "size"], ["/a"]), /rows\[0\] must hold 2 values/],
    ["has a row that is no list", upsert(["path"], "/a"), /rows\[0\] must hold 1 values/],
    ["leaves the root", upsert(["path"], ["/a"], ["/a/../b"]), /rows\[1\]: path is not valid/],
    ["has a relative path", upsert(["path"], ["a"]), /rows\[0\]: path/],
    ["has a NUL in a path", upsert(["path"], ["/a\0"]), /rows\[0\]: path/],
    ["has an endless path", upsert(["path"], [`/${"a".repeat(WIRE_LIMITS.pathLength)}`]), /path/],
    ["has a path of half a character", upsert(["path"], ["/\ud800"]), /path/],
    ["escapes bytes that are valid UTF-8", upsert(["path"], ["/\udcc3\udca9"]), /path/],
    ["has a key that is a number", upsert(["path"], [1]), /path/],
    ["has an unknown file type", upsert(["path", "type"], ["/a", "x"]), /rows\[0\]: type/],
    ["has a negative size", upsert(["path", "size"], ["/a", -1]), /rows\[0\]: size/],
    ["has a broken size", upsert(["path", "size"], ["/a", 1.5]), /rows\[0\]: size/],
    ["has too many nanoseconds", upsert(["path", "mtime_nsec"], ["/a", 1e9]), /mtime_nsec/],
    ["has an inode that is no number", upsert(["path", "ino"], ["/a", "12x"]), /ino/],
    ["has a value that is an object", upsert(["path", "extra"], ["/a", {}]), /extra/],
    ["deletes what is no path", { ...change, upserts: none, deletes: ["/a", ""] }, /deletes\[1\]/],
    ["deletes no list", { ...change, upserts: none, deletes: "/a" }, /deletes must be a list/],
    [
      "upserts and deletes one path",
      { ...upsert(["path"], ["/a"]), deletes: ["/a"] },
      /both upserts and deletes/,
    ],
    [
      "settles what it does not upsert",
      { ...upsert(["path"], ["/a"]), settled: ["/b"] },
      /settled holds a key/,
    ],
    ["moves no list", { ...moved(), moves: {} }, /moves must be a list/],
    ["moves to nowhere", moved(["/a"]), /moves\[0\] must be a key and another one/],
    ["moves what is no path", moved(["a", "/b"]), /moves\[0\]\[0\] is not valid/],
    ["moves to what it does not upsert", moved(["/a", "/c"]), /moves ends at a key/],
    [
      "moves what it upserts",
      { ...upsert(["path"], ["/a"], ["/b"]), moves: [["/a", "/b"]] },
      /moves starts at a key/,
    ],
    ["moves a key to itself", moved(["/b", "/b"]), /moves\[0\] leads from a key into itself/],
    ["moves a directory below itself", moved(["/", "/b"]), /into itself/],
    ["moves a key over what holds it", moved(["/b/c", "/b"]), /into itself/],
    ["has a digest that is none", { ...digest, digest: "0123" }, /digest must be 16/],
    ["has a digest in capitals", { ...digest, digest: "0123456789ABCDEF" }, /digest must be 16/],
    ["has a digest of no number of rows", { ...digest, count: -1 }, /count must be 0 or more/],
    ["digests nowhere", { ...digest, scope: "" }, /scope is not valid/],
    [
      "digests a directory that is not there",
      { ...digest, self: { fields: ["name"], rows: [] } },
      /self.rows must hold one row/,
    ],
    [
      "digests a named directory",
      { ...digest, self: { fields: ["name"], rows: [["a"]] } },
      /name must be empty/,
    ],
    [
      "lists a file named ..",
      { ...listing, entries: { fields: ["name"], rows: [[".."]] } },
      /name/,
    ],
    ["lists a path", { ...listing, entries: { fields: ["name"], rows: [["a/b"]] } }, /name/],
    ["lists nowhere", { ...listing, scope: "a" }, /scope is not valid/],
    ["has a self that is named", { ...listing, self: ["a", "d"] }, /self: name must be empty/],
    ["has a short self", { ...listing, self: [""] }, /self must hold 2 values/],
    ["is part -1", { ...listing, part: -1 }, /part must be 0 or more/],
    ["is half complete", { ...listing, complete: 1 }, /complete must be/],
    ["is perhaps the last", { ...listing, last: undefined }, /last must be/],
    ["has no errno", { ...change, kind: "unreadable", scope: "/" }, /errno must be/],
    ["has no reason", { ...change, kind: "lost", scope: "/", reason: "" }, /reason must be/],
    ["walks backwards", { ...mark, walk: "back" }, /walk must be one of snapshot, audit, scan/],
    ["stops in between", { ...mark, edge: "middle" }, /edge must be/],
    ["counts badly", { ...mark, totals: { scopes: 1, rows: -1, unreadable: 0 } }, /totals/],
  ])("is refused when it %s", (_, message, words) => {
    const body = { epoch: 1, stream: "scan", seq: 1, messages: [message] } as never;
    const decode = () => openJsonBatch(body).decode({ schema: "fs" });
    expect(decode).toThrow(DecodeError);
    expect(decode).toThrow(words);
  });
});
