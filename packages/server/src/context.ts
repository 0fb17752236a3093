import type { Clock, ViewRecord } from "@fustor/core";
import type { FusionConfig } from "./config.js";
import type { Domain } from "./domain.js";
import type { FusionTime } from "./fusion-time.js";
import type { Storage } from "./log/storage.js";
import type { ScanJobs } from "./jobs.js";
import type { Metrics } from "./metrics.js";
import { Problem } from "./problem.js";
import type { Scopes } from "./scopes.js";
import type { Seal } from "./part/seal.js";
import type { LiveSession } from "./session.js";
import { leavesOf, type LiveView } from "./views.js";

/** What the routes work on. */
export interface Context {
  readonly config: FusionConfig;
  readonly clock: Clock;
  readonly time: FusionTime;
  readonly metrics: Metrics;
  readonly storage: Storage;
  readonly views: ReadonlyMap<string, LiveView>;
  /** By pipe id. */
  readonly domains: ReadonlyMap<string, Domain>;
  readonly jobs: ScanJobs;
  readonly seal: Seal;
}

/** A live session and where it belongs. */
export interface Located {
  readonly domain: Domain;
  readonly session: LiveSession;
}

/** Undefined when there is no such session, or the key is not its pipe's. */
export function findSession({ domains }: Context, id: string, scopes: Scopes): Located | undefined {
  const domain = [...domains.values()].find((each) => each.session(id) !== undefined);
  const session = domain?.session(id);
  if (domain === undefined || session === undefined) return undefined;
  return mayIngest(scopes, domain) ? { domain, session } : undefined;
}

/**
 * The pipe that a key feeds. A key for several pipes feeds the one that the agent's pipe is named
 * like. Answers 403 when that leaves it open.
 */
export function domainOf({ domains }: Context, scopes: Scopes, agentPipeId?: string): Domain {
  const named = agentPipeId === undefined ? undefined : domains.get(agentPipeId);
  if (named !== undefined && mayIngest(scopes, named)) return named;
  const allowed = [...domains.values()].filter((domain) => mayIngest(scopes, domain));
  const [only] = allowed;
  if (only !== undefined && allowed.length === 1) return only;
  const ids = [...domains.keys()].join(", ");
  if (only === undefined) {
    throw new Problem("FORBIDDEN", `The key ${scopes.keyId} feeds none of the pipes ${ids}.`, {
      hint: "Make one with: fustor-fusion keys create --scope ingest:PIPE",
    });
  }
  throw new Problem("FORBIDDEN", `The key ${scopes.keyId} may feed several pipes: ${ids}.`, {
    hint: "Name the agent's pipe like one of them, or use a key with the scope of one pipe.",
  });
}

/** A path as the domain that reports it says it. */
interface DomainPath {
  readonly domain: Domain;
  readonly scope: string;
}

/** Who reports what a view shows at a path; undefined above the roots of a forest. */
export function rootAt(
  context: Pick<Context, "domains">,
  view: LiveView,
  path: string,
): DomainPath | undefined {
  if (view.roots === undefined) {
    const [domain] = domainsInto(context, view);
    return domain && { domain, scope: path };
  }
  const [, name = "", ...rest] = path.split("/");
  const root = view.roots.has(name) ? context.domains.get(name) : undefined;
  return root && { domain: root, scope: `/${rest.join("/")}` };
}

/** The domains whose evidence flows into a view, or into the part of it that is shown. */
export function domainsInto(context: Pick<Context, "domains">, view: LiveView): readonly Domain[] {
  const { part, roots } = view;
  if (part !== undefined && roots !== undefined) {
    const found = part.paths.flatMap((path) => rootAt(context, view, path)?.domain ?? []);
    return [...new Set(found)];
  }
  const { domains } = context;
  // By their ids: the part of a view is another object.
  const leaves = leavesOf([view]);
  return [...domains.values()].filter((domain) => domain.views.some(({ id }) => leaves.has(id)));
}

/**
 * Empties a view and ends the sessions that feed it: their agents open new ones, and the leader
 * tells everything again.
 */
export function resetView(context: Context, view: LiveView): void {
  for (const domain of domainsInto(context, view)) domain.endAll("view reset");
  for (const leaf of leavesOf([view]).values()) {
    tellView(context, leaf, { kind: "reset", at: context.time.now() });
  }
}

/** Tells one view, which is no forest, what concerns no pipe. Nothing may go to it beside the log. */
export function tellView({ storage }: Context, view: LiveView, record: ViewRecord): void {
  storage.log.append({ entry: { kind: "told", at: record.at, view: view.id, record } });
  view.apply(record);
}

/** True when there is such a session, whoever asks. */
export function isLive({ domains }: Context, id: string): boolean {
  return [...domains.values()].some((domain) => domain.session(id) !== undefined);
}

function mayIngest(scopes: Scopes, domain: Domain): boolean {
  return scopes.allows(`ingest:${domain.pipe.id}`);
}
