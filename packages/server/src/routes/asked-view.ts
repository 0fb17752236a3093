import type { Context } from "../context.js";
import { readBoolean, readPath, type Query } from "../http/query-params.js";
import { Problem } from "../problem.js";
import type { LiveView } from "../views.js";

const RETRY_AFTER_S = 5;

/** Answers 404 when there is no such view. */
export function requireView({ views }: Context, id: string): LiveView {
  const view = views.get(id);
  if (view !== undefined) return view;
  const known = [...views.keys()].join(", ");
  throw new Problem("NOT_FOUND", `There is no view "${id}".`, { hint: `The views are: ${known}.` });
}

/** Answers 503 until the first snapshot was applied, unless the caller takes what there is. */
export function requireReady({ id, fs }: LiveView, query: Query): void {
  if (fs.readiness(readPath(query)).ready || readBoolean(query, "partial", false)) return;
  throw new Problem("NOT_READY", `View '${id}': Initial snapshot sync phase in progress`, {
    headers: { "retry-after": String(RETRY_AFTER_S) },
  });
}

/** 404 in the words of v1: the path was not found, or is not synchronised yet. */
export function unknownPath(): Problem {
  return new Problem("NOT_FOUND", "路径未找到或尚未同步");
}
