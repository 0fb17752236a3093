import type { ChangeMessage, ListingMessage, Message } from "@fustor/core";
import type { V1Event, V1IngestRequest, V1MessageSource, V1Row, V1SourceType } from "./v1.js";
import { v1Rows } from "./v1-rows.js";

/** One call that carries a part of a batch to a v1 Fusion, in this order. */
export type V1Call =
  { readonly kind: "ingest"; readonly body: V1IngestRequest } | { readonly kind: "audit_end" };

const EVENTS_PER_CALL = 100;
const ROWS_PER_EVENT = 100;

const ROW_FIELDS = [
  "path",
  "file_name",
  "size",
  "modified_time",
  "created_time",
  "is_directory",
] as const;

/**
 * What a v1 Fusion can be told of a message, as events. v1 has no words for what was lost or could
 * not be read, nor for a digest, nor for absence seen in a listing: an audit's end is its only proof
 * of absence. A move is told as the end of one name and the beginning of another.
 */
export function toV1Events(message: Message): V1Event[] {
  switch (message.kind) {
    case "change":
      return fromChange(message);
    case "listing":
      return message.source === "audit" ? fromAudit(message) : fromListing(message);
    case "digest":
    case "unreadable":
    case "lost":
    case "mark":
      return [];
  }
}

/**
 * The calls that carry messages of one stream. A snapshot's end is said twice and an audit's with a
 * call of its own, as the existing agents do.
 */
export function toV1Calls(messages: readonly Message[]): V1Call[] {
  const calls: V1Call[] = [];
  let pending: V1Event[] = [];
  let pendingType: V1SourceType = "message";
  const flush = (isEnd: boolean): void => {
    if (pending.length > 0) calls.push(ingest(pending, pendingType, isEnd));
    pending = [];
  };
  for (const message of messages) {
    if (message.kind === "mark" && message.edge === "end") {
      const type = WALK_TYPES[message.walk];
      const carriesEnd = type === "snapshot" && pendingType === type && pending.length > 0;
      flush(carriesEnd);
      if (type === "snapshot" && !carriesEnd) calls.push(ingest([], type, true));
      calls.push(ingest([], type, type !== "message"));
      if (type === "audit") calls.push({ kind: "audit_end" });
      continue;
    }
    const type = sourceType(message);
    for (const event of toV1Events(message)) {
      if (type !== pendingType || pending.length === EVENTS_PER_CALL) flush(false);
      pendingType = type;
      addEvent(pending, event);
    }
  }
  flush(false);
  return calls;
}

const WALK_TYPES = { snapshot: "snapshot", audit: "audit", scan: "message" } as const;

function sourceType({ source }: Message): V1SourceType {
  return source === "snapshot" || source === "audit" ? source : "message";
}

function ingest(events: V1Event[], source_type: V1SourceType, is_end: boolean): V1Call {
  return { kind: "ingest", body: { events, source_type, is_end } };
}

/** Small directories of a walk share an event. */
function addEvent(events: V1Event[], event: V1Event): void {
  const last = events.at(-1);
  if (
    last?.message_source === "snapshot" &&
    event.message_source === "snapshot" &&
    last.rows.length + event.rows.length <= ROWS_PER_EVENT
  ) {
    events[events.length - 1] = { ...last, rows: [...last.rows, ...event.rows] };
  } else {
    events.push(event);
  }
}

function fromChange(message: ChangeMessage): V1Event[] {
  const { upserts, deletes, settled = [], moves = [] } = message;
  const rows = v1Rows(upserts.fields, upserts.rows);
  if (message.source !== "realtime") {
    return toEvents(message, rows.map(message.source === "audit" ? unlisted : identity));
  }
  const atRest = new Set(settled);
  // Deletes first: that of a directory must not take along what was made in its place.
  const gone = [...moves.map(([from]) => from), ...deletes];
  return [
    ...gone.map((path) => toEvent(message, "delete", [{ path }])),
    ...rows.map((row) => {
      const isAtRest = { is_atomic_write: atRest.has(row.path) };
      return toEvent(message, "update", [row.is_directory ? row : { ...row, ...isAtRest }]);
    }),
  ];
}

function fromListing(message: ListingMessage): V1Event[] {
  const { scope, entries, self } = message;
  const rows = self === undefined ? entries.rows : [self, ...entries.rows];
  return toEvents(message, v1Rows(entries.fields, rows, scope));
}

/**
 * At an audit's end a v1 Fusion removes whatever it did not hear of in directories whose own row
 * says no `audit_skipped`. So that is what a directory's row says, until its own complete listing:
 * the last row counts.
 */
function fromAudit(message: ListingMessage): V1Event[] {
  const { scope, entries, self, complete, last } = message;
  const rows = v1Rows(entries.fields, entries.rows, scope);
  const own = self === undefined ? undefined : v1Rows(entries.fields, [self], scope)[0];
  const parent =
    own?.modified_time === undefined ? {} : { parent_path: scope, parent_mtime: own.modified_time };
  return [
    ...(own === undefined ? [] : toEvents(message, [complete && last ? own : unlisted(own)])),
    ...toEvents(
      message,
      rows.filter((row) => !row.is_directory).map((row) => ({ ...row, ...parent })),
    ),
    ...toEvents(message, rows.filter((row) => row.is_directory).map(unlisted)),
  ];
}

function unlisted(row: V1Row): V1Row {
  return row.is_directory === true ? { ...row, audit_skipped: true } : row;
}

function identity(row: V1Row): V1Row {
  return row;
}

/** Events of up to 100 rows. */
function toEvents(message: Message, rows: readonly V1Row[]): V1Event[] {
  const events: V1Event[] = [];
  for (let i = 0; i < rows.length; i += ROWS_PER_EVENT) {
    events.push(toEvent(message, "update", rows.slice(i, i + ROWS_PER_EVENT)));
  }
  return events;
}

function toEvent(
  { source, startedAt }: Message,
  event_type: "update" | "delete",
  rows: readonly V1Row[],
): V1Event {
  return {
    event_type,
    fields: fieldsOfEvent(event_type, rows[0]),
    rows,
    index: Math.floor(startedAt),
    event_schema: "fs",
    table: "files",
    message_source: V1_SOURCES[source],
  };
}

const V1_SOURCES: Readonly<Record<Message["source"], V1MessageSource>> = {
  realtime: "realtime",
  snapshot: "snapshot",
  audit: "audit",
  // v1 has no word for these: the existing agents answer a scan with rows of a snapshot.
  on_demand: "snapshot",
  sentinel: "snapshot",
};

function fieldsOfEvent(type: "update" | "delete", row: V1Row | undefined): readonly string[] {
  if (type === "delete") return ["path"];
  return row === undefined ? ROW_FIELDS : Object.keys(row);
}
