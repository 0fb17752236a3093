import type { Row, Value } from "@fustor/core";
import { baseName, joinPath } from "@fustor/schema-fs";
import type { V1Row } from "./v1.js";

/** Whole seconds and the nanoseconds beyond. */
export function splitSeconds(time: number): readonly [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(time);
  // A double holds today's seconds to about 2.4e-7: what stands behind 100 ns is noise.
  const nanoseconds = Math.round((time - seconds) * 1e7) * 100;
  return nanoseconds === 1e9 ? [seconds + 1, 0] : [seconds, nanoseconds];
}

/** The inverse of `splitSeconds`, as exact as a double can be. */
export function joinSeconds(seconds: number, nanoseconds: number): number {
  return seconds + nanoseconds / 1e9;
}

/** What v1 knows of a file, in the order of `toOurRow`, after the key. */
export const V1_ATTRIBUTES = [
  "type",
  "size",
  "mtime",
  "mtime_nsec",
  "ctime",
  "ctime_nsec",
] as const;

/** A row of ours; what the v1 row does not say is `null`, unknown. */
export function toOurRow(key: string, row: V1Row): Row {
  const { is_directory, size, modified_time, created_time } = row;
  return [
    key,
    is_directory === undefined ? null : is_directory ? "d" : "f",
    size ?? null,
    ...splitOptional(modified_time),
    // What v1 calls the creation time is the inode's ctime.
    ...splitOptional(created_time),
  ];
}

function splitOptional(time: number | undefined): readonly Value[] {
  return time === undefined ? [null, null] : splitSeconds(time);
}

/** Turns rows of one table into v1 rows. Attributes that the table lacks or does not know are 0. */
export function v1Rows(
  fields: readonly string[],
  rows: readonly Row[],
  scope?: string,
): (V1Row & { readonly is_directory: boolean })[] {
  const at = (name: string): number => fields.indexOf(name);
  const [type, size] = [at("type"), at("size")];
  const [mtime, mtimeNsec, ctime, ctimeNsec] = [
    at("mtime"),
    at("mtime_nsec"),
    at("ctime"),
    at("ctime_nsec"),
  ];
  return rows.map((row) => {
    const path = pathOf(String(row[0]), scope);
    const modified = joinSeconds(toNumber(row[mtime]), toNumber(row[mtimeNsec]));
    return {
      path,
      file_name: baseName(path),
      size: toNumber(row[size]),
      modified_time: modified,
      created_time:
        ctime < 0 ? modified : joinSeconds(toNumber(row[ctime]), toNumber(row[ctimeNsec])),
      is_directory: row[type] === "d",
    };
  });
}

function pathOf(key: string, scope: string | undefined): string {
  if (scope === undefined) return key;
  return key === "" ? scope : joinPath(scope, key);
}

function toNumber(value: Value | undefined): number {
  return typeof value === "number" ? value : 0;
}
