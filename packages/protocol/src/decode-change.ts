import type { ChangeMessage, Move, Observation, Row } from "@fustor/core";
import { DecodeError } from "./errors.js";
import type { KeyRules } from "./keys.js";
import type { MessageRules } from "./message-rules.js";
import type { Fields } from "./read-fields.js";

/**
 * A change, each key of it a key, and none of it against another part of it. A literal, like
 * listings: a log may hold millions of changes of one row.
 */
export function decodeChange(
  fields: Fields,
  { source, startedAt, endedAt }: Observation,
  where: string,
  { keys, changes }: MessageRules,
): ChangeMessage {
  const { settled, moves } = fields;
  const upserts = changes.table(fields["upserts"], `${where}.upserts`);
  const deletes = decodeKeys(fields["deletes"], `${where}.deletes`, keys);
  const kind = "change";
  const change: Writable<ChangeMessage> = { kind, source, startedAt, endedAt, upserts, deletes };
  if (settled !== undefined) {
    change.settled = decodeSettled(settled, upserts.rows, `${where}.settled`, keys);
  }
  if (moves !== undefined) change.moves = decodeMoves(moves, `${where}.moves`, keys);
  checkAgreement(change, where);
  return change;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function checkAgreement({ upserts, deletes, moves }: ChangeMessage, where: string): void {
  const { rows } = upserts;
  let known: Set<unknown> | undefined;
  const isUpserted = (key: string): boolean => {
    known ??= new Set(rows.map((row) => row[0]));
    return known.has(key);
  };
  if (deletes.some(isUpserted)) throw new DecodeError(`${where} both upserts and deletes one key`);
  for (const [from, to] of moves ?? []) {
    if (!isUpserted(to)) throw new DecodeError(`${where}.moves ends at a key that is not upserted`);
    if (isUpserted(from)) throw new DecodeError(`${where}.moves starts at a key that is upserted`);
  }
}

function decodeSettled(
  value: unknown,
  rows: readonly Row[],
  where: string,
  keys: KeyRules,
): readonly string[] {
  if (standInOrder(value, rows)) return value;
  const settled = decodeKeys(value, where, keys);
  const upserted = new Set<unknown>(rows.map((row) => row[0]));
  if (settled.every((key) => upserted.has(key))) return settled;
  throw new DecodeError(`${where} holds a key that is not upserted`);
}

/** True when the rows have the keys in this order, as our own source writes them: no set is needed. */
function standInOrder(value: unknown, rows: readonly Row[]): value is readonly string[] {
  if (!Array.isArray(value)) return false;
  const keys: readonly unknown[] = value;
  let found = 0;
  for (const row of rows) if (row[0] === keys[found]) found += 1;
  return found === keys.length;
}

function decodeMoves(value: unknown, where: string, keys: KeyRules): readonly Move[] {
  if (!Array.isArray(value)) throw new DecodeError(`${where} must be a list`);
  for (const [i, move] of (value as readonly unknown[]).entries()) {
    const here = `${where}[${String(i)}]`;
    if (!Array.isArray(move) || move.length !== 2) {
      throw new DecodeError(`${here} must be a key and another one`);
    }
    const [from, to] = decodeKeys(move, here, keys);
    if (from === undefined || to === undefined || keys.overlap(from, to)) {
      throw new DecodeError(`${here} leads from a key into itself`);
    }
  }
  return value as readonly Move[];
}

function decodeKeys(value: unknown, where: string, { isKey }: KeyRules): readonly string[] {
  if (!Array.isArray(value)) throw new DecodeError(`${where} must be a list`);
  for (let i = 0; i < value.length; i += 1) {
    if (!isKey(value[i])) throw new DecodeError(`${where}[${String(i)}] is not valid`);
  }
  return value as readonly string[];
}
