import type { ListingMessage, Message, MessageSource, Row } from "@fustor/core";
import { LISTING_FIELDS } from "@fustor/schema-fs";
import { describe, expect, it } from "vitest";
import { toV1Calls, toV1Events, V1Reader, type V1Row } from "../src/index.js";

const at = (source: MessageSource) => ({ source, startedAt: 1_000.75, endedAt: 1_001 });
const row = (key: string, type = "f"): Row => [
  key,
  type,
  5,
  10,
  500_000_000,
  20,
  0,
  0,
  0,
  0,
  1,
  1,
  8,
];

function listing(
  scope: string,
  names: readonly string[],
  options: Partial<ListingMessage> = {},
): ListingMessage {
  return {
    kind: "listing",
    ...at("snapshot"),
    scope,
    // A name that begins with d is a directory here.
    entries: {
      fields: LISTING_FIELDS,
      rows: names.map((name) => row(name, name.startsWith("d") ? "d" : "f")),
    },
    self: row("", "d"),
    complete: true,
    part: 0,
    last: true,
    ...options,
  };
}

const end = (walk: "snapshot" | "audit" | "scan"): Message => ({
  kind: "mark",
  ...at(walk === "scan" ? "on_demand" : walk),
  walk,
  edge: "end",
  id: "w",
  scope: "/",
});

describe("a change for v1", () => {
  const change: Message = {
    kind: "change",
    ...at("realtime"),
    upserts: {
      fields: ["path", ...LISTING_FIELDS.slice(1)],
      rows: [row("/a"), row("/b"), row("/d", "d")],
    },
    deletes: ["/gone"],
    settled: ["/b"],
  };

  it("tells a move as the end of one name and the beginning of another", () => {
    const moved: Message = { ...change, moves: [["/old", "/a"]] };
    const words = toV1Events(moved).map(({ event_type, rows }) => [event_type, rows[0]?.path]);
    expect(words.slice(0, 3)).toEqual([
      ["delete", "/old"],
      ["delete", "/gone"],
      ["update", "/a"],
    ]);
  });

  it("becomes one event a row, deletes first", () => {
    const events = toV1Events(change);
    expect(events.map(({ event_type, rows }) => [event_type, rows[0]?.path])).toEqual([
      ["delete", "/gone"],
      ["update", "/a"],
      ["update", "/b"],
      ["update", "/d"],
    ]);
    expect(new Set(events.map(({ message_source }) => message_source))).toEqual(
      new Set(["realtime"]),
    );
  });

  it("says of files, and only of files, whether their writers have finished", () => {
    const said = toV1Events(change).map(({ rows }) => rows[0]?.is_atomic_write);
    expect(said).toEqual([undefined, false, true, undefined]);
  });

  it("has rows as v1 knows them", () => {
    expect(toV1Events(change)[1]).toEqual({
      event_type: "update",
      fields: [
        "path",
        "file_name",
        "size",
        "modified_time",
        "created_time",
        "is_directory",
        "is_atomic_write",
      ],
      rows: [
        {
          path: "/a",
          file_name: "a",
          size: 5,
          modified_time: 10.5,
          created_time: 20,
          is_directory: false,
          is_atomic_write: false,
        },
      ],
      index: 1_000,
      event_schema: "fs",
      table: "files",
      message_source: "realtime",
    });
  });
});

describe("a listing for v1", () => {
  it("becomes events of up to 100 rows, the directory's own row among them", () => {
    const names = Array.from({ length: 250 }, (_, i) => `f${String(i)}`);
    const events = toV1Events(listing("/a", names));
    expect(events.map(({ rows }) => rows.length)).toEqual([100, 100, 51]);
    expect(pathsOf(events)[0]).toBe("/a");
    expect(pathsOf(events)[1]).toBe("/a/f0");
  });

  it("is a snapshot's when it was listed on demand, sent as a message", () => {
    const [call] = toV1Calls([listing("/a", ["x"], at("on_demand"))]);
    expect(call).toMatchObject({
      body: { source_type: "message", is_end: false, events: [{ message_source: "snapshot" }] },
    });
  });

  it("tells, of an audit, the parent and its time with every file", () => {
    const events = toV1Events(listing("/a", ["x"], at("audit")));
    expect(rowsOf(events)[1]).toMatchObject({
      path: "/a/x",
      parent_path: "/a",
      parent_mtime: 10.5,
    });
  });

  it.each([
    ["complete", {}, undefined],
    ["not complete", { complete: false }, true],
    ["not the last part", { last: false }, true],
  ])("marks a directory as skipped unless its listing proves something: %s", (_, some, skipped) => {
    const events = toV1Events(listing("/a", ["x", "d1"], { ...at("audit"), ...some }));
    expect(rowsOf(events).map(({ path, audit_skipped }) => [path, audit_skipped])).toEqual([
      ["/a", skipped],
      ["/a/x", undefined],
      ["/a/d1", true],
    ]);
  });

  it("has no words for what was lost or could not be read", () => {
    expect(toV1Events({ kind: "lost", ...at("realtime"), scope: "/", reason: "x" })).toEqual([]);
    expect(toV1Events({ kind: "unreadable", ...at("audit"), scope: "/", errno: "EIO" })).toEqual(
      [],
    );
  });
});

describe("the calls of a batch", () => {
  it("hold at most 100 events each", () => {
    const rows = Array.from({ length: 250 }, (_, i) => [`/f${String(i)}`]);
    const upserts = { fields: ["path"], rows };
    const calls = toV1Calls([{ kind: "change", ...at("realtime"), upserts, deletes: [] }]);
    expect(shapeOf(calls)).toEqual(["message 100", "message 100", "message 50"]);
  });

  it("let small directories of a snapshot share an event", () => {
    const names = Array.from({ length: 60 }, (_, i) => `f${String(i)}`);
    const calls = toV1Calls([
      listing("/", ["d1"]),
      listing("/d1", []),
      listing("/d1", names),
      listing("/d2", names),
    ]);
    const [call] = calls;
    if (call?.kind !== "ingest") throw new Error("no ingest call");
    expect(call.body.events.map(({ rows }) => rows.length)).toEqual([64, 61]);
  });

  it("keep walks and what happens now apart, in order", () => {
    const lookedAt = listing("/a", ["x"], at("on_demand"));
    const calls = toV1Calls([listing("/", ["a"]), lookedAt, listing("/b", ["y"])]);
    expect(shapeOf(calls)).toEqual(["snapshot 1", "message 1", "snapshot 1"]);
  });

  it.each([
    ["snapshot", ["snapshot 1 end", "snapshot 0 end"]],
    ["audit", ["audit 2", "audit 0 end", "audit_end"]],
    ["scan", ["message 1", "message 0"]],
  ] as const)("end a %s as the existing agents do", (walk, expected) => {
    const source = walk === "scan" ? "on_demand" : walk;
    const calls = toV1Calls([listing("/", ["x"], at(source)), end(walk)]);
    expect(shapeOf(calls)).toEqual(expected);
  });

  it("end a snapshot twice when its rows went before", () => {
    expect(shapeOf(toV1Calls([end("snapshot")]))).toEqual(["snapshot 0 end", "snapshot 0 end"]);
  });

  it("give an audit back to our own reader with what it proves, and no more", () => {
    const audit = at("audit");
    const calls = toV1Calls([
      listing("/", ["x", "d1", "d2", "d3"], audit),
      listing("/d1", ["y"], audit),
      listing("/d2", ["z"], { ...audit, complete: false }),
      { kind: "unreadable", ...audit, scope: "/d3", errno: "EACCES" },
      end("audit"),
    ]);
    const reader = new V1Reader("s");
    const messages = calls.flatMap((call) =>
      call.kind === "ingest" ? reader.read(call.body, 5_000) : [],
    );
    const proven = messages.filter((message) => message.kind === "listing");
    expect(proven.map(({ scope }) => scope)).toEqual(["/", "/d1"]);
  });
});

function rowsOf(events: readonly { readonly rows: readonly V1Row[] }[]): readonly V1Row[] {
  return events.flatMap(({ rows }) => rows);
}

function pathsOf(events: readonly { readonly rows: readonly V1Row[] }[]): readonly string[] {
  return rowsOf(events).map(({ path }) => path);
}

function shapeOf(calls: ReturnType<typeof toV1Calls>): readonly string[] {
  return calls.map((call) => {
    if (call.kind === "audit_end") return call.kind;
    const { source_type, events, is_end = false } = call.body;
    return `${source_type} ${String(events.length)}${is_end ? " end" : ""}`;
  });
}
