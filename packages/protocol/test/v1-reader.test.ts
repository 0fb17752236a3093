import type { Message } from "@fustor/core";
import { describe, expect, it } from "vitest";
import {
  DecodeError,
  TooManyRowsError,
  V1Audit,
  V1Reader,
  V1Times,
  WIRE_LIMITS,
  type V1Event,
  type V1IngestRequest,
  type V1Row,
} from "../src/index.js";

const file = (path: string, more: Partial<V1Row> = {}): V1Row => ({
  path,
  size: 1,
  modified_time: 10.25,
  created_time: 20,
  is_directory: false,
  ...more,
});
const directory = (path: string, more: Partial<V1Row> = {}): V1Row =>
  file(path, { is_directory: true, ...more });

function event(rows: readonly V1Row[], more: Partial<V1Event> = {}): V1Event {
  return {
    event_type: "update",
    fields: [],
    rows,
    index: 1_000,
    event_schema: "fs",
    table: "files",
    message_source: "realtime",
    ...more,
  };
}

const deleted = (...paths: readonly string[]): V1Event =>
  event(
    paths.map((path) => ({ path })),
    { event_type: "delete" },
  );

const body = (
  source_type: V1IngestRequest["source_type"],
  events: readonly V1Event[],
  is_end = false,
): V1IngestRequest => ({ source_type, events, is_end });

const realtime = (...events: readonly V1Event[]): readonly Message[] =>
  new V1Reader("s").read(body("message", events), 5_000);

describe("realtime events of v1", () => {
  it("become changes with what v1 knows, dated by their arrival", () => {
    expect(realtime(event([file("/a", { size: 7 })]))).toEqual([
      {
        kind: "change",
        source: "realtime",
        startedAt: 5_000,
        endedAt: 5_000,
        upserts: {
          fields: ["path", "type", "size", "mtime", "mtime_nsec", "ctime", "ctime_nsec"],
          rows: [["/a", "f", 7, 10, 250_000_000, 20, 0]],
        },
        deletes: [],
      },
    ]);
  });

  it("leave unknown what a row does not say", () => {
    expect(realtime(event([{ path: "/a" }]))).toMatchObject([
      { upserts: { rows: [["/a", null, null, null, null, null, null]] } },
    ]);
  });

  it("tell the last word on a path once", () => {
    const messages = realtime(
      event([file("/a", { size: 1, is_atomic_write: true })]),
      event([file("/b")]),
      event([file("/a", { size: 2, is_atomic_write: false })]),
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      upserts: {
        rows: [
          ["/a", "f", 2, 10, 250_000_000, 20, 0],
          ["/b", "f", 1, 10, 250_000_000, 20, 0],
        ],
      },
    });
    expect(messages[0]).not.toHaveProperty("settled");
  });

  it("keep the order of a rename, also onto a name that was just deleted", () => {
    const messages = realtime(
      deleted("/a"),
      event([file("/b")]),
      deleted("/b"),
      event([file("/a")]),
    );
    expect(messages.map((message) => wordsOf(message))).toEqual(["-/a", "+/b", "-/b", "+/a"]);
  });

  it("with one index are all told", () => {
    expect(realtime(event([file("/a")]), event([file("/b")])).map(wordsOf)).toEqual(["+/a +/b"]);
  });
});

describe("a row that cannot be", () => {
  it.each([
    ["path", { path: "a" }],
    ["path", { path: "/a/../b" }],
    ["path", {}],
    ["size", file("/a", { size: -1 })],
    ["size", file("/a", { size: "1" as never })],
    ["modified_time", file("/a", { modified_time: "now" as never })],
    ["created_time", file("/a", { created_time: 1e300 })],
    ["is_directory", file("/a", { is_directory: 1 as never })],
    ["is_atomic_write", file("/a", { is_atomic_write: 0 as never })],
    ["audit_skipped", directory("/a", { audit_skipped: "no" as never })],
    ["the row", "text"],
  ])("is refused with its place: %s in %j", (field, row) => {
    const read = () => realtime(event([file("/ok")]), event([file("/ok"), row as V1Row]));
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(`events[1].rows[1]: ${field} is not valid`);
  });

  it("is skipped when it deletes the root, and the others of its batch are told", () => {
    expect(realtime(deleted("/"))).toEqual([]);
    expect(realtime(deleted("/", "/a"), event([file("/b")])).map(wordsOf)).toEqual(["-/a", "+/b"]);
  });

  it("is not one whose size is null: it knows none", () => {
    expect(realtime(event([file("/a", { size: null })]))).toMatchObject([
      { upserts: { rows: [["/a", "f", null, 10, 250_000_000, 20, 0]] } },
    ]);
  });

  it("is not looked for among more rows than one body may hold", () => {
    const rows = new Array<V1Row>(WIRE_LIMITS.rows + 1).fill(file("/a"));
    expect(() => realtime(event(rows))).toThrow(TooManyRowsError);
  });
});

describe("a v1 snapshot", () => {
  const rows = [event([directory("/"), file("/a")], { message_source: "snapshot" })];

  it("begins with its first row and ends once, though the end is said twice", () => {
    const reader = new V1Reader("s");
    const messages = [
      ...reader.read(body("snapshot", rows), 5_000),
      ...reader.read(body("snapshot", rows, true), 6_000),
      ...reader.read(body("snapshot", [], true), 6_000),
    ];
    expect(messages.map(wordsOf)).toEqual([
      "begin snapshot s-1",
      "+/ +/a",
      "+/ +/a",
      "end snapshot s-1",
    ]);
  });

  it("that finds nothing begins and ends", () => {
    const messages = new V1Reader("s").read(body("snapshot", [], true), 5_000);
    expect(messages.map(wordsOf)).toEqual(["begin snapshot s-1", "end snapshot s-1"]);
  });

  it("never ends once a batch of it was lost or refused, but the next one does", () => {
    const reader = new V1Reader("s");
    reader.read(body("snapshot", rows), 5_000);
    reader.fail();
    expect(reader.read(body("snapshot", rows, true), 6_000).map(wordsOf)).toEqual(["+/ +/a"]);
    expect(reader.read(body("snapshot", [], true), 6_000)).toEqual([]);
    const bad = event([{ path: "x" }], { message_source: "snapshot" });
    expect(() => reader.read(body("snapshot", [bad]), 7_000)).toThrow(DecodeError);
    const lacking = reader.read(body("snapshot", rows, true), 7_000).map(wordsOf);
    expect(lacking).toEqual(["begin snapshot s-2", "+/ +/a"]);
    const whole = reader.read(body("snapshot", rows, true), 8_000).map(wordsOf);
    expect(whole).toEqual(["begin snapshot s-3", "+/ +/a", "end snapshot s-3"]);
  });

  it("can follow another one", () => {
    const reader = new V1Reader("s");
    reader.read(body("snapshot", rows, true), 5_000);
    const messages = reader.read(body("snapshot", rows, true), 6_000);
    expect(messages[0]).toMatchObject({ kind: "mark", edge: "begin", id: "s-2" });
  });

  it("proves no absence: it brings no listing and no delete", () => {
    const gone = { ...deleted("/b"), message_source: "snapshot" as const };
    const messages = new V1Reader("s").read(body("snapshot", [...rows, gone], true), 5_000);
    expect(messages.map(wordsOf)).toEqual(["begin snapshot s-1", "+/ +/a", "end snapshot s-1"]);
  });
});

describe("a v1 audit", () => {
  const audit = (...rows: readonly V1Row[]) =>
    body("audit", [event(rows, { message_source: "audit" })]);
  const end = body("audit", [], true);
  const proven = (messages: readonly Message[]) =>
    messages.flatMap((message) => (message.kind === "listing" ? [message.scope] : []));

  it("proves the children of directories that were listed and brought one", () => {
    const reader = new V1Reader("s");
    const first = reader.read(audit(directory("/"), file("/a"), directory("/e")), 5_000);
    const second = reader.read(
      audit(directory("/k", { audit_skipped: true }), file("/k/x")),
      6_000,
    );
    const last = reader.read(end, 7_000);
    expect(wordsOf(first[0])).toBe("begin audit s-1");
    expect(proven([...first, ...second])).toEqual([]);
    expect(last.map(wordsOf)).toEqual(["all of /: a e k", "end audit s-1"]);
  });

  it("proves nothing when its first row is not the root: what came before went elsewhere", () => {
    const reader = new V1Reader("s");
    reader.read(audit(directory("/d"), file("/d/a"), directory("/"), file("/b")), 5_000);
    expect(proven(reader.read(end, 6_000))).toEqual([]);
  });

  it("dates its listings by its first row", () => {
    const reader = new V1Reader("s");
    reader.read(audit(directory("/"), file("/a")), 5_000);
    const [listing] = reader.read(end, 9_000);
    expect(listing).toMatchObject({ complete: true, startedAt: 5_000, endedAt: 9_000, part: 0 });
  });

  it("believes the last row of a directory that came twice", () => {
    const reader = new V1Reader("s");
    reader.read(audit(directory("/"), file("/a"), directory("/", { audit_skipped: true })), 5_000);
    expect(proven(reader.read(end, 6_000))).toEqual([]);
  });

  it("proves nothing once a batch was refused", () => {
    const reader = new V1Reader("s");
    reader.read(audit(directory("/"), file("/a")), 5_000);
    expect(() => reader.read(audit({ path: "x" }), 5_000)).toThrow(DecodeError);
    expect(reader.read(end, 6_000).map(wordsOf)).toEqual(["end audit s-1"]);
  });

  it("proves nothing once a batch was lost, but the next one does", () => {
    const reader = new V1Reader("s");
    reader.read(audit(directory("/"), file("/a")), 5_000);
    reader.fail();
    expect(proven(reader.read(end, 6_000))).toEqual([]);
    reader.read(audit(directory("/"), file("/a")), 7_000);
    expect(proven(reader.read(end, 8_000))).toEqual(["/"]);
  });

  it("proves nothing beyond the rows that it may keep", () => {
    const rows = [directory("/"), file("/a"), file("/b")];
    const kept = new V1Audit({ rowsMax: 3 });
    const dropped = new V1Audit({ rowsMax: 2 });
    for (const row of rows) {
      kept.add(row, 1);
      dropped.add(row, 1);
    }
    expect(kept.end(2).map(wordsOf)).toEqual(["all of /: a b"]);
    expect(dropped.end(2)).toEqual([]);
  });

  it("says when it is under way", () => {
    const reader = new V1Reader("s");
    expect(reader.isAuditing).toBe(false);
    reader.read(audit(directory("/")), 5_000);
    expect(reader.isAuditing).toBe(true);
    reader.read(end, 5_000);
    expect(reader.isAuditing).toBe(false);
    expect(reader.read(end, 5_000)).toEqual([]);
  });
});

describe("the time of a v1 report", () => {
  it("is its index, moved by the smallest delay ever seen", () => {
    const times = new V1Times();
    expect(times.read(1_000, 5_000)).toBe(5_000);
    expect(times.read(2_000, 5_500)).toBe(5_500);
    expect(times.read(1_500, 6_000)).toBe(5_000);
  });
});

/** A message in few words. */
function wordsOf(message: Message | undefined): string {
  switch (message?.kind) {
    case "change":
      return [
        ...message.deletes.map((path) => `-${path}`),
        ...message.upserts.rows.map(([path]) => `+${String(path)}`),
      ].join(" ");
    case "listing":
      return `all of ${message.scope}: ${message.entries.rows.map(([name]) => name).join(" ")}`;
    case "mark":
      return `${message.edge} ${message.walk} ${message.id}`;
    case "digest":
    case "unreadable":
    case "lost":
    case undefined:
      return String(message?.kind);
  }
}
