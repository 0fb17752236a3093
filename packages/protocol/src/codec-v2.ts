import type { Batch, Message, Observation, Row, Stream, Table, WalkTotals } from "@fustor/core";
import { countRows } from "@fustor/core";
import { decodeSelf, decodeTable, type TableRules } from "./decode-table.js";
import { DecodeError, TooManyRowsError } from "./errors.js";
import { fsColumn, type Column } from "./fs-columns.js";
import { keyRules, type KeyRules } from "./keys.js";
import { WIRE_LIMITS } from "./limits.js";
import type { V2IngestRequest, V2Message } from "./v2.js";

/** A batch as it came in: what it says is possible, though nothing says that it is true. */
export interface IngestBatch {
  readonly epoch: number;
  readonly stream: Stream;
  readonly seq: number;
  readonly messages: readonly Message[];
  /** Rows and keys of all messages, as `countRows` counts. */
  readonly rows: number;
}

export interface DecodeOptions {
  /** The schema that the session was opened with, e.g. `fs`. */
  readonly schema: string;
  /** Default: `WIRE_LIMITS.rows`. */
  readonly rowsMax?: number;
}

/** The body of an ingest call. Rows are not copied. */
export function encodeBatch(batch: Batch, epoch: number): V2IngestRequest {
  const { stream, seq, messages } = batch;
  return { epoch, stream, seq, messages: messages.map(encodeMessage) };
}

/** A message as it stands on the wire. Rows are not copied. */
export function encodeMessage(message: Message): V2Message {
  const { source, startedAt, endedAt, ...rest } = message;
  return { message_source: source, started_at: startedAt, ended_at: endedAt, ...rest };
}

/**
 * Reads a body that passed `v2IngestRequestSchema`. Rows are taken over as they are.
 *
 * Throws `DecodeError` naming message, row and field, or `TooManyRowsError`.
 */
export function decodeIngest(body: V2IngestRequest, options: DecodeOptions): IngestBatch {
  const { schema, rowsMax = WIRE_LIMITS.rows } = options;
  const rules = rulesFor(schema);
  const messages: Message[] = [];
  let rows = 0;
  for (const [index, value] of (body.messages as readonly unknown[]).entries()) {
    const message = decode(value, `messages[${String(index)}]`, rules);
    rows += countRows(message);
    if (rows > rowsMax) {
      throw new TooManyRowsError(rowsMax);
    }
    messages.push(message);
  }
  return { epoch: body.epoch, stream: body.stream, seq: body.seq, messages, rows };
}

/** Reads one message. `where` names it in errors. */
export function decodeMessage(value: unknown, schema: string, where = "message"): Message {
  return decode(value, where, rulesFor(schema));
}

interface Rules {
  readonly keys: KeyRules;
  readonly changes: TableRules;
  readonly listings: TableRules;
}

function rulesFor(schema: string): Rules {
  const keys = keyRules(schema);
  const isFs = schema === "fs";
  const columnOf = isFs ? fsColumn : (): Column => "any";
  return {
    keys,
    changes: { keyField: isFs ? "path" : undefined, isKey: keys.isKey, columnOf },
    listings: { keyField: isFs ? "name" : undefined, isKey: keys.isName, columnOf },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function decode(value: unknown, where: string, rules: Rules): Message {
  if (typeof value !== "object" || value === null) throw new DecodeError(`${where} is no object`);
  const fields = value as Fields;
  const observation = decodeObservation(fields, where);
  switch (fields["kind"]) {
    case "change":
      return { kind: "change", ...observation, ...decodeChange(fields, where, rules) };
    case "listing":
      return {
        kind: "listing",
        ...observation,
        scope: decodeScope(fields, where, rules),
        ...decodeListing(fields, where, rules),
      };
    case "unreadable":
      return {
        kind: "unreadable",
        ...observation,
        scope: decodeScope(fields, where, rules),
        errno: text(fields, "errno", where, WIRE_LIMITS.idLength),
      };
    case "lost":
      return {
        kind: "lost",
        ...observation,
        scope: decodeScope(fields, where, rules),
        reason: text(fields, "reason", where, WIRE_LIMITS.reasonLength),
      };
    case "mark":
      return {
        kind: "mark",
        ...observation,
        walk: oneOf(fields, "walk", where, ["snapshot", "audit", "scan"]),
        edge: oneOf(fields, "edge", where, ["begin", "end"]),
        id: text(fields, "id", where, WIRE_LIMITS.idLength),
        scope: decodeScope(fields, where, rules),
        ...(fields["totals"] === undefined ? {} : { totals: decodeTotals(fields, where) }),
      };
    default:
      throw new DecodeError(`${where}.kind is not known`);
  }
}

function decodeObservation(fields: Fields, where: string): Observation {
  const source = oneOf(fields, "message_source", where, [
    "realtime",
    "snapshot",
    "audit",
    "on_demand",
  ]);
  const { started_at: startedAt, ended_at: endedAt } = fields;
  if (!isTime(startedAt) || !isTime(endedAt) || endedAt < startedAt) {
    throw new DecodeError(`${where}: started_at and ended_at must be times, in this order`);
  }
  return { source, startedAt, endedAt };
}

interface ChangeBody {
  readonly upserts: Table;
  readonly deletes: readonly string[];
  readonly settled?: readonly string[];
}

function decodeChange(fields: Fields, where: string, { keys, changes }: Rules): ChangeBody {
  const upserts = decodeTable(fields["upserts"], `${where}.upserts`, changes);
  const deletes = decodeKeys(fields["deletes"], `${where}.deletes`, keys);
  const settled =
    fields["settled"] === undefined
      ? undefined
      : decodeKeys(fields["settled"], `${where}.settled`, keys);
  if (deletes.length > 0 || settled !== undefined) {
    const upserted = new Set(upserts.rows.map((row) => row[0]));
    if (deletes.some((key) => upserted.has(key))) {
      throw new DecodeError(`${where} both upserts and deletes one key`);
    }
    if (settled?.every((key) => upserted.has(key)) === false) {
      throw new DecodeError(`${where}.settled holds a key that is not upserted`);
    }
  }
  return settled === undefined ? { upserts, deletes } : { upserts, deletes, settled };
}

interface ListingBody {
  readonly entries: Table;
  readonly self?: Row;
  readonly complete: boolean;
  readonly part: number;
  readonly last: boolean;
}

function decodeListing(fields: Fields, where: string, { listings }: Rules): ListingBody {
  const { self, complete, part, last } = fields;
  const entries = decodeTable(fields["entries"], `${where}.entries`, listings);
  if (typeof complete !== "boolean") throw new DecodeError(`${where}.complete must be a boolean`);
  if (typeof last !== "boolean") throw new DecodeError(`${where}.last must be a boolean`);
  if (!isCount(part)) throw new DecodeError(`${where}.part must be 0 or more`);
  const body = { entries, complete, part, last };
  if (self === undefined) return body;
  return { ...body, self: decodeSelf(self, `${where}.self`, entries.fields, listings) };
}

function decodeTotals(fields: Fields, where: string): WalkTotals {
  const { scopes, rows, unreadable } = (fields["totals"] ?? {}) as Partial<
    Record<keyof WalkTotals, unknown>
  >;
  if (!isCount(scopes) || !isCount(rows) || !isCount(unreadable)) {
    throw new DecodeError(`${where}.totals must count scopes, rows and unreadable`);
  }
  return { scopes, rows, unreadable };
}

function decodeScope(fields: Fields, where: string, { keys }: Rules): string {
  const { scope } = fields;
  if (!keys.isScope(scope)) throw new DecodeError(`${where}.scope is not valid`);
  return scope;
}

function decodeKeys(value: unknown, where: string, { isKey }: KeyRules): readonly string[] {
  if (!Array.isArray(value)) throw new DecodeError(`${where} must be a list`);
  for (let i = 0; i < value.length; i += 1) {
    if (!isKey(value[i])) throw new DecodeError(`${where}[${String(i)}] is not valid`);
  }
  return value as readonly string[];
}

function text(fields: Fields, name: string, where: string, lengthMax: number): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "" || value.length > lengthMax) {
    throw new DecodeError(
      `${where}.${name} must be a text of 1 to ${String(lengthMax)} characters`,
    );
  }
  return value;
}

function oneOf<const T extends string>(
  fields: Fields,
  name: string,
  where: string,
  allowed: readonly T[],
): T {
  const found = allowed.find((word) => word === fields[name]);
  if (found === undefined) {
    throw new DecodeError(`${where}.${name} must be one of ${allowed.join(", ")}`);
  }
  return found;
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
