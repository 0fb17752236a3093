import type { FastifyRequest } from "fastify";
import type { Context } from "../context.js";
import { readBoolean, readPath, type Query } from "../http/query-params.js";
import { scopesOf } from "../http/access.js";
import { Part } from "../part/part.js";
import { Problem } from "../problem.js";
import type { Scopes } from "../scopes.js";
import { showPart, type LiveView } from "../views.js";

const RETRY_AFTER_S = 5;

type OfView = FastifyRequest<{ Params: { view: string } }>;

/** The view that a call names, as its caller may see it. Answers 404 when there is no such view. */
export function requireView(context: Context, request: OfView): LiveView {
  const id = request.params.view;
  const view = context.views.get(id);
  const [shown] = view === undefined ? [] : showTo(scopesOf(request), view, context);
  if (shown !== undefined) return shown;
  const scopes = scopesOf(request);
  const known = [...context.views.keys()].filter((each) => scopes.partsOf(each).length > 0);
  const hint = known.length === 0 ? {} : { hint: `The views are: ${known.join(", ")}.` };
  throw new Problem("NOT_FOUND", `There is no view "${id}".`, hint);
}

/** A view as a key may see it, if it may. */
export function showTo(scopes: Scopes, view: LiveView, { seal }: Context): readonly LiveView[] {
  const paths = scopes.partsOf(view.id);
  if (paths.length === 0) return [];
  return [paths.includes("/") ? view : showPart(view, new Part(paths, seal))];
}

/**
 * The path that a call asks about: the top of what the caller may see, unless it names one. What the
 * caller may not see is answered as what is not there.
 */
export function readAskedPath({ part }: LiveView, query: Query): string {
  const path = readPath(query, part?.top);
  if (part?.shows(path) === false) throw unknownPath();
  return path;
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
