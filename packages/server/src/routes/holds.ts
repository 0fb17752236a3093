import { createHash } from "node:crypto";
import type { Hold, HoldDecision, Holds, RootAccepted } from "@fustor/protocol";
import { encodeName } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import { domainsInto, rootAt, tellView, type Context } from "../context.js";
import { Problem } from "../problem.js";
import { leavesOf, type LiveView } from "../views.js";
import { requireView } from "./asked-view.js";
import { toPathJson } from "./query-meta.js";

type OfView = { Params: { view: string } };
type OfOne = { Params: { view: string; id: string } };

/** What the brake holds, what an operator decides of it, and roots that are others than before. */
export function addHoldRoutes(app: FastifyInstance, context: Context): void {
  const base = "/api/v1/views/:view";
  const query = { access: "query" } as const;
  const admin = { access: "admin" } as const;

  app.get<OfView>(`${base}/holds`, { config: query }, async ({ params }): Promise<Holds> => {
    const view = requireView(context, params.view);
    return { holds: Array.from(view.fs.held(), (path) => toHold(view, path)) };
  });

  for (const kind of ["approve", "reject"] as const) {
    app.post<OfOne>(
      `${base}/holds/:id/${kind}`,
      { config: admin },
      async ({ params }): Promise<HoldDecision> => {
        const view = requireView(context, params.view);
        const paths = params.id === "all" ? [...view.fs.held()] : [findHeld(view, params.id)];
        const holds = paths.map((path) => toHold(view, path));
        for (const [leaf, scopes] of byLeaf(context, view, paths)) {
          tellView(context, leaf, { kind, at: context.time.now(), paths: scopes });
        }
        return { decision: kind, holds };
      },
    );
  }

  app.post<OfOne>(
    `${base}/roots/:id/accept`,
    { config: admin },
    async ({ params }): Promise<RootAccepted> => {
      const view = requireView(context, params.view);
      const leaves = [...leavesOf([view]).values()];
      for (const domain of domainsInto(context, view)) {
        const session = domain.sessions.find(({ speaker }) => speaker.agentId === params.id);
        if (session === undefined) continue;
        const { agentId, source } = session.speaker;
        const { identity } = source;
        for (const leaf of leaves.filter((each) => domain.views.includes(each))) {
          tellView(context, leaf, {
            kind: "accept-root",
            at: context.time.now(),
            agentId,
            identity,
          });
        }
        return { agent_id: agentId, identity, pipe_id: domain.pipe.id };
      }
      throw new Problem("NOT_FOUND", `No agent "${params.id}" feeds the view ${view.id} now.`, {
        hint: `Its agents are listed at /api/v1/views/${view.id}/sessions.`,
      });
    },
  );
}

function toHold(view: LiveView, path: string): Hold {
  const { files = 0, directories = 0 } = view.fs.usage(path) ?? {};
  const decision = view.fs.explain(path)?.decision;
  return {
    id: idOf(path),
    ...toPathJson(path),
    names: files + directories + 1,
    ...(decision === undefined ? {} : { decision }),
  };
}

/** Paths may be longer than a part of a URL may be. */
function idOf(path: string): string {
  return createHash("sha256").update(encodeName(path)).digest("hex").slice(0, 32);
}

function findHeld({ id: view, fs }: LiveView, id: string): string {
  for (const path of fs.held()) if (idOf(path) === id) return path;
  throw new Problem("NOT_FOUND", `The view ${view} holds nothing with the id ${id}.`, {
    hint: "It was released or decided meanwhile: look at the list again.",
  });
}

/** The views that records are folded into, and the paths as these say them. */
function byLeaf(
  context: Context,
  view: LiveView,
  paths: readonly string[],
): ReadonlyMap<LiveView, readonly string[]> {
  const found = new Map<LiveView, string[]>();
  for (const path of paths) {
    const root = rootAt(context, view, path);
    if (root === undefined) continue;
    const leaf = view.roots?.get(root.domain.pipe.id) ?? view;
    const scopes = found.get(leaf);
    if (scopes === undefined) found.set(leaf, [root.scope]);
    else scopes.push(root.scope);
  }
  return found;
}
