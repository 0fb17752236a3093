import type { Value } from "@fustor/core";
import { WIRE_LIMITS } from "./limits.js";

/** What a field may hold. `null` is always allowed: it means unknown. */
export type Column = "any" | "type" | "count" | "seconds" | "nanoseconds" | "big count";

const FILE_TYPES = "fdlpsbc";

const fsColumns: ReadonlyMap<string, Column> = new Map<string, Column>([
  ["type", "type"],
  ["size", "count"],
  ["mtime", "seconds"],
  ["mtime_nsec", "nanoseconds"],
  ["ctime", "seconds"],
  ["ctime_nsec", "nanoseconds"],
  ["mode", "count"],
  ["uid", "count"],
  ["gid", "count"],
  ["ino", "big count"],
  ["nlink", "count"],
  ["blocks", "count"],
]);

/** What a field of schema `fs` holds. Fields that are not known here may hold any value. */
export function fsColumn(field: string): Column {
  return fsColumns.get(field) ?? "any";
}

/** True when a column may hold the value. Called for every value of every row. */
export function holds(column: Column, value: Value): boolean {
  if (value === null) return true;
  switch (column) {
    case "count":
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case "seconds":
      return Number.isSafeInteger(value);
    case "nanoseconds":
      return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 1e9;
    case "type":
      return typeof value === "string" && value.length === 1 && FILE_TYPES.includes(value);
    case "big count":
      // Beyond 2^53 an integer travels as its decimal digits.
      return typeof value === "string" ? /^\d{1,20}$/.test(value) : holds("count", value);
    case "any":
      return typeof value === "string"
        ? value.length <= WIRE_LIMITS.valueLength
        : typeof value === "boolean" || Number.isFinite(value);
  }
}
