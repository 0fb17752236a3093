import { createHash } from "node:crypto";
import type { Hold, HoldDecision, Holds } from "@fustor/protocol";
import { encodeName } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import { rootAt, tellView, type Context } from "../context.js";
import { requireNoParameters } from "../http/parameters.js";
import type { Query } from "../http/query-params.js";
import { Problem } from "../problem.js";
import type { LiveView } from "../views.js";
import { requireView } from "./asked-view.js";
import { toPathJson } from "./query-meta.js";

type OfView = { Params: { view: string }; Querystring: Query };
type OfOne = { Params: { view: string; id: string }; Querystring: Query };

/** What the brake holds, and what an operator decides of it. */
export function addHoldRoutes(app: FastifyInstance, context: Context): void {
  const base = "/api/v1/views/:view";

  app.get<OfView>(
    `${base}/holds`,
    {
      config: { access: "query", answer: "Holds" },
      schema: { summary: "The removals that the brake holds" },
    },
    async (request): Promise<Holds> => {
      const view = requireView(context, request);
      requireNoParameters(request.query);
      return { holds: Array.from(view.fs.held(), (path) => toHold(view, path)) };
    },
  );

  for (const kind of ["approve", "reject"] as const) {
    app.post<OfOne>(
      `${base}/holds/:id/${kind}`,
      {
        config: { access: "admin", answer: "HoldDecision" },
        schema: { summary: SUMMARIES[kind] },
      },
      async (request): Promise<HoldDecision> => {
        const { params, query } = request;
        const view = requireView(context, request);
        requireNoParameters(query);
        const paths = params.id === "all" ? [...view.fs.held()] : [findHeld(view, params.id)];
        const holds = paths.map((path) => toHold(view, path));
        for (const [leaf, scopes] of byLeaf(context, view, paths)) {
          tellView(context, leaf, { kind, at: context.time.now(), paths: scopes });
        }
        return { decision: kind, holds };
      },
    );
  }
}

const SUMMARIES = {
  approve: "Lets a removal that is held happen",
  reject: "Keeps what is held",
} as const;

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
