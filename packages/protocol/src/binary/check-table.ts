import type { Value } from "@fustor/core";
import { decodeFields, type TableRules } from "../decode-table.js";
import { DecodeError, TooManyRowsError } from "../errors.js";
import { holds, type Column } from "../fs-columns.js";
import { isWirePath } from "../keys.js";
import { WIRE_LIMITS } from "../limits.js";
import { tableRules, type TableReader } from "../message-rules.js";
import type { ReadColumn } from "./read-columns.js";
import type { ReadTable } from "./tables.js";
import type { Texts } from "./texts.js";

/**
 * Checks the columns of a table as `decodeTable` checks rows, in a fraction of the time. An empty
 * key passes: it is a scope's own row, or is found out where rows are handed to messages.
 */
export function checkTable(table: ReadTable, schema: string, rowsMax: number): void {
  const { fields, count, columns, combined } = table;
  if (count > rowsMax) throw new TooManyRowsError(rowsMax);
  if (fields.length === 0) return;
  const { rules, columnRules } = rulesFor(fields, schema);
  for (let i = 0; i < fields.length; i += 1) {
    const column = columns[i];
    const rule = columnRules[i] ?? "any";
    const values = combined.columns.get(i);
    const isSound =
      column === undefined
        ? values === undefined || values.every((value) => holds(rule, value))
        : i === 0
          ? areKeys(column, rules)
          : holdsAll(rule, column);
    if (!isSound) throw new DecodeError(`A row's ${String(fields[i])} is not valid`);
  }
}

interface CheckedFields {
  readonly schema: string;
  readonly rules: TableRules;
  readonly columnRules: readonly Column[];
}

/** Of fields that were found sound: one table after the other has the very same. */
const checkedFields = new WeakMap<readonly string[], CheckedFields>();

function rulesFor(fields: readonly string[], schema: string): CheckedFields {
  const known = checkedFields.get(fields);
  if (known?.schema === schema) return known;
  const { changes, listings } = tableRules(schema);
  const rules = fields[0] === changes.keyField ? changes : listings;
  decodeFields(fields, "fields", rules.keyField);
  const checked = { schema, rules, columnRules: fields.map(rules.columnOf) };
  checkedFields.set(fields, checked);
  return checked;
}

/** Takes tables that were checked as they are, if they are such as the message may hold. */
export function checkedTables(
  schema: string,
): Readonly<Record<"changes" | "listings", TableReader>> {
  const { changes, listings } = tableRules(schema);
  return { changes: takeChecked(changes), listings: takeChecked(listings) };
}

function takeChecked({ keyField }: TableRules): TableReader {
  const take = (value: unknown, where: string) => {
    const table = value as ReturnType<TableReader["table"]>;
    const [first = keyField] = table.fields;
    if (keyField === undefined || first === keyField) return table;
    throw new DecodeError(`${where}.fields must begin with "${keyField}"`);
  };
  return { table: take, ownTable: take, self: (value) => value as ReturnType<TableReader["self"]> };
}

function areKeys(column: ReadColumn, { keyField, isKey }: TableRules): boolean {
  if (column.kind === "texts" && keyField === "name" && areNames(column.texts)) return true;
  if (column.kind === "texts" && keyField === "path" && arePaths(column.texts)) return true;
  return everyValue(column, (value) => value === "" || isKey(value));
}

const SLASH = 0x2f;

/** Looks at all names at once; what is not so simple is left to a look at each. */
function areNames({ texts, bytes, longest }: Texts): boolean {
  if (longest > WIRE_LIMITS.pathLength || bytes.includes(SLASH) || bytes.includes(0)) return false;
  for (const name of texts) if (name === "." || name === "..") return false;
  return true;
}

/**
 * Looks at all paths at once, one after the other without anything in between: what one ends with
 * stands before the slash of the next.
 */
function arePaths({ texts, bytes, longest }: Texts): boolean {
  if (texts.length === 1) return isWirePath(texts[0]);
  if (longest > WIRE_LIMITS.pathLength || bytes.includes(0)) return false;
  if (bytes.includes("//") || bytes.includes("/./") || bytes.includes("/../")) return false;
  for (const path of texts) if (path.charCodeAt(0) !== SLASH) return false;
  return isWirePath(texts.at(-1));
}

function holdsAll(rule: Column, column: ReadColumn): boolean {
  if (column.kind === "numbers") {
    const { least, most } = RANGES[rule];
    const isFraction = rule !== "any" && !column.isWhole;
    if (!isFraction && column.least >= least && column.most <= most) return true;
    return isFraction
      ? column.values.every((value) => value >= least && value <= most && Number.isInteger(value))
      : areBetween(column.values, least, most);
  }
  if (
    column.kind === "texts" &&
    rule === "any" &&
    column.texts.longest <= WIRE_LIMITS.valueLength
  ) {
    return true;
  }
  const values = column.kind === "values" ? (column.distinct ?? column.values) : column.values;
  return values.every((value) => holds(rule, value));
}

function areBetween(values: readonly number[], least: number, most: number): boolean {
  for (const value of values) {
    // Turned round, so that NaN does not pass.
    if (!(value >= least && value <= most)) return false;
  }
  return true;
}

/** What numbers a field may hold. No type is a number. */
const RANGES: Readonly<Record<Column, { readonly least: number; readonly most: number }>> = {
  any: { least: -Number.MAX_VALUE, most: Number.MAX_VALUE },
  type: { least: Infinity, most: -Infinity },
  count: { least: 0, most: Number.MAX_SAFE_INTEGER },
  seconds: { least: -Number.MAX_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER },
  nanoseconds: { least: 0, most: 999_999_999 },
  "big count": { least: 0, most: Number.MAX_SAFE_INTEGER },
};

function everyValue({ values }: ReadColumn, test: (value: Value) => boolean): boolean {
  for (const value of values) if (!test(value)) return false;
  return true;
}
