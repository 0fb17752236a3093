import type { ObjectSchema } from "@fustor/core";

/** The options of a `fs` source. */
export const configSchema = {
  type: "object",
  additionalProperties: false,
  required: ["uri"],
  properties: {
    uri: {
      type: "string",
      pattern: "^/",
      patternMeans: "an absolute path",
      description: "The absolute path of the folder to report.",
    },
    driver_params: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "What to report of it, and how to look.",
      properties: {
        file_pattern: {
          type: "string",
          // An open bracket matches no name at all, and takes every file out of the view.
          pattern: String.raw`^(?:[^/\\\[{]|\\[^/]|\[[!^]?\]?(?:[^/\[\]]|\[:[a-z]+:\])*\]|\{(?:[^/{}]|\{[^/{}]*\})*\})+$`,
          patternMeans: "a glob for names, without / and with every [ and { closed",
          default: "*",
          description: "A glob that file names must match. Folders are always reported.",
        },
        exclude: {
          type: "array",
          items: { type: "string", minLength: 1 },
          default: [],
          description: "Patterns in the manner of .gitignore, relative to uri.",
        },
        watch_backend: {
          type: "string",
          enum: ["auto", "inotify", "parcel"],
          default: "auto",
          description: "What tells about changes. auto takes the best that works here.",
        },
        attribute_cache_sec: {
          type: "number",
          minimum: 0,
          maximum: 3600,
          description:
            "How long this host may see old attributes. Default: 0 on local file systems, else 60.",
        },
      },
    },
  },
} as const satisfies ObjectSchema;
