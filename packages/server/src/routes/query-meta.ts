import type { GapJson, QueryMeta, SaidJson } from "@fustor/protocol";
import { isBelow, type Gap, type Said } from "@fustor/schema-fs";
import { pathB64 } from "../http/node-json.js";
import type { LiveView } from "../views.js";

/** What an answer of now rests on. */
export function toMeta({ id, fs, feed }: LiveView, { truncated = false } = {}): QueryMeta {
  const { directories, unlisted, gaps, held, asOf } = fs.stats();
  const { ready } = fs.readiness();
  return {
    view: id,
    incarnation: feed.incarnation,
    revision: fs.revision,
    as_of: asOf / 1000,
    ready,
    coverage: (directories - unlisted) / (directories + (ready ? 0 : 1)),
    gaps: gaps > 0,
    held: held > 0,
    truncated,
  };
}

/** The gaps that a path stands in. */
export function gapsAbove({ fs }: LiveView, path: string): GapJson[] {
  return [...fs.gaps()]
    .filter(({ scope }) => scope === path || isBelow(path, scope))
    .map(toGapJson);
}

export function toGapJson({ scope, kind, reason, since }: Gap): GapJson {
  return { ...toPathJson(scope), kind, reason, since: since / 1000 };
}

export function toSaidJson(said: Said | undefined): SaidJson | null {
  if (said === undefined) return null;
  const { host, how, at, errorMs } = said;
  return { host, how, at: at / 1000, error: errorMs / 1000 };
}

/** A path as text, and its bytes where the text cannot say them. */
export function toPathJson(path: string): { readonly path: string; readonly path_b64?: string } {
  const bytes = pathB64(path);
  return { path: path.toWellFormed(), ...(bytes === undefined ? {} : { path_b64: bytes }) };
}
