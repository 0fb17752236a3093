import type {
  ChangeMessage,
  DigestMessage,
  ListingMessage,
  MarkMessage,
  Message,
  Row,
  Table,
  Value,
} from "@fustor/core";
import { WIRE_LIMITS } from "../limits.js";
import type { ByteWriter } from "./byte-writer.js";
import { writeColumn } from "./columns.js";
import {
  EDGES,
  FLAG,
  KINDS,
  PART_HABITS,
  PARTS,
  SOURCES,
  TICKS_PER_MS,
  WALKS,
  type Part,
} from "./message-parts.js";
import { writeTable } from "./tables.js";

/** A message says what its type does not allow; the JSON form carries it to its verdict. */
export class Unwritable extends Error {
  override readonly name = "Unwritable";
}

/** Writes messages. Throws `Unwritable` when one of them is not what its type says. */
export function writeMessages(out: ByteWriter, messages: readonly Message[]): void {
  const parts = new Parts(messages.every(isInTicks));
  for (const message of messages) parts.add(message);
  parts.write(out);
}

interface SharedTable {
  readonly index: number;
  readonly fields: readonly string[];
  readonly rows: Row[];
}

/** Takes messages apart: rows of the same fields into one table, all else into columns. */
class Parts {
  readonly #isInTicks: boolean;
  readonly #tables = new Map<string, SharedTable>();
  readonly #parts: Record<Part, Value[]>;
  #lastTable: SharedTable | undefined;

  constructor(inTicks: boolean) {
    this.#isInTicks = inTicks;
    this.#parts = Object.fromEntries(PARTS.map((part) => [part, []])) as never;
  }

  add(message: Message): void {
    const { kind, source, startedAt, endedAt } = message;
    const unit = this.#isInTicks ? TICKS_PER_MS : 1;
    this.#put("kind", codeOf(KINDS, kind));
    this.#put("source", codeOf(SOURCES, source));
    this.#put("startedAt", startedAt * unit);
    this.#put("duration", this.#isInTicks ? endedAt * unit - startedAt * unit : endedAt);
    if (message.kind !== "change") this.#put("scope", message.scope);
    switch (message.kind) {
      case "change": {
        this.#addChange(message);
        return;
      }
      case "listing": {
        this.#addListing(message);
        return;
      }
      case "digest": {
        this.#addDigest(message);
        return;
      }
      case "unreadable": {
        this.#put("words", message.errno);
        return;
      }
      case "lost": {
        this.#put("words", message.reason);
        return;
      }
      case "mark": {
        this.#addMark(message);
        return;
      }
    }
  }

  write(out: ByteWriter): void {
    const tables = [...this.#tables.values()];
    const cells = tables.reduce((sum, { fields, rows }) => sum + fields.length * rows.length, 0);
    if (cells > WIRE_LIMITS.cells) throw new Unwritable("too many values");
    out.byte(this.#isInTicks ? 1 : 0);
    for (const part of PARTS) {
      const values = this.#parts[part];
      out.varint(values.length);
      if (values.length > 0) writeColumn(out, values, PART_HABITS[part]);
    }
    out.varint(tables.length);
    for (const { fields, rows } of tables) writeTable(out, fields, rows);
  }

  #addChange({ upserts, deletes, settled, moves }: ChangeMessage): void {
    const { rows } = upserts;
    this.#put("flags", (settled ? FLAG.settled : 0) | (moves ? FLAG.moves : 0));
    this.#addRows(upserts.fields, rows);
    this.#put("rowCount", rows.length);
    this.#put("deletesCount", deletes.length);
    for (const key of deletes) this.#put("deletes", key);
    if (settled !== undefined) {
      this.#put("settledCount", settled.length);
      for (const place of placesOf(settled, rows)) this.#put("settled", place);
    }
    if (moves !== undefined) {
      this.#put("movesCount", moves.length);
      for (const [from] of moves) this.#put("movesFrom", from);
      const ends = moves.map(([, to]) => to);
      for (const place of placesOf(ends, rows)) this.#put("movesTo", place);
    }
  }

  #addListing({ entries, self, complete, part, last }: ListingMessage): void {
    this.#put(
      "flags",
      (complete ? FLAG.complete : 0) | (last ? FLAG.last : 0) | (self ? FLAG.self : 0),
    );
    this.#addRows(entries.fields, self === undefined ? entries.rows : [self, ...entries.rows]);
    this.#put("rowCount", entries.rows.length);
    this.#put("part", part);
  }

  #addDigest({ digest, count, self }: DigestMessage): void {
    if (!/^[0-9a-f]{16}$/.test(digest) || self.rows.length !== 1) throw new Unwritable("no digest");
    this.#addRows(self.fields, self.rows);
    this.#put("digestHigh", Number.parseInt(digest.slice(0, 8), 16));
    this.#put("digestLow", Number.parseInt(digest.slice(8), 16));
    this.#put("digestRows", count);
  }

  #addMark({ walk, edge, id, totals }: MarkMessage): void {
    this.#put("flags", totals === undefined ? 0 : FLAG.totals);
    this.#put("words", id);
    this.#put("walk", codeOf(WALKS, walk));
    this.#put("edge", codeOf(EDGES, edge));
    if (totals === undefined) return;
    for (const count of [totals.scopes, totals.rows, totals.unreadable]) this.#put("totals", count);
  }

  #addRows(fields: Table["fields"], rows: readonly Row[]): void {
    const table = this.#tableFor(fields);
    this.#put("table", table.index);
    for (const row of rows) {
      if (row.length !== fields.length) throw new Unwritable("a row and its fields do not fit");
      table.rows.push(row);
    }
  }

  #tableFor(fields: readonly string[]): SharedTable {
    // The messages of one source have most often the very same list.
    if (this.#lastTable?.fields === fields) return this.#lastTable;
    const name = JSON.stringify(fields);
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = { index: this.#tables.size, fields, rows: [] };
      this.#tables.set(name, table);
    }
    this.#lastTable = table;
    return table;
  }

  #put(part: Part, value: Value): void {
    this.#parts[part].push(value);
  }
}

function isInTicks({ startedAt, endedAt }: Message): boolean {
  return (
    Number.isSafeInteger(startedAt * TICKS_PER_MS) && Number.isSafeInteger(endedAt * TICKS_PER_MS)
  );
}

function codeOf<T>(list: readonly T[], word: T): number {
  const code = list.indexOf(word);
  if (code < 0) throw new Unwritable(`"${String(word)}" is not known`);
  return code;
}

/** Where the keys stand in the rows. They most often stand there in the same order. */
function placesOf(keys: readonly string[], rows: readonly Row[]): number[] {
  let known: Map<unknown, number> | undefined;
  let next = 0;
  return keys.map((key) => {
    while (known === undefined && next < rows.length) {
      const place = next;
      next += 1;
      if (rows[place]?.[0] === key) return place;
    }
    known ??= new Map(rows.map((row, place) => [row[0], place]));
    const place = known.get(key);
    if (place === undefined) throw new Unwritable("a key without its row");
    return place;
  });
}
