import type { RootAccepted, RootJson, RootsReply } from "@fustor/protocol";
import type { FastifyInstance } from "fastify";
import { domainsInto, type Context } from "../context.js";
import type { Domain } from "../domain.js";
import { requireNoParameters } from "../http/parameters.js";
import type { Query } from "../http/query-params.js";
import { Problem } from "../problem.js";
import type { LiveView } from "../views.js";
import { requireView } from "./asked-view.js";

type OfView = { Params: { view: string }; Querystring: Query };
type OfAgent = { Params: { view: string; id: string }; Querystring: Query };

/** Whose roots are taken for the one that a view shows, whose are not, and an operator's word on it. */
export function addRootRoutes(app: FastifyInstance, context: Context): void {
  const base = "/api/v1/views/:view/roots";

  app.get<OfView>(
    base,
    {
      config: { access: "query", answer: "RootsReply" },
      schema: { summary: "The roots that agents report, and those that were refused" },
    },
    async (request): Promise<RootsReply> => {
      const view = requireWholeView(context, request);
      requireNoParameters(request.query);
      return { roots: domainsInto(context, view).flatMap(rootsOf) };
    },
  );

  app.post<OfAgent>(
    `${base}/:id/accept`,
    {
      config: { access: "admin", answer: "RootAccepted" },
      schema: { summary: "Takes the root with which an agent was refused for the right one" },
    },
    async (request): Promise<RootAccepted> => {
      const { params, query } = request;
      const view = requireView(context, request);
      requireNoParameters(query);
      for (const domain of domainsInto(context, view)) {
        const refused = domain.refused.find(({ agentId }) => agentId === params.id);
        if (refused === undefined) continue;
        domain.acceptRoot(refused);
        const { agentId, identity } = refused;
        return { agent_id: agentId, identity, pipe_id: domain.pipe.id };
      }
      const hint = `What there is stands at /api/v1/views/${view.id}/roots. An agent whose root was replaced reports the new one after a restart.`;
      const text = `No agent "${params.id}" was refused lately in the view ${view.id}.`;
      throw new Problem("NOT_FOUND", text, { hint });
    },
  );
}

/** Roots, agents and their folders are of the whole view: a key for a part of it learns nothing. */
function requireWholeView(...asked: Parameters<typeof requireView>): LiveView {
  const view = requireView(...asked);
  if (view.part === undefined) return view;
  throw new Problem("FORBIDDEN", `The key may read a part of the view ${view.id} only.`, {
    hint: `Use one with the scope query:${view.id}.`,
  });
}

function rootsOf({ pipe, sessions, refused }: Domain): RootJson[] {
  const taken = sessions.map(({ speaker, lastSeenAt }) => ({
    agent_id: speaker.agentId,
    pipe_id: pipe.id,
    uri: speaker.source.uri,
    identity: speaker.source.identity,
    state: "taken" as const,
    at: lastSeenAt / 1000,
  }));
  const others = refused.map(({ agentId, uri, identity, reason, at }) => ({
    agent_id: agentId,
    pipe_id: pipe.id,
    uri,
    identity,
    state: "refused" as const,
    reason,
    at: at / 1000,
  }));
  return [...taken, ...others];
}
