import type { ObjectSchema } from "@fustor/core";
import { pathParameters } from "./query-parameters.js";
import type { FullEntryJson } from "./query.js";

/** What `GET /api/v1/views/{v}/changes` answers, and the data of its server-sent events. */
export interface ChangesPage {
  readonly view: string;
  /** In the order in which they happened. Empty where nothing did. */
  readonly events: readonly ChangeEvent[];
  /** Where these events end: `since` of the next call, and the id of a server-sent event. */
  readonly cursor: string;
  /** The view's revision when this was answered. */
  readonly revision: number;
  /** More has happened already than fits this page. */
  readonly more: boolean;
  /**
   * What happened since the cursor that was given cannot be told: read the view anew, and go on
   * from `cursor`. Pages with a reset have no events.
   */
  readonly reset?: ChangesReset;
}

/**
 * - `too old`: more has happened since than is remembered
 * - `other incarnation`: the view began anew, or Fusion did
 * - `future`: the cursor names a revision that the view has not reached
 */
export interface ChangesReset {
  readonly reason: "too old" | "other incarnation" | "future";
}

/**
 * What happened to one name. To delete what is not there, and to create what is there already, has
 * no further effect: who read the view while it changed hears of some changes twice.
 */
export interface ChangeEvent {
  /**
   * - `created`: the name is new
   * - `updated`: it is another than before; also when a directory became a file, or a file one
   * - `deleted`: it is gone, and all below it
   * - `moved`: `from` is `path` now, and all below it went along unchanged; only `moved` has `from`
   */
  readonly kind: "created" | "updated" | "deleted" | "moved";
  /** The view's revision with this event and its like. */
  readonly revision: number;
  readonly path: string;
  /** The bytes of `path` in base 64, when it is not valid UTF-8. */
  readonly path_b64?: string;
  readonly from?: string;
  readonly from_b64?: string;
  readonly is_directory: boolean;
  /** What it is now. Absent when it is gone, or no more is known than that it is there. */
  readonly attributes?: ChangedAttributes;
  /**
   * It was moved into the subtree that was asked for, and what is below it with it, untold: list it
   * to know that. It may also not be there at all, when something above the subtree was moved.
   */
  readonly unlisted?: true;
}

/** What `entries` says of a name, as far as it is the file's own. */
export type ChangedAttributes = {
  readonly [Key in AttributeField]: NonNullable<FullEntryJson[Key]>;
};

type AttributeField =
  | "type"
  | "size"
  | "blocks"
  | "mode"
  | "uid"
  | "gid"
  | "ino"
  | "nlink"
  | "mtime"
  | "ctime"
  | "mtime_ns"
  | "ctime_ns";

/** Names of the server-sent events; the data of both is a `ChangesPage`. */
export type ChangesEventName = "changes" | "reset";

export const changesParameters = {
  type: "object",
  properties: {
    ...pathParameters.properties,
    since: {
      type: "string",
      maxLength: 200,
      description: "The cursor of the page before. Default: from now on.",
    },
    wait: {
      type: "integer",
      minimum: 0,
      maximum: 60,
      default: 0,
      description: "Wait up to so many seconds for something to happen.",
    },
    limit: {
      type: "integer",
      minimum: 1,
      maximum: 10_000,
      default: 1_000,
      description: "Events of one page, at most.",
    },
  },
} as const satisfies ObjectSchema;
