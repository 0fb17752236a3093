import type { Batch, Message, Row, Table } from "@fustor/core";
import { CHANGE_FIELDS, LISTING_FIELDS } from "@fustor/schema-fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DecodeError,
  encodeBatch,
  encodeBinaryBatch,
  encodePackedBatch,
  openBinaryBatch,
  openJsonBatch,
  packMessages,
  TooManyRowsError,
  type V2IngestRequest,
} from "../src/index.js";
import { ByteReader } from "../src/binary/byte-reader.js";
import { ByteWriter } from "../src/binary/byte-writer.js";
import { FORM } from "../src/binary/columns.js";
import { readColumn } from "../src/binary/read-columns.js";
import { readTable, writeTable } from "../src/binary/tables.js";
import { readTexts, writeTexts } from "../src/binary/texts.js";
import { fileMessages, otherMessages } from "./arbitrary-messages.js";

const seen = { source: "realtime", startedAt: 1_000.25, endedAt: 1_001 } as const;
const row = (key: string) => [key, "f", 5, 1, 2, 1, 2, 0o644, 0, 0, 17, 1, 8];
const listing: Message = {
  kind: "listing",
  ...seen,
  scope: "/d",
  entries: { fields: LISTING_FIELDS, rows: [row("a"), row("b")] },
  self: row(""),
  complete: true,
  part: 0,
  last: true,
};
const change: Message = {
  kind: "change",
  ...seen,
  upserts: { fields: CHANGE_FIELDS, rows: [row("/a"), row("/b")] },
  deletes: ["/gone"],
  settled: ["/b", "/a"],
  moves: [["/old", "/a"]],
};

function binary(messages: readonly Message[]): Buffer {
  const bytes = encodeBinaryBatch({ stream: "scan", seq: 3, messages }, 7);
  if (bytes === undefined) throw new Error("this batch has a binary form");
  return bytes;
}

/** A column of one value for all rows, as this text. */
function sameColumn(text: string): ByteReader {
  const out = new ByteWriter();
  out.byte(FORM.same);
  out.text(text);
  return new ByteReader(out.finish(), { textBytes: 100, cells: 100 });
}

/** What arrives when the batch travels as JSON. */
function throughJson(batch: Batch, schema: string) {
  const body = JSON.parse(JSON.stringify(encodeBatch(batch, 7))) as V2IngestRequest;
  return openJsonBatch(body).decode({ schema });
}

describe("messages that were packed before their batch was known", () => {
  it.each([undefined, { offsetMs: -1.5, errorMs: 2 }])(
    "make the very bytes that they make in one go, with the clock %j",
    (clock) => {
      const batch: Batch = { stream: "scan", seq: 2 ** 40, messages: [listing, change] };
      const packed = packMessages(batch.messages);
      if (packed === undefined) throw new Error("these messages have a binary form");
      const head = { stream: batch.stream, seq: batch.seq };
      const bytes = encodePackedBatch(head, packed, 2 ** 50, clock);
      expect(bytes).toEqual(encodeBinaryBatch(batch, 2 ** 50, clock));
      expect(openBinaryBatch(bytes).decode({ schema: "fs" }).messages).toEqual(batch.messages);
    },
  );

  it("are none where a message is not what its type says", () => {
    const entries = { fields: ["name"], rows: [["a", 1]] };
    expect(packMessages([{ ...listing, entries }])).toBeUndefined();
  });

  it.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["with more behind them", (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ["of anything", () => Buffer.from("not packed by anybody")],
  ])("are refused by the receiver when they are bytes %s", (_, spoil) => {
    const packed = packMessages([listing]) ?? Buffer.alloc(0);
    const bytes = encodePackedBatch({ stream: "scan", seq: 1 }, spoil(packed), 7);
    expect(() => openBinaryBatch(bytes).decode({ schema: "fs" })).toThrow(DecodeError);
  });
});

describe("a batch in its binary form", () => {
  it.each([
    ["files", "fs", fileMessages],
    ["another schema", "table", otherMessages],
  ])("says of %s what its JSON form says", (_, schema, arbitrary) => {
    const same = (messages: Message[]) => {
      const batch: Batch = { stream: "scan", seq: 3, messages };
      expect(openBinaryBatch(binary(messages)).decode({ schema })).toEqual(
        throughJson(batch, schema),
      );
    };
    fc.assert(fc.property(arbitrary, same), { seed: 20_26, numRuns: 400 });
  });

  it("names its stream, its place and the agent's clock before its messages are read", () => {
    const clock = { offsetMs: -12.5, errorMs: 3 };
    const bytes = encodeBinaryBatch({ stream: "realtime", seq: 2 ** 40, messages: [] }, 5, clock);
    expect(openBinaryBatch(bytes ?? Buffer.of())).toMatchObject({
      stream: "realtime",
      seq: 2 ** 40,
      epoch: 5,
      clock,
    });
  });

  it("takes less than 32 bytes for a file with all attributes", () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `camera_aurora_${String(i)}.raw`);
    const rows = names.map((name, i) => {
      const [size, at, nsec] = [i * 7_919, 1_600_000_000 + ((i * 7_919) % 10_000), i * 999_983];
      return [name, "f", size, at, nsec, at, nsec, 0o644, 1000, 100, 5_000 + i, 1, 8];
    });
    const walk: Message = { ...listing, entries: { fields: LISTING_FIELDS, rows } };
    expect(binary([walk]).length / rows.length).toBeLessThan(32);
  });

  it("leaves to the JSON form what is not as its type says", () => {
    const encode = (message: Message) =>
      encodeBinaryBatch({ stream: "scan", seq: 1, messages: [message] }, 1);
    expect(encode({ ...change, settled: ["/c"] })).toBeUndefined();
    expect(encode({ ...change, upserts: { fields: ["path"], rows: [["/a", 1]] } })).toBeUndefined();
    expect(encode({ ...listing, source: "hearsay" as never })).toBeUndefined();
  });

  it.each(["0", "7", "120", "999999999999999", "9007199254740991", "-3", "0.5", "true", '"07"'])(
    "reads %s as JSON does, of one change as of many",
    (text) => {
      expect(readColumn(sameColumn(text), 2).values).toEqual([JSON.parse(text), JSON.parse(text)]);
    },
  );

  it.each(["", "07", "00", "1x", "x1", "1 2"])(
    "refuses the value '%s', which is no JSON",
    (text) => {
      expect(() => readColumn(sameColumn(text), 1)).toThrow(DecodeError);
    },
  );

  it("has the fields of its own tables, whatever the one before had", () => {
    const tables = [rows(["name", "size"], ["a", 1]), rows(["name", "mode"], ["a", 1])];
    for (const entries of [...tables, ...tables]) {
      const listed: Message = { ...listing, entries };
      delete (listed as { self?: Row }).self;
      const [message] = openBinaryBatch(binary([listed])).decode({ schema: "fs" }).messages;
      expect(message).toMatchObject({ entries });
    }
  });

  it("is refused beyond the rows it may hold", () => {
    const envelope = openBinaryBatch(binary([listing, change]));
    const decode = (rowsMax: number) => envelope.decode({ schema: "fs", rowsMax });
    expect(decode(7).rows).toBe(7);
    expect(() => decode(6)).toThrow(TooManyRowsError);
    expect(() => decode(1)).toThrow(TooManyRowsError);
  });
});

describe("bytes that nobody vouches for", () => {
  const decode = (bytes: Uint8Array) => openBinaryBatch(bytes).decode({ schema: "fs" });
  const good = binary([listing, change, { kind: "lost", ...seen, scope: "/", reason: "full" }]);

  it("are refused when the end is missing, wherever it was cut off", () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(() => decode(good.subarray(0, length))).toThrow(DecodeError);
    }
    expect(() => decode(Buffer.concat([good, Buffer.of(0)]))).toThrow(/goes on after its end/);
  });

  it("are understood or refused, whichever bytes were changed", () => {
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    const isHandled = (pairs: [number, number][]) => {
      const bytes = Buffer.from(good);
      for (const [at, byte] of pairs) bytes[at] = byte;
      try {
        const { messages } = decode(bytes);
        // What is understood could have been said in JSON.
        expect(throughJson({ stream: "scan", seq: 1, messages }, "fs").messages).toEqual(messages);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    };
    fc.assert(fc.property(changes, isHandled), { seed: 20_26, numRuns: 4_000 });
  });

  it("are refused when they are of another version, or no batch at all", () => {
    const later = Buffer.from(good);
    later[3] = 2;
    expect(() => decode(later)).toThrow(/version 2/);
    expect(() => decode(Buffer.from("{}"))).toThrow(/no binary batch/);
    expect(() => decode(Buffer.of())).toThrow(DecodeError);
  });

  it("are refused before memory is taken for what they only claim to hold", () => {
    const out = new ByteWriter();
    writeTexts(out, ["x".repeat(1_000), "x".repeat(1_000)]);
    const texts = out.finish();
    expect(texts.length).toBeLessThan(1_010);
    expect(() => readTexts(new ByteReader(texts, { textBytes: 1_999, cells: 0 }), 2)).toThrow(
      /too much text/,
    );

    const table = new ByteWriter();
    writeTable(table, ["name", "type"], [["a", "f"]]);
    const budget = { textBytes: 1_000, cells: 1 };
    expect(() => readTable(new ByteReader(table.finish(), budget))).toThrow(/too many values/);
  });

  const bare: Message = { ...listing };
  delete (bare as { self?: Row }).self;
  const upserting = (table: Table): Message => ({
    kind: "change",
    ...seen,
    upserts: table,
    deletes: [],
  });
  const listingOf = (table: Table): Message => ({ ...bare, entries: table });

  it.each<[string, Message, RegExp]>([
    ["a relative path", upserting(rows(CHANGE_FIELDS, row("a"))), /path is not/],
    ["a way out of the root", upserting(rows(CHANGE_FIELDS, row("/a/.."))), /path is not/],
    ["an empty part", upserting(rows(CHANGE_FIELDS, row("/a//b"))), /path is not/],
    ["a slash at the end", upserting(rows(CHANGE_FIELDS, row("/a/"), row("/b"))), /path is not/],
    ["a dot at the end", upserting(rows(CHANGE_FIELDS, row("/a/."), row("/b"))), /path is not/],
    ["a NUL", upserting(rows(CHANGE_FIELDS, row("/a\0"))), /path is not/],
    ["a slash in a name", listingOf(rows(LISTING_FIELDS, row("a/b"))), /name is not/],
    ["the name ..", listingOf(rows(LISTING_FIELDS, row(".."))), /name is not/],
    ["no name", listingOf(rows(LISTING_FIELDS, row(""))), /empty key/],
    ["an own row with a name", { ...listing, self: row("self") }, /own row has a key/],
    ["a path in place of a name", listingOf(rows(CHANGE_FIELDS)), /begin with "name"/],
    ["a size below 0", listingOf(rows(["name", "size"], ["a", -1])), /size is not/],
    ["half a byte", listingOf(rows(["name", "size"], ["a", 0.5], ["b", 1])), /size is not/],
    ["many nanoseconds", listingOf(rows(["name", "mtime_nsec"], ["a", 1e9])), /nsec is not/],
    ["a type that is none", listingOf(rows(["name", "type"], ["a", "x"])), /type is not/],
    ["a type that is a number", listingOf(rows(["name", "type"], ["a", 1])), /type is not/],
    ["an ino that is none", listingOf(rows(["name", "ino"], ["a", "1x"])), /ino is not/],
    ["a field twice", listingOf(rows(["name", "ino", "ino"])), /repeats a name/],
  ])("are refused when they say %s", (_says, message, words) => {
    expect(() => decode(binary([message]))).toThrow(words);
  });
});

function rows(fields: readonly string[], ...given: readonly Row[]): Table {
  return { fields, rows: given };
}
