import type { Row, Table } from "@fustor/core";
import { decodeOwnTable, decodeSelf, decodeTable, type TableRules } from "./decode-table.js";
import { fsColumn, type Column } from "./fs-columns.js";
import { keyRules, type KeyRules } from "./keys.js";

/** Reads the tables of one kind of message, or takes them as they are where they were checked. */
export interface TableReader {
  readonly table: (value: unknown, where: string) => Table;
  /** The scope's own row, in `fields`. */
  readonly self: (value: unknown, where: string, fields: readonly string[]) => Row;
  /** A table that holds the scope's own row and nothing else. */
  readonly ownTable: (value: unknown, where: string) => Table;
}

/** What the messages of one schema may say. */
export interface MessageRules {
  readonly keys: KeyRules;
  readonly changes: TableReader;
  readonly listings: TableReader;
}

/** The tables of one schema, by the messages that they stand in. */
export function tableRules(schema: string): Readonly<Record<"changes" | "listings", TableRules>> {
  const keys = keyRules(schema);
  const isFs = schema === "fs";
  const columnOf = isFs ? fsColumn : (): Column => "any";
  return {
    changes: { keyField: isFs ? "path" : undefined, isKey: keys.isKey, columnOf },
    listings: { keyField: isFs ? "name" : undefined, isKey: keys.isName, columnOf },
  };
}

/** The rules for messages whose tables nobody has looked at. */
export function messageRules(schema: string): MessageRules {
  const { changes, listings } = tableRules(schema);
  return { keys: keyRules(schema), changes: checking(changes), listings: checking(listings) };
}

function checking(rules: TableRules): TableReader {
  return {
    table: (value, where) => decodeTable(value, where, rules),
    self: (value, where, fields) => decodeSelf(value, where, fields, rules),
    ownTable: (value, where) => decodeOwnTable(value, where, rules),
  };
}
