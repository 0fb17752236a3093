import type { EntryField } from "@fustor/protocol";

/**
 * The answers of the newer calls as JSON Schemas, by the names of their types in `@fustor/protocol`.
 * For the OpenAPI document only: a test holds them to what the calls really answer.
 */

type Shape = Readonly<Record<string, unknown>>;

const text = { type: "string" };
const count = { type: "integer", minimum: 0 };
const seconds = { type: "number" };
const flag = { type: "boolean" };
const orNull = ({ type, ...rest }: { readonly type: string }): Shape => ({
  type: [type, "null"],
  ...rest,
});
const list = (items: Shape): Shape => ({ type: "array", items });

/** All members are there, but for those that are named optional; there are no others. */
function object(properties: Readonly<Record<string, Shape>>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", required, properties, additionalProperties: false } as const;
}

const metaShape = {
  view: text,
  incarnation: text,
  revision: count,
  as_of: seconds,
  ready: flag,
  coverage: { type: "number", minimum: 0, maximum: 1 },
  gaps: flag,
  held: flag,
  truncated: flag,
};
const meta = object(metaShape);

const entryShape = {
  path: text,
  name: text,
  type: { type: ["string", "null"], enum: ["f", "d", "l", "p", "s", "b", "c", null] },
  size: orNull(count),
  blocks: orNull(count),
  mode: orNull(count),
  uid: orNull(count),
  gid: orNull(count),
  ino: orNull(text),
  nlink: orNull(count),
  mtime: orNull(seconds),
  ctime: orNull(seconds),
  mtime_ns: orNull(text),
  ctime_ns: orNull(text),
  suspect: flag,
  blind_spot: flag,
  doubted: flag,
  held: flag,
} satisfies Record<EntryField, Shape>;

const named = { path: text, path_b64: text };

const said = {
  type: ["object", "null"],
  required: ["host", "how", "at", "error"],
  properties: {
    host: text,
    how: { type: "string", enum: ["event", "probe", "listing"] },
    at: seconds,
    error: seconds,
  },
  additionalProperties: false,
};

const gap = object(
  {
    ...named,
    kind: { type: "string", enum: ["lost", "unreadable"] },
    reason: text,
    since: seconds,
  },
  ["path_b64"],
);

const sums = { files: count, directories: count, bytes: count, allocated_bytes: count };

const usage = object(
  {
    ...named,
    name: text,
    type: entryShape.type,
    ...sums,
    newest_mtime: orNull(seconds),
    newest_mtime_ns: orNull(text),
    children: list({ type: "object", description: "The same for each child, the largest first." }),
    rest: object({ entries: count, ...sums }),
  },
  ["path_b64", "children", "rest"],
);

const scanJob = object(
  {
    id: text,
    state: { type: "string", enum: ["queued", "running", "done", "failed", "cancelled"] },
    ...named,
    recursive: flag,
    progress: object({ directories: count, rows: count }),
    created_at: seconds,
    started_at: seconds,
    ended_at: seconds,
    agent_id: text,
    error: text,
  },
  ["path_b64", "started_at", "ended_at", "agent_id", "error"],
);

const hold = object(
  {
    id: text,
    ...named,
    names: count,
    decision: { type: "string", enum: ["approved", "rejected"] },
  },
  ["path_b64", "decision"],
);

const key = object(
  {
    id: text,
    name: text,
    scopes: list(text),
    created_at: seconds,
    expires_at: orNull(seconds),
  },
  ["name"],
);

export const ANSWERS: Readonly<Record<string, Shape>> = {
  EntriesReply: object({
    entries: list(
      object({ ...entryShape, path_b64: text }, [...Object.keys(entryShape), "path_b64"]),
    ),
    next_cursor: orNull(text),
    meta,
  }),
  EntryReply: object({
    entry: object({ ...entryShape, path_b64: text }, ["path_b64"]),
    trust: object({
      seen: said,
      suspect_until: orNull(seconds),
      listed: said,
      listed_age: orNull(seconds),
      gaps: list(gap),
    }),
    meta,
  }),
  ExplainReply: object(
    {
      ...named,
      present: flag,
      rule: orNull(text),
      seen: said,
      absent: said,
      others: list(said),
      doubted: flag,
      held: flag,
      suspect_until: orNull(seconds),
      directory: object({ ...named, listed: said }, ["path_b64"]),
      gaps: list(gap),
      meta,
    },
    ["path_b64"],
  ),
  UsageReply: object({
    usage,
    meta: object({
      ...metaShape,
      hard_links: { type: "string", enum: ["none", "counted_once", "counted_each"] },
    }),
  }),
  CoverageReply: object(
    {
      ...named,
      directories: count,
      listed: count,
      coverage: metaShape.coverage,
      oldest_listed_at: orNull(seconds),
      listed_ages: list(object({ max_age: orNull(seconds), directories: count })),
      watched: flag,
      gaps: list(gap),
      lost: count,
      unreadable: count,
      meta,
    },
    ["path_b64"],
  ),
  ScanJob: scanJob,
  ScanJobs: object({ scans: list(scanJob) }),
  Holds: object({ holds: list(hold) }),
  HoldDecision: object({
    decision: { type: "string", enum: ["approve", "reject"] },
    holds: list(hold),
  }),
  RootsReply: object({
    roots: list(
      object(
        {
          agent_id: text,
          pipe_id: text,
          uri: text,
          identity: text,
          state: { type: "string", enum: ["taken", "refused"] },
          reason: text,
          at: seconds,
        },
        ["reason"],
      ),
    ),
  }),
  RootAccepted: object({ agent_id: text, identity: text, pipe_id: text }),
  Keys: object({ keys: list(key) }),
  KeyMade: object({ id: text, key: text }),
};
