import type { ConfigOf, ObjectSchema, StringSchema } from "@fustor/core";
import { BUFFER_ROWS_MAX } from "@fustor/core/host";

/** Ids become parts of names such as `<agent>:<pipe>`, so they hold no separators. */
const id = {
  type: "string",
  pattern: "^[A-Za-z0-9._-]{1,100}$",
  patternMeans: "1 to 100 letters, digits, dots, hyphens or underscores",
} as const satisfies StringSchema;

/** What an agent's name looks like, in the configuration and in the home; and that in words. */
export const AGENT_ID = new RegExp(id.pattern);
export const AGENT_ID_MEANS = id.patternMeans;

/** Open here, because it is checked against the driver's own schema. */
const driverConfig = {
  type: "object",
  additionalProperties: true,
  properties: {},
  default: {},
  description: "Options of the driver.",
} as const satisfies ObjectSchema;

const driverType = {
  type: "string",
  minLength: 1,
  description: "A driver: a short name, a package name, or a path that starts with a dot.",
} as const satisfies StringSchema;

/** `agent-config.yaml`. */
export const agentConfigSchema = {
  type: "object",
  required: ["sources", "senders", "pipes"],
  properties: {
    agent_id: {
      ...id,
      description: "Names this agent for good; made once and kept in the home when absent.",
    },
    sources: {
      type: "array",
      minItems: 1,
      description: "Where events come from.",
      items: {
        type: "object",
        required: ["id", "type"],
        properties: {
          id: { ...id, description: "Name of the source." },
          type: driverType,
          config: driverConfig,
        },
      },
    },
    senders: {
      type: "array",
      minItems: 1,
      description: "Where events go.",
      items: {
        type: "object",
        required: ["id", "type"],
        properties: {
          id: { ...id, description: "Name of the sender." },
          type: driverType,
          config: driverConfig,
        },
      },
    },
    pipes: {
      type: "array",
      minItems: 1,
      description: "Which source goes to which sender.",
      items: {
        type: "object",
        required: ["id", "source_id", "sender_id"],
        properties: {
          id: { ...id, description: "Name of the pipe." },
          source_id: { type: "string", description: "The id of a source above." },
          sender_id: { type: "string", description: "The id of a sender above." },
          enabled: { type: "boolean", default: true, description: "False: the pipe stays off." },
          fields: {
            type: "array",
            items: { type: "string", minLength: 1 },
            minItems: 1,
            description: "The fields of each row to send; all when absent.",
          },
          buffer_rows_max: {
            type: "integer",
            minimum: 1_000,
            maximum: 100_000_000,
            default: BUFFER_ROWS_MAX,
            description:
              "Changes that may wait for the receiver; with more, the folders they were in are looked at again.",
          },
        },
      },
    },
    listen: {
      type: "object",
      default: {},
      description: "Where the agent's page is served.",
      properties: {
        host: {
          type: "string",
          minLength: 1,
          default: "127.0.0.1",
          description: "Address to listen on.",
        },
        port: {
          type: "integer",
          minimum: 0,
          maximum: 65535,
          default: 8100,
          description: "Port to listen on; 0 takes a free one.",
        },
      },
    },
  },
} as const satisfies ObjectSchema;

export type AgentConfig = ConfigOf<typeof agentConfigSchema>;
