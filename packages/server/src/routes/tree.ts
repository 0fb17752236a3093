import { parentPath, type FsNode } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import { rootAt, type Context } from "../context.js";
import { readChildrenPage } from "../http/children-page.js";
import { countInTurns, sendJson, treeJson } from "../http/json-stream.js";
import { toNodeJson } from "../http/node-json.js";
import { readBoolean, readInteger, readCursor, type Query } from "../http/query-params.js";
import { Problem } from "../problem.js";
import type { LiveView } from "../views.js";
import { readAskedPath, requireReady, requireView, unknownPath } from "./asked-view.js";

interface Question {
  readonly path: string;
  readonly maxDepth: number;
  readonly onlyPath: boolean;
  readonly forceRealTime: boolean;
  readonly limit: number | undefined;
  /** The name that the page before ended with. */
  readonly after: string | undefined;
}

/** `GET .../tree`: what is at and below a path, as nested nodes. */
export function addTreeRoute(app: FastifyInstance, context: Context): void {
  app.get<{ Params: { view: string }; Querystring: Query }>(
    "/api/v1/views/:view/tree",
    { config: { access: "query" } },
    async (request, reply) => {
      const view = requireView(context, request);
      const question = readQuestion(view, request.query);
      if (readBoolean(request.query, "dry_run", false)) {
        return { message: "dry-run", view_id: view.id };
      }
      requireReady(view, request.query);
      const scanPending = question.forceRealTime && requestScan(context, view, question.path);
      const node = view.fs.node(question.path);
      if (node === undefined) throw unknownPath();
      reply.header("x-fustor-revision", String(view.fs.revision));
      if (question.limit !== undefined && question.maxDepth === 1) {
        return answerPage(view, node, question.limit, question, scanPending);
      }
      requireFew(view, question, context.config.limits.max_query_nodes);
      await requireWithin(view, question);
      return sendJson(reply, answerTree(view, question, scanPending));
    },
  );
}

function readQuestion(view: LiveView, query: Query): Question {
  const isRecursive = readBoolean(query, "recursive", true);
  return {
    path: readAskedPath(view, query),
    maxDepth: isRecursive ? (readInteger(query, "max_depth", 0) ?? Infinity) : 0,
    onlyPath: readBoolean(query, "only_path", false),
    forceRealTime: readBoolean(query, "force_real_time", false),
    limit: readInteger(query, "limit", 1),
    after: readCursor(query),
  };
}

/** Asks the leader for the nearest known directory. True when somebody will look. */
function requestScan(context: Context, view: LiveView, path: string): boolean {
  let scope = path;
  while (scope !== "/" && view.fs.node(scope)?.isDirectory !== true) scope = parentPath(scope);
  if (view.part?.shows(scope) === false) return false;
  const root = rootAt(context, view, scope);
  return root?.domain.requestScan(root.scope, false) ?? false;
}

/** Answers 413 for more nodes than one question may be about. */
function requireFew({ fs }: LiveView, { path, maxDepth }: Question, nodesMax: number): void {
  if (maxDepth !== Infinity) return;
  const { files = 0, directories = 0 } = fs.usage(path) ?? {};
  if (files + directories + 1 <= nodesMax) return;
  throw new Problem(
    "TOO_LARGE",
    `The tree has more than ${String(nodesMax)} names (limits.max_query_nodes).`,
    { hint: "Ask with max_depth=1, or about a directory further down." },
  );
}

async function requireWithin({ id, fs }: LiveView, question: Question): Promise<void> {
  const { path, maxDepth, limit } = question;
  if (limit === undefined) return;
  const count = await countInTurns(fs.walk(path, { maxDepth }));
  if (count <= limit) return;
  const error = "Metadata retrieval limit exceeded";
  throw new Problem("TOO_LARGE", error, {
    status: 400,
    detail: {
      error,
      view: id,
      current_count: count,
      limit,
      suggestion: "Try a more specific path or reduce recursion depth.",
    },
  });
}

async function* answerTree(
  { fs }: LiveView,
  { path, maxDepth, onlyPath }: Question,
  scanPending: boolean,
): AsyncGenerator<string> {
  yield '{"data":';
  yield* treeJson(fs.walk(path, { maxDepth }), { maxDepth, onlyPath });
  yield `,"scan_pending":${String(scanPending)}}`;
}

/** One page of a directory's children; `next_cursor` is null on the last. */
async function answerPage(
  { fs }: LiveView,
  node: FsNode,
  limit: number,
  { path, onlyPath, after }: Question,
  scanPending: boolean,
): Promise<object> {
  const data = toNodeJson(node, { onlyPath });
  if (!node.isDirectory) return { data, scan_pending: scanPending, next_cursor: null };
  const children = fs.walk(path, { maxDepth: 1 });
  const page = await readChildrenPage(children, { limit, after });
  return {
    data: { ...data, children: page.nodes.map((child) => toNodeJson(child, { onlyPath })) },
    scan_pending: scanPending,
    next_cursor: page.nextCursor ?? null,
  };
}
