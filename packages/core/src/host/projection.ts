import type { Message, Row, Table } from "../messages.js";

export type Project = (message: Message) => Message;

/** Lets only the listed fields travel, and the key, which is each table's first field. */
export function createProjection(fields: readonly string[] | undefined): Project {
  if (fields === undefined) return (message) => message;
  const wanted = new Set(fields);
  return (message) => {
    if (message.kind === "change") return { ...message, upserts: project(message.upserts, wanted) };
    if (message.kind === "digest") return { ...message, self: project(message.self, wanted) };
    if (message.kind !== "listing") return message;
    const columns = columnsOf(message.entries, wanted);
    const entries = pickTable(message.entries, columns);
    if (message.self === undefined) return { ...message, entries };
    return { ...message, entries, self: pick(message.self, columns) };
  };
}

function project(table: Table, wanted: ReadonlySet<string>): Table {
  return pickTable(table, columnsOf(table, wanted));
}

function columnsOf({ fields }: Table, wanted: ReadonlySet<string>): number[] {
  return [...fields.keys()].filter((i) => i === 0 || wanted.has(fields[i] ?? ""));
}

function pickTable({ fields, rows }: Table, columns: readonly number[]): Table {
  return {
    fields: columns.map((i) => fields[i] ?? ""),
    rows: rows.map((row) => pick(row, columns)),
  };
}

function pick(row: Row, columns: readonly number[]): Row {
  return columns.map((i) => row[i] ?? null);
}
