import type { Message, Stream } from "@fustor/core";
import {
  encodeBatch,
  encodeBinaryBatch,
  openBinaryBatch,
  openJsonBatch,
  type BatchEnvelope,
  type IngestBatch,
  type V2IngestRequest,
} from "@fustor/protocol";
import type { BatchForm } from "./entry.js";

/** A batch in the bytes that stand in the log. */
export interface BatchBody {
  readonly form: BatchForm;
  readonly bytes: Uint8Array;
}

/** Of what came in no body of our own forms, e.g. from an agent that speaks v1. */
export function bodyOf(stream: Stream, messages: readonly Message[], epoch: number): BatchBody {
  const batch = { stream, seq: 1, messages };
  const binary = encodeBinaryBatch(batch, epoch);
  if (binary !== undefined) return { form: "binary", bytes: binary };
  return { form: "json", bytes: Buffer.from(JSON.stringify(encodeBatch(batch, epoch))) };
}

/** What a body of the log says. Throws `DecodeError`. */
export function readBody({ form, bytes }: BatchBody, schema: string): IngestBatch {
  // Its limits were checked when it came, and may have changed since.
  return openBody({ form, bytes }).decode({ schema, rowsMax: Number.MAX_SAFE_INTEGER });
}

function openBody({ form, bytes }: BatchBody): BatchEnvelope {
  if (form === "binary") return openBinaryBatch(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return openJsonBatch(JSON.parse(text) as V2IngestRequest);
}
