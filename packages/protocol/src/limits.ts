/**
 * What one body may hold at the very most. A server may set lower limits and says so when a
 * session opens (`limits` of the reply).
 */
export const WIRE_LIMITS = {
  messages: 20_000,
  rows: 250_000,
  fields: 64,
  /** UTF-16 units: four times the longest path that Linux takes. */
  pathLength: 4 * 4096,
  valueLength: 64 * 1024,
  idLength: 200,
  reasonLength: 1_000,
  /** Values of all tables of one binary body. */
  cells: 8_000_000,
  /** Bytes of all texts of one binary body when they are unfolded. */
  textBytes: 64 * 1024 * 1024,
  /** Events of one v1 body; the existing agents send 100. */
  v1Events: 10_000,
  v1SentinelUpdates: 100_000,
} as const;
