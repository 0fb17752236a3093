import type { FsNode } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import { domainsInto, resetView, type Context } from "../context.js";
import { listJson, sendJson } from "../http/json-stream.js";
import { pathB64, toNodeJson, type NodeJson } from "../http/node-json.js";
import { readPath, readText, type Query } from "../http/query-params.js";
import { scopesOf } from "../http/access.js";
import { unfit } from "../problem.js";
import type { LiveView } from "../views.js";
import { requireReady, requireView, unknownPath } from "./asked-view.js";
import { toSessionsJson } from "./session-json.js";
import { toStatsJson, toViewJson } from "./view-json.js";

type OfView = { Params: { view: string }; Querystring: Query };

/** The query calls that answer about a whole view, or one node. */
export function addQueryRoutes(app: FastifyInstance, context: Context): void {
  const config = { access: "query" } as const;
  const base = "/api/v1/views/:view";

  app.get("/api/v1/views", { config }, async (request) => {
    const scopes = scopesOf(request);
    const views = [...context.views.values()].filter(({ id }) => scopes.allows(`query:${id}`));
    return { views: views.map((view) => toViewJson(view, context)) };
  });

  app.get<OfView>(`${base}/search`, { config }, async (request, reply) => {
    const view = requireView(context, request.params.view);
    const pattern = readText(request.query, "pattern");
    if (pattern === undefined) {
      const loc = ["query", "pattern"];
      throw unfit({ type: "missing", loc, msg: "Field required", input: null });
    }
    requireReady(view, request.query);
    return sendJson(reply, listJson(filesOf(view.fs.search(pattern))));
  });

  app.get<OfView>(`${base}/stats`, { config }, async (request) => {
    const view = requireView(context, request.params.view);
    requireReady(view, request.query);
    return toStatsJson(view, context.time.now());
  });

  app.get<OfView>(`${base}/metadata`, { config }, async (request): Promise<NodeJson> => {
    const view = requireView(context, request.params.view);
    requireReady(view, request.query);
    const node = view.fs.node(readPath(request.query));
    if (node === undefined) throw unknownPath();
    return toNodeJson(node);
  });

  app.get<OfView>(`${base}/suspect-list`, { config }, async (request) => {
    const suspects = [...requireView(context, request.params.view).fs.suspects()];
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
      const { id } = requireView(context, request.params.view);
      return { view_id: id, updated_count: request.body.updates.length, status: "ok" };
    },
  );

  app.get<OfView>(`${base}/blind-spots`, { config }, async (request) => {
    const view = requireView(context, request.params.view);
    requireReady(view, request.query);
    return toBlindSpotsJson(view);
  });

  app.get<OfView>(`${base}/sessions`, { config }, async (request) => {
    const view = requireView(context, request.params.view);
    const sessions = domainsInto(context, view).flatMap(toSessionsJson);
    return { view_id: view.id, active_sessions: sessions, count: sessions.length };
  });

  // A reader must not be able to empty what others read.
  app.delete<OfView>(`${base}/reset`, { config: { access: "admin" } }, async (request, reply) => {
    resetView(context, requireView(context, request.params.view));
    return reply.code(204).send();
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
