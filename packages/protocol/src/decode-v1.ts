import type { ChangeMessage, MessageSource, Row } from "@fustor/core";
import { DecodeError, TooManyRowsError } from "./errors.js";
import { isWirePath } from "./keys.js";
import { WIRE_LIMITS } from "./limits.js";
import type { V1Event, V1IngestRequest, V1Row, V1SourceType } from "./v1.js";
import { toOurRow, V1_ATTRIBUTES } from "./v1-rows.js";
import type { V1Times } from "./v1-times.js";

/** When a body came in, and how to read the times in it. */
export interface V1Reception {
  /** The receiver's clock, ms. */
  readonly receivedAt: number;
  readonly times: V1Times;
}

const FIELDS = ["path", ...V1_ATTRIBUTES];

/**
 * Checks the rows of a body that passed `v1IngestRequestSchema`.
 *
 * Throws `DecodeError` naming event, row and field, `TooManyRowsError` before it looks at one.
 */
export function checkV1Rows({ events }: V1IngestRequest): void {
  const count = events.reduce((sum, { rows }) => sum + rows.length, 0);
  if (count > WIRE_LIMITS.rows) throw new TooManyRowsError(WIRE_LIMITS.rows);
  for (const [e, { event_type, rows }] of events.entries()) {
    for (const [r, row] of (rows as readonly unknown[]).entries()) {
      const fault = findFault(row, event_type);
      if (fault !== undefined) {
        throw new DecodeError(`events[${String(e)}].rows[${String(r)}]: ${fault} is not valid`);
      }
    }
  }
}

/** How a row of this event came about. A scan is answered by snapshot rows in `message` bodies. */
export function v1Source(event: V1Event, sourceType: V1SourceType): MessageSource {
  if (sourceType === "snapshot" || sourceType === "audit") return sourceType;
  return event.message_source === "snapshot" || event.message_source === "audit"
    ? "on_demand"
    : "realtime";
}

/**
 * Our messages for checked v1 events, in their order. What two of them say of one path is told by
 * the later one; deletes and upserts never share a message, because there order counts. Deletes
 * are believed of kernel events only.
 *
 * Realtime rows are dated by their arrival: the existing agents' own realtime index may lag by
 * minutes, and within one agent order is what counts.
 */
export function fromV1Events(
  events: readonly V1Event[],
  sourceType: V1SourceType,
  { receivedAt, times }: V1Reception,
): ChangeMessage[] {
  const messages: ChangeMessage[] = [];
  let group: Group | undefined;
  for (const event of events) {
    const source = v1Source(event, sourceType);
    const isDelete = event.event_type === "delete";
    if (isDelete && source !== "realtime") continue;
    const at = source === "realtime" ? receivedAt : times.read(event.index, receivedAt);
    if (group?.source !== source || group.isDelete !== isDelete || group.at !== at) {
      if (group !== undefined) messages.push(toMessage(group));
      group = { source, isDelete, at, rows: new Map() };
    }
    for (const row of event.rows) {
      // The root cannot go: what is meant is a mount that went, which proves nothing.
      if (!isDelete || row.path !== "/") group.rows.set(row.path, row);
    }
  }
  if (group !== undefined) messages.push(toMessage(group));
  return messages.filter(({ upserts, deletes }) => upserts.rows.length + deletes.length > 0);
}

interface Group {
  readonly source: MessageSource;
  readonly isDelete: boolean;
  readonly at: number;
  readonly rows: Map<string, V1Row>;
}

function toMessage({ source, isDelete, at, rows }: Group): ChangeMessage {
  const upserts: Row[] = [];
  const settled: string[] = [];
  for (const [path, row] of isDelete ? [] : rows) {
    upserts.push(toOurRow(path, row));
    if (row.is_atomic_write === true) settled.push(path);
  }
  return {
    kind: "change",
    source,
    startedAt: at,
    endedAt: at,
    upserts: { fields: FIELDS, rows: upserts },
    deletes: isDelete ? [...rows.keys()] : [],
    ...(settled.length === 0 ? {} : { settled }),
  };
}

/** The name of the first field that says something impossible. */
function findFault(row: unknown, type: V1Event["event_type"]): string | undefined {
  if (typeof row !== "object" || row === null) return "the row";
  const { path, size, modified_time, created_time, is_directory, is_atomic_write, audit_skipped } =
    row as Partial<Record<keyof V1Row, unknown>>;
  if (!isWirePath(path)) return "path";
  if (type === "delete") return undefined;
  if (!isAbsent(size) && !(Number.isSafeInteger(size) && (size as number) >= 0)) return "size";
  if (!isOptionalTime(modified_time)) return "modified_time";
  if (!isOptionalTime(created_time)) return "created_time";
  if (!isOptionalBoolean(is_directory)) return "is_directory";
  if (!isOptionalBoolean(is_atomic_write)) return "is_atomic_write";
  if (!isOptionalBoolean(audit_skipped)) return "audit_skipped";
  return undefined;
}

/** The existing agents write `null` where they know no size. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isOptionalTime(value: unknown): boolean {
  return value === undefined || (Number.isFinite(value) && Math.abs(value as number) < 2 ** 43);
}

function isOptionalBoolean(value: unknown): boolean {
  return value === undefined || typeof value === "boolean";
}
