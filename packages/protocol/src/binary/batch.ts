import type { Batch, Message, Stream } from "@fustor/core";
import { readBatch, type BatchEnvelope, type ClockMapping } from "../codec-v2.js";
import { DecodeError } from "../errors.js";
import { keyRules } from "../keys.js";
import { WIRE_LIMITS } from "../limits.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { checkedTables, checkTable } from "./check-table.js";
import { readMessages } from "./decode-messages.js";
import { Unwritable, writeMessages } from "./encode-messages.js";

/** `Content-Type` of a batch in its binary form. */
export const BATCH_TYPE = "application/vnd.fustor.batch";

/** "fub" */
const MAGIC = Buffer.from([0x66, 0x75, 0x62]);
/** Of all that follows. */
const VERSION = 1;
const STREAMS: readonly Stream[] = ["realtime", "scan"];
const HAS_CLOCK = 2;
/** More than the magic, the flags, two numbers and a clock take. */
const HEAD_BYTES_MAX = 64;

/**
 * The binary form of a batch: the same that `encodeBatch` says in JSON, in a third of the bytes.
 *
 * Undefined for a batch that it has no words for, because a message is not what its type says or
 * holds more than any receiver takes: the JSON form carries it to its verdict.
 */
export function encodeBinaryBatch(
  batch: Batch,
  epoch: number,
  clock?: ClockMapping,
): Buffer | undefined {
  const out = new ByteWriter();
  writeHead(out, batch, epoch, clock);
  return writeBody(out, batch.messages) ? out.finish() : undefined;
}

/**
 * What a binary batch holds beside its head, so that messages can be put into bytes before anybody
 * knows which batch they will be. Undefined as for `encodeBinaryBatch`.
 */
export function packMessages(messages: readonly Message[]): Buffer | undefined {
  const out = new ByteWriter();
  return writeBody(out, messages) ? out.finish() : undefined;
}

/** The binary form of a batch whose messages `packMessages` has packed. */
export function encodePackedBatch(
  batch: Pick<Batch, "stream" | "seq">,
  packed: Uint8Array,
  epoch: number,
  clock?: ClockMapping,
): Buffer {
  const out = new ByteWriter(HEAD_BYTES_MAX + packed.length);
  writeHead(out, batch, epoch, clock);
  out.raw(packed);
  return out.finish();
}

function writeHead(
  out: ByteWriter,
  { stream, seq }: Pick<Batch, "stream" | "seq">,
  epoch: number,
  clock: ClockMapping | undefined,
): void {
  out.raw(MAGIC);
  out.byte(VERSION);
  out.byte(STREAMS.indexOf(stream) | (clock === undefined ? 0 : HAS_CLOCK));
  out.varint(epoch);
  out.varint(seq);
  if (clock !== undefined) {
    out.double(clock.offsetMs);
    out.double(clock.errorMs);
  }
}

/** False for what has no words here; what was written then is of no use. */
function writeBody(out: ByteWriter, messages: readonly Message[]): boolean {
  try {
    writeMessages(out, messages);
  } catch (error) {
    if (error instanceof Unwritable) return false;
    throw error;
  }
  return out.textBytes <= WIRE_LIMITS.textBytes;
}

/**
 * Reads the head of a binary batch; `decode` reads the rest. Both throw `DecodeError` for bytes
 * that are none, having taken no more memory than `WIRE_LIMITS` allow.
 */
export function openBinaryBatch(bytes: Uint8Array): BatchEnvelope {
  const { textBytes, cells } = WIRE_LIMITS;
  const input = new ByteReader(bytes, { textBytes, cells });
  if (input.left <= MAGIC.length || !input.skip(MAGIC)) {
    throw new DecodeError("The body is no binary batch");
  }
  const version = input.byte();
  if (version !== VERSION) {
    throw new DecodeError(`The batch is of version ${String(version)}, which is not known`);
  }
  const flags = input.byte();
  const stream = STREAMS[flags & ~HAS_CLOCK];
  if (stream === undefined) throw new DecodeError("The batch is of a stream that is not known");
  const epoch = input.varint();
  const seq = input.varint();
  if (seq === 0) throw new DecodeError("The batch has the seq 0");
  const clock = (flags & HAS_CLOCK) === 0 ? undefined : readClock(input);
  const start = input.at;
  const head = clock === undefined ? { epoch, stream, seq } : { epoch, stream, seq, clock };
  return {
    ...head,
    decode: ({ schema, rowsMax = WIRE_LIMITS.rows }) => {
      const body = new ByteReader(bytes, { textBytes, cells });
      body.at = start;
      const values = readMessages(body, (table) => {
        checkTable(table, schema, rowsMax);
      });
      const rules = { keys: keyRules(schema), ...checkedTables(schema) };
      return readBatch(head, values, rules, rowsMax);
    },
  };
}

function readClock(input: ByteReader): ClockMapping {
  const [offsetMs, errorMs] = [input.double(), input.double()];
  if (Number.isFinite(offsetMs) && Number.isFinite(errorMs) && errorMs >= 0) {
    return { offsetMs, errorMs };
  }
  throw new DecodeError("The batch has a clock that is none");
}
