import type { ConfigOf, ObjectSchema } from "@fustor/core";

export const configSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    mode: {
      type: "string",
      enum: ["merge", "forest"],
      default: "merge",
      description:
        "`merge`: one root, seen by many agents through one pipe. `forest`: one root for each pipe that feeds the view, at `/<pipe id>/...`; all other options hold for each root.",
    },
    hot_file_threshold_sec: {
      type: "number",
      minimum: 0,
      default: 60,
      description: "A file that changed less than this long ago is suspect. 0 suspects nothing.",
    },
    tombstone_ttl_sec: {
      type: "number",
      minimum: 0,
      default: 3600,
      description: "How long a deleted name is protected from reports that are older.",
    },
    tombstones_max: {
      type: "integer",
      minimum: 1,
      default: 200_000,
      description:
        "Deleted names remembered at once; beyond it the oldest is folded into its directory's.",
    },
    blind_spots_max: {
      type: "integer",
      minimum: 1,
      default: 10_000,
      description: "Blind spots of each kind remembered at once; beyond it the oldest is dropped.",
    },
    gaps_max: {
      type: "integer",
      minimum: 1,
      default: 10_000,
      description: "Gaps remembered at once; beyond it they become one gap of the whole root.",
    },
  },
} as const satisfies ObjectSchema;

export type FsViewConfig = ConfigOf<typeof configSchema>;
