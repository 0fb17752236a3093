import type { Batch, Message, Stream } from "@fustor/core";
import { countRows } from "@fustor/core";
import { readMessage } from "./decode-message.js";
import { TooManyRowsError } from "./errors.js";
import { WIRE_LIMITS } from "./limits.js";
import { messageRules, type MessageRules } from "./message-rules.js";
import type { V2IngestRequest, V2Message } from "./v2.js";

/** How an agent's clock stands to Fusion's, as the agent measured it. */
export interface ClockMapping {
  /** Add to the agent's time to get Fusion's, ms. */
  readonly offsetMs: number;
  /** By how much that may be wrong, either way, ms. */
  readonly errorMs: number;
}

/** What a body says of itself before its messages. */
export interface BatchHead {
  readonly epoch: number;
  readonly stream: Stream;
  readonly seq: number;
  /** Holds for all times in the batch. */
  readonly clock?: ClockMapping;
}

/** A batch as it came in: what it says is possible, though nothing says that it is true. */
export interface IngestBatch extends BatchHead {
  readonly messages: readonly Message[];
  /** Rows and keys of all messages, as `countRows` counts. */
  readonly rows: number;
}

/** A body of either form whose messages nobody has read yet. */
export interface BatchEnvelope extends BatchHead {
  /** Throws `DecodeError` naming what is wrong, or `TooManyRowsError`. */
  decode(options: DecodeOptions): IngestBatch;
}

export interface DecodeOptions {
  /** The schema that the session was opened with, e.g. `fs`. */
  readonly schema: string;
  /** Default: `WIRE_LIMITS.rows`. */
  readonly rowsMax?: number;
}

/** The body of an ingest call in its JSON form. Rows are not copied. */
export function encodeBatch(batch: Batch, epoch: number, clock?: ClockMapping): V2IngestRequest {
  const { stream, seq, messages } = batch;
  return {
    epoch,
    stream,
    seq,
    ...(clock === undefined
      ? {}
      : { clock: { offset_ms: clock.offsetMs, error_ms: clock.errorMs } }),
    messages: messages.map(encodeMessage),
  };
}

/** A message as it stands on the wire. Rows are not copied. */
export function encodeMessage(message: Message): V2Message {
  const { source, startedAt, endedAt, ...rest } = message;
  return { message_source: source, started_at: startedAt, ended_at: endedAt, ...rest };
}

/** A change for a receiver that knows no moves: the old name is gone, the new one is there. */
export function withoutMoves(message: Message): Message {
  if (message.kind !== "change" || message.moves === undefined) return message;
  const { moves, ...rest } = message;
  return { ...rest, deletes: [...new Set([...moves.map(([from]) => from), ...rest.deletes])] };
}

/** Reads a body that passed `v2IngestRequestSchema`. Rows are taken over as they are. */
export function openJsonBatch(body: V2IngestRequest): BatchEnvelope {
  const { epoch, stream, seq, clock } = body;
  const mapping =
    clock === undefined ? {} : { clock: { offsetMs: clock.offset_ms, errorMs: clock.error_ms } };
  const head = { epoch, stream, seq, ...mapping };
  return {
    ...head,
    decode: ({ schema, rowsMax = WIRE_LIMITS.rows }) =>
      readBatch(head, body.messages, messageRules(schema), rowsMax),
  };
}

/** Reads one message. `where` names it in errors. */
export function decodeMessage(value: unknown, schema: string, where = "message"): Message {
  return readMessage(value, where, messageRules(schema));
}

/** Reads messages in the form of `V2Message`, and counts what they hold. */
export function readBatch(
  head: BatchHead,
  values: readonly unknown[],
  rules: MessageRules,
  rowsMax: number,
): IngestBatch {
  const messages: Message[] = [];
  let rows = 0;
  for (const [index, value] of values.entries()) {
    const message = readMessage(value, `messages[${String(index)}]`, rules);
    rows += countRows(message);
    if (rows > rowsMax) throw new TooManyRowsError(rowsMax);
    messages.push(message);
  }
  const { epoch, stream, seq, clock } = head;
  // Literals: a log may hold millions of batches of one message.
  if (clock === undefined) return { epoch, stream, seq, messages, rows };
  return { epoch, stream, seq, clock, messages, rows };
}
