import { isBelow, type FsAttributes, type FsEntry } from "@fustor/schema-fs";
import type { ChangeEvent } from "@fustor/protocol";

/** What happened to one name, as it is kept: paths as they are, attributes as they came. */
export interface FeedEvent {
  readonly kind: ChangeEvent["kind"];
  readonly revision: number;
  readonly path: string;
  /** Of a move alone. */
  readonly from: string | undefined;
  readonly isDirectory: boolean;
  readonly attributes: FsAttributes | undefined;
  /** What is below came along, and is not told. */
  readonly isUnlisted: boolean;
}

/** What a view tells of one change; undefined for what was never there. */
export function toFeedEvent(
  revision: number,
  path: string,
  before: FsEntry | undefined,
  after: FsEntry | undefined,
  from: string | undefined,
): FeedEvent | undefined {
  const entry = after ?? before;
  if (entry === undefined) return undefined;
  return {
    kind: kindOf(before, after, from),
    revision,
    path,
    from,
    isDirectory: entry.isDirectory,
    attributes: after?.attributes,
    isUnlisted: false,
  };
}

function kindOf(
  before: FsEntry | undefined,
  after: FsEntry | undefined,
  from: string | undefined,
): FeedEvent["kind"] {
  if (from !== undefined) return "moved";
  if (before === undefined) return "created";
  return after === undefined ? "deleted" : "updated";
}

/**
 * The event as it is seen from within a subtree; undefined where nothing of it shows there. A move
 * across its edge is a create or a delete there.
 */
export function seenFrom(scope: string, event: FeedEvent): FeedEvent | undefined {
  const { path, from } = event;
  if (scope === "/") return event;
  const isIn = path === scope || isBelow(path, scope);
  if (from === undefined) return isIn ? event : undefined;
  const wasIn = from === scope || isBelow(from, scope);
  if (isIn && wasIn) return event;
  if (isIn) return { ...event, kind: "created", from: undefined, isUnlisted: event.isDirectory };
  if (wasIn) return gone(event, from, event.isDirectory);
  // Something above was moved, and the subtree with it, if it had one there.
  if (isBelow(scope, from)) return gone(event, scope, true);
  if (!isBelow(scope, path)) return undefined;
  const attributes = undefined;
  return { ...event, kind: "created", path: scope, from: undefined, attributes, isUnlisted: true };
}

function gone(event: FeedEvent, path: string, isDirectory: boolean): FeedEvent {
  const attributes = undefined;
  return { ...event, kind: "deleted", path, from: undefined, isDirectory, attributes };
}
