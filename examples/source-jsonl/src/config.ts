import type { ObjectSchema } from "@fustor/core";

/** The options of a `jsonl` source, checked before it is created. */
export const configSchema = {
  type: "object",
  additionalProperties: false,
  required: ["path"],
  properties: {
    path: {
      type: "string",
      minLength: 1,
      description: "The file to follow: one JSON object a line, each with an id.",
    },
    poll_ms: {
      type: "integer",
      minimum: 50,
      default: 1000,
      description: "Pause between two looks, in milliseconds.",
    },
  },
} as const satisfies ObjectSchema;
