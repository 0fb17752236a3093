import type { Message, MessageSource, Row } from "@fustor/core";
import { CHANGE_FIELDS, toRow } from "@fustor/schema-fs";
import type { Look } from "./host.js";

/** What looks at names brought: rows for what is there, paths for what is not. */
export function change(
  source: MessageSource,
  at: number,
  upserts: readonly Row[],
  deletes: readonly string[],
  settled: readonly string[],
): Message & { kind: "change" } {
  const table = { fields: CHANGE_FIELDS, rows: upserts };
  return { kind: "change", source, startedAt: at, endedAt: at, upserts: table, deletes, settled };
}

/** Of what is mounted there nothing is told but that the name exists. */
export function rowOf(key: string, { attributes, isForeign }: Look): Row {
  return isForeign ? [key] : toRow(key, attributes);
}
