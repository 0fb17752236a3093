import type { ObjectSchema } from "@fustor/core";

/** The options of an `echo` sender. */
export const configSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    rows: {
      type: "boolean",
      default: false,
      description: "Print every message as a line of JSON. Otherwise batches are only counted.",
    },
    audit_interval_sec: {
      type: "integer",
      minimum: 0,
      default: 0,
      description: "How often to ask for an audit. 0: never.",
    },
  },
} as const satisfies ObjectSchema;
