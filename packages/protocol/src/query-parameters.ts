import type { ConfigOf, ObjectSchema } from "@fustor/core";
import { DEFAULT_ENTRY_FIELDS, ENTRY_FIELDS } from "./query.js";

/**
 * The parameters of the query API: a literal for each call is the only description of what it
 * takes, from which requests are checked and the OpenAPI document is made.
 */

const SECONDS = "^-?\\d{1,15}(?:\\.\\d{1,9})?$";
const LIST_OF_FIELDS = `^(?:${ENTRY_FIELDS.join("|")})(?:,(?:${ENTRY_FIELDS.join("|")}))*$`;

const path = {
  path: {
    type: "string",
    default: "/",
    description: "Where to look: from the view's root on, beginning with a slash.",
  },
  path_b64: {
    type: "string",
    description: "The bytes of the path in base 64, in place of path.",
  },
} as const;

/** Of `entry`, `explain` and `coverage`. */
export const pathParameters = {
  type: "object",
  properties: path,
} as const satisfies ObjectSchema;

export const entriesParameters = {
  type: "object",
  properties: {
    ...path,
    recursive: {
      type: "boolean",
      default: true,
      description: "All that stands below; false: only the children.",
    },
    name: {
      type: "string",
      maxLength: 255,
      description: "Names that contain this text, without case.",
    },
    glob: {
      type: "string",
      maxLength: 1_000,
      description:
        "With a slash: paths below path that match; without: names. " +
        "Knows `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}` and `**`.",
    },
    regex: {
      type: "string",
      maxLength: 1_000,
      description:
        "An expression of RE2 that is found somewhere in the path from the view's root on.",
    },
    type: {
      type: "string",
      pattern: "^[fdlpsbc](?:,[fdlpsbc])*$",
      patternMeans: "letters of find -type, separated by commas, e.g. f,l",
      description: "Letters of find -type, separated by commas.",
    },
    min_size: { type: "integer", minimum: 0, description: "At least so many bytes." },
    max_size: { type: "integer", minimum: 0, description: "At most so many bytes." },
    modified_after: {
      type: "string",
      pattern: SECONDS,
      patternMeans: "seconds since the epoch, with up to nine decimals",
      description: "Modified then or later: seconds since the epoch, with up to nine decimals.",
    },
    modified_before: {
      type: "string",
      pattern: SECONDS,
      patternMeans: "seconds since the epoch, with up to nine decimals",
      description: "Modified before: seconds since the epoch, with up to nine decimals.",
    },
    uid: { type: "integer", minimum: 0, description: "Of this owner." },
    gid: { type: "integer", minimum: 0, description: "Of this group." },
    suspect: {
      type: "boolean",
      description: "Still being written, or too fresh to be sure of; false: all others.",
    },
    blind_spot: {
      type: "boolean",
      description: "Made or changed without an event; false: all others.",
    },
    sort: {
      type: "string",
      enum: ["path", "name", "size", "mtime"],
      description:
        "path: as a walk in the order of names goes; equal values stand in a fixed order of no " +
        "meaning. Default: path, for NDJSON no order.",
    },
    order: { type: "string", enum: ["asc", "desc"], default: "asc", description: "Which way." },
    limit: {
      type: "integer",
      minimum: 1,
      description: "Entries of a page, up to 10000, 1000 by default; NDJSON: all by default.",
    },
    cursor: {
      type: "string",
      maxLength: 16_384,
      description: "next_cursor of the page before; all else as it was but limit and fields.",
    },
    fields: {
      type: "string",
      default: DEFAULT_ENTRY_FIELDS.join(","),
      pattern: LIST_OF_FIELDS,
      patternMeans: `some of ${ENTRY_FIELDS.join(", ")}, separated by commas`,
      description: `Some of ${ENTRY_FIELDS.join(", ")}, separated by commas.`,
    },
  },
} as const satisfies ObjectSchema;

export const usageParameters = {
  type: "object",
  properties: {
    ...path,
    depth: {
      type: "integer",
      minimum: 0,
      maximum: 16,
      default: 1,
      description: "How many levels of children to show.",
    },
    top: {
      type: "integer",
      minimum: 1,
      maximum: 10_000,
      default: 100,
      description: "How many children of each directory to show, the largest first.",
    },
  },
} as const satisfies ObjectSchema;

export type EntriesQuery = Partial<ConfigOf<typeof entriesParameters>>;
export type UsageQuery = Partial<ConfigOf<typeof usageParameters>>;
