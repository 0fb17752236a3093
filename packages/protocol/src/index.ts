export {
  BATCH_TYPE,
  encodeBinaryBatch,
  encodePackedBatch,
  openBinaryBatch,
  packMessages,
} from "./binary/batch.js";
export {
  decodeMessage,
  encodeBatch,
  encodeMessage,
  openJsonBatch,
  withoutMoves,
  type BatchEnvelope,
  type BatchHead,
  type ClockMapping,
  type DecodeOptions,
  type IngestBatch,
} from "./codec-v2.js";
export { fromV1Events, type V1Reception } from "./decode-v1.js";
export * from "./encode-v1.js";
export * from "./errors.js";
export { isWirePath } from "./keys.js";
export * from "./limits.js";
export * from "./open.js";
export * from "./query.js";
export * from "./query-parameters.js";
export * from "./query-changes.js";
export * from "./query-holds.js";
export * from "./query-roots.js";
export * from "./query-keys.js";
export * from "./query-scans.js";
export * from "./urls.js";
export * from "./v1.js";
export { V1Audit } from "./v1-audit.js";
export { V1Reader } from "./v1-reader.js";
export { V1Times } from "./v1-times.js";
export * from "./v2.js";
