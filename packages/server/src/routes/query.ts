import type { FsNode } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import { domainsInto, resetView, type Context } from "../context.js";
import { listJson, sendJson } from "../http/json-stream.js";
import { pathB64, toNodeJson, type NodeJson } from "../http/node-json.js";
import { readText, type Query } from "../http/query-params.js";
import { scopesOf } from "../http/access.js";
import { Problem, unfit } from "../problem.js";
import type { LiveView } from "../views.js";
import { readAskedPath, requireReady, requireView, showTo, unknownPath } from "./asked-view.js";
import { toSessionsJson } from "./session-json.js";
import { toStatsJson, toViewJson } from "./view-json.js";

type OfView = { Params: { view: string }; Querystring: Query };

/** The query calls that answer about a whole view, or one node. */
export function addQueryRoutes(app: FastifyInstance, context: Context): void {
  const config = { access: "query" } as const;
  const base = "/api/v1/views/:view";

  app.get("/api/v1/views", { config }, async (request) => {
    const scopes = scopesOf(request);
    const views = [...context.views.values()].flatMap((view) => showTo(scopes, view, context));
    return { views: views.map((view) => toViewJson(view, context)) };
  });

  app.get<OfView>(`${base}/search`, { config }, async (request, reply) => {
    const view = requireView(context, request);
    const pattern = readText(request.query, "pattern");
    if (pattern === undefined) {
      const loc = ["query", "pattern"];
      throw unfit({ type: "missing", loc, msg: "Field required", input: null });
    }
    requireReady(view, request.query);
    return sendJson(reply, listJson(filesOf(view.fs.search(pattern))));
  });

  app.get<OfView>(`${base}/stats`, { config }, async (request) => {
    const view = requireView(context, request);
    requireReady(view, request.query);
    return toStatsJson(view, context.time.now());
  });

  app.get<OfView>(`${base}/metadata`, { config }, async (request): Promise<NodeJson> => {
    const view = requireView(context, request);
    requireReady(view, request.query);
    const node = view.fs.node(readAskedPath(view, request.query));
    if (node === undefined) throw unknownPath();
    return toNodeJson(node);
  });

  app.get<OfView>(`${base}/suspect-list`, { config }, async (request) => {
    const suspects = [...requireView(context, request).fs.suspects()];
    return suspects.map(({ path, until }) => ({
      path: path.toWellFormed(),
      path_b64: pathB64(path),
      suspect_until: until / 1000,
    }));
  });

  // As with the sentinel's feedback: taken note of, not believed.
  app.put<OfView & { Body: { updates: readonly unknown[] } }>(
    `${base}/suspect-list`,
    { config, schema: { body: updatesSchema } },
    async (request) => {
      const { id } = requireView(context, request);
      return { view_id: id, updated_count: request.body.updates.length, status: "ok" };
    },
  );

  app.get<OfView>(`${base}/blind-spots`, { config }, async (request) => {
    const view = requireView(context, request);
    requireReady(view, request.query);
    return toBlindSpotsJson(view);
  });

  app.get<OfView>(`${base}/sessions`, { config }, async (request) => {
    const view = requireView(context, request);
    if (view.part !== undefined) throw forWholeViews();
    const sessions = domainsInto(context, view).flatMap(toSessionsJson);
    return { view_id: view.id, active_sessions: sessions, count: sessions.length };
  });

  // A reader must not be able to empty what others read.
  app.delete<OfView>(`${base}/reset`, { config: { access: "admin" } }, async (request, reply) => {
    resetView(context, requireView(context, request));
    return reply.code(204).send();
  });
}

/** Who feeds a view, from where, says more than what stands in a part of it. */
function forWholeViews(): Problem {
  return new Problem("FORBIDDEN", "The sessions of a view are told to keys for the whole of it.", {
    hint: "Use a key with the scope query:VIEW, without a path.",
  });
}

const updatesSchema = {
  type: "object",
  required: ["updates"],
  properties: {
    updates: {
      type: "array",
      maxItems: 100_000,
      items: {
        type: "object",
        required: ["path"],
        properties: { path: { type: "string" }, mtime: { type: "number" } },
      },
    },
  },
} as const;

/** v1's search finds files, not directories. */
function* filesOf(nodes: Iterable<FsNode>): Generator<FsNode> {
  for (const node of nodes) if (!node.isDirectory) yield node;
}

function toBlindSpotsJson({ fs }: LiveView): object {
  const { additions, modifications, deletions } = fs.blindSpots();
  return {
    additions_count: additions.length,
    additions: additions.map((node) => toNodeJson(node)),
    modifications_count: modifications.length,
    modifications: modifications.map((node) => toNodeJson(node)),
    deletion_count: deletions.length,
    deletions: deletions.map((path) => path.toWellFormed()),
  };
}
