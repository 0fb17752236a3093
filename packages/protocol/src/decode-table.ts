import type { Row, Table, Value } from "@fustor/core";
import { DecodeError } from "./errors.js";
import { holds, type Column } from "./fs-columns.js";
import { WIRE_LIMITS } from "./limits.js";

export interface TableRules {
  /** What the first field must be called (fs: `path` or `name`); undefined: anything. */
  readonly keyField: string | undefined;
  readonly isKey: (key: unknown) => key is string;
  /** What the values of a field are. */
  readonly columnOf: (field: string) => Column;
}

const NO_ROWS: Table = { fields: [], rows: [] };

/** Checks a table in one pass and returns it as it is. `where` names it in errors. */
export function decodeTable(value: unknown, where: string, rules: TableRules): Table {
  const { fields: names, rows } = readParts(value, where);
  // Whoever has no rows need not name their fields.
  if (rows.length === 0 && Array.isArray(names) && names.length === 0) return NO_ROWS;
  const fields = decodeFields(names, `${where}.fields`, rules.keyField);
  const columns = fields.map(rules.columnOf);
  for (let i = 0; i < rows.length; i += 1) {
    const row: unknown = rows[i];
    checkRow(row, fields, columns, where, i);
    if (!rules.isKey(row[0])) {
      throw new DecodeError(`${where}.rows[${String(i)}]: ${String(fields[0])} is not valid`);
    }
  }
  return { fields, rows: rows as Table["rows"] };
}

/** Checks a listing's own row: like the others, but its name is empty. */
export function decodeSelf(
  value: unknown,
  where: string,
  fields: readonly string[],
  rules: TableRules,
): Row {
  checkRow(value, fields, fields.map(rules.columnOf), where, undefined);
  if (value[0] !== "") throw new DecodeError(`${where}: ${String(fields[0])} must be empty`);
  return value;
}

/** Checks a table that holds a scope's own row and nothing else. */
export function decodeOwnTable(value: unknown, where: string, rules: TableRules): Table {
  const { fields: names, rows } = readParts(value, where);
  const fields = decodeFields(names, `${where}.fields`, rules.keyField);
  if (rows.length !== 1) throw new DecodeError(`${where}.rows must hold one row`);
  return { fields, rows: [decodeSelf(rows[0], `${where}.rows[0]`, fields, rules)] };
}

function readParts(value: unknown, where: string) {
  if (typeof value !== "object" || value === null || !("fields" in value) || !("rows" in value)) {
    throw new DecodeError(`${where} must be {fields, rows}`);
  }
  const { fields, rows } = value;
  if (!Array.isArray(rows)) throw new DecodeError(`${where}.rows must be a list`);
  return { fields, rows: rows as readonly unknown[] };
}

/** Checks what the columns of a table are called. */
export function decodeFields(
  value: unknown,
  where: string,
  keyField: string | undefined,
): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > WIRE_LIMITS.fields) {
    throw new DecodeError(`${where} must list 1 to ${String(WIRE_LIMITS.fields)} names`);
  }
  const names = value as unknown[];
  if (!names.every(isFieldName)) throw new DecodeError(`${where} must be names`);
  if (new Set(names).size !== names.length) throw new DecodeError(`${where} repeats a name`);
  if (keyField !== undefined && names[0] !== keyField) {
    throw new DecodeError(`${where} must begin with "${keyField}"`);
  }
  return names;
}

function isFieldName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= WIRE_LIMITS.idLength;
}

function checkRow(
  row: unknown,
  fields: readonly string[],
  columns: readonly Column[],
  where: string,
  index: number | undefined,
): asserts row is Row {
  const here = (): string => (index === undefined ? where : `${where}.rows[${String(index)}]`);
  if (!Array.isArray(row) || row.length !== fields.length) {
    throw new DecodeError(`${here()} must hold ${String(fields.length)} values, one a field`);
  }
  for (let i = 1; i < columns.length; i += 1) {
    const value = row[i] as Value;
    if (!holds(columns[i] ?? "any", value)) {
      throw new DecodeError(`${here()}: ${String(fields[i])} is not valid`);
    }
  }
}
