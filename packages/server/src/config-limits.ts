import type { ObjectSchema } from "@fustor/core";

/** What may be asked of Fusion at once. */
export const limits = {
  type: "object",
  additionalProperties: false,
  description: "What one request may bring or take, and how many there may be.",
  default: {},
  properties: {
    max_batch_bytes: {
      type: "integer",
      minimum: 65_536,
      maximum: 1_073_741_824,
      default: 67_108_864,
      description: "Largest accepted batch, in bytes.",
    },
    max_batch_rows: {
      type: "integer",
      minimum: 1_000,
      maximum: 250_000,
      default: 100_000,
      description: "Most rows that one batch may carry.",
    },
    max_sessions: {
      type: "integer",
      minimum: 1,
      maximum: 100_000,
      default: 1_000,
      description: "Most sessions of agents at once; one more is answered 429.",
    },
    max_connections: {
      type: "integer",
      minimum: 10,
      maximum: 1_000_000,
      default: 10_000,
      description: "Most connections at once; one more is closed.",
    },
    max_requests_per_sec: {
      type: "integer",
      minimum: 1,
      maximum: 1_000_000,
      default: 5_000,
      description:
        "Most requests of one key in a second; a hundredth of it for wrong keys from one address. More are answered 429.",
    },
    header_timeout_sec: {
      type: "integer",
      minimum: 1,
      maximum: 3_600,
      default: 15,
      description: "The head of a request has to be there so soon.",
    },
    request_timeout_sec: {
      type: "integer",
      minimum: 1,
      maximum: 86_400,
      default: 300,
      description: "The whole of a request has to be there so soon.",
    },
    answer_timeout_sec: {
      type: "integer",
      minimum: 1,
      maximum: 86_400,
      default: 60,
      description: "Who takes nothing of an answer for so long is cut off.",
    },
    max_query_seconds: {
      type: "number",
      minimum: 0.001,
      maximum: 86_400,
      default: 60,
      description: "Most time that Fusion works on one question; waiting does not count.",
    },
    max_query_nodes: {
      type: "integer",
      minimum: 100,
      maximum: 1_000_000_000,
      default: 100_000_000,
      description: "Most names that one question may look at.",
    },
  },
} as const satisfies ObjectSchema;
