import type { ListingMessage, Message, Observation, Table, WalkTotals } from "@fustor/core";
import { decodeChange } from "./decode-change.js";
import { DecodeError } from "./errors.js";
import { WIRE_LIMITS } from "./limits.js";
import type { MessageRules } from "./message-rules.js";
import { isCount, isTime, oneOf, text, type Fields } from "./read-fields.js";

/** Reads one message in the form of `V2Message`. `where` names it in errors. */
export function readMessage(value: unknown, where: string, rules: MessageRules): Message {
  if (typeof value !== "object" || value === null) throw new DecodeError(`${where} is no object`);
  const fields = value as Fields;
  const observation = decodeObservation(fields, where);
  switch (fields["kind"]) {
    case "change":
      return decodeChange(fields, observation, where, rules);
    case "listing":
      return decodeListing(fields, observation, where, rules);
    case "digest":
      return {
        kind: "digest",
        ...observation,
        scope: decodeScope(fields, where, rules),
        ...decodeDigest(fields, where, rules),
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
    "sentinel",
  ]);
  const { started_at: startedAt, ended_at: endedAt } = fields;
  if (!isTime(startedAt) || !isTime(endedAt) || endedAt < startedAt) {
    throw new DecodeError(`${where}: started_at and ended_at must be times, in this order`);
  }
  return { source, startedAt, endedAt };
}

/** Literals of one form: there are many listings, and spreading objects costs more than the rest. */
function decodeListing(
  fields: Fields,
  { source, startedAt, endedAt }: Observation,
  where: string,
  rules: MessageRules,
): ListingMessage {
  const { self, complete, part, last } = fields;
  const { listings } = rules;
  const kind = "listing";
  const scope = decodeScope(fields, where, rules);
  const entries = listings.table(fields["entries"], `${where}.entries`);
  if (typeof complete !== "boolean") throw new DecodeError(`${where}.complete must be a boolean`);
  if (typeof last !== "boolean") throw new DecodeError(`${where}.last must be a boolean`);
  if (!isCount(part)) throw new DecodeError(`${where}.part must be 0 or more`);
  if (self === undefined) {
    return { kind, source, startedAt, endedAt, scope, entries, complete, part, last };
  }
  const own = listings.self(self, `${where}.self`, entries.fields);
  return { kind, source, startedAt, endedAt, scope, entries, self: own, complete, part, last };
}

interface DigestBody {
  readonly digest: string;
  readonly count: number;
  readonly self: Table;
}

const DIGEST = /^[0-9a-f]{16}$/;

function decodeDigest(fields: Fields, where: string, { listings }: MessageRules): DigestBody {
  const { digest, count } = fields;
  if (typeof digest !== "string" || !DIGEST.test(digest)) {
    throw new DecodeError(`${where}.digest must be 16 lower-case hexadecimal digits`);
  }
  if (!isCount(count)) throw new DecodeError(`${where}.count must be 0 or more`);
  return { digest, count, self: listings.ownTable(fields["self"], `${where}.self`) };
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

function decodeScope(fields: Fields, where: string, { keys }: MessageRules): string {
  const { scope } = fields;
  if (!keys.isScope(scope)) throw new DecodeError(`${where}.scope is not valid`);
  return scope;
}
