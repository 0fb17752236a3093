import {
  scanJobRequestSchema,
  type ScanJob,
  type ScanJobRequest,
  type ScanJobs,
} from "@fustor/protocol";
import { parentPath } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import { rootAt, type Context } from "../context.js";
import { requireNoParameters } from "../http/parameters.js";
import type { Query } from "../http/query-params.js";
import { Problem } from "../problem.js";
import type { LiveView } from "../views.js";
import { readAskedPath, requireView, unknownPath } from "./asked-view.js";

type OfView = { Params: { view: string }; Querystring: Query };
type OfJob = { Params: { view: string; id: string }; Querystring: Query };

/** Listings on demand, as jobs. */
export function addScanRoutes(app: FastifyInstance, context: Context): void {
  const access = "query" as const;
  const config = { access, answer: "ScanJob" } as const;
  const base = "/api/v1/views/:view/scans";
  const { jobs } = context;

  app.post<OfView & { Body: ScanJobRequest | undefined }>(
    base,
    {
      config: { ...config, status: 202 },
      schema: { summary: "Asks for a listing", body: scanJobRequestSchema },
      attachValidation: true,
    },
    async (request, reply): Promise<ScanJob> => {
      const view = requireView(context, request);
      requireNoParameters(request.query);
      if (request.validationError !== undefined) throw badBody(request.validationError);
      const { path, path_b64, recursive = false } = request.body ?? {};
      const asked = readAskedPath(view, { path, path_b64 });
      const shownPath = nearestDirectory(view, asked);
      if (view.part?.shows(shownPath) === false) throw unknownPath();
      const root = rootAt(context, view, shownPath);
      if (root === undefined) throw noRoot(view);
      // A mistyped name is no wish to list all that is above it.
      const isWhole = recursive && shownPath === asked;
      const job = jobs.add({ ...root, view: view.id, shownPath, recursive: isWhole });
      if (job === undefined) throw tooMany();
      return reply.code(202).send(job);
    },
  );

  app.get<OfView>(
    base,
    {
      config: { access, answer: "ScanJobs" },
      schema: { summary: "The listings that somebody asked for, the newest first" },
    },
    async (request): Promise<ScanJobs> => {
      const view = requireView(context, request);
      requireNoParameters(request.query);
      return { scans: jobs.list(view) };
    },
  );

  app.get<OfJob>(
    `${base}/:id`,
    { config, schema: { summary: "How a listing that was asked for stands" } },
    async (request): Promise<ScanJob> => {
      const { params, query } = request;
      const view = requireView(context, request);
      requireNoParameters(query);
      return jobs.get(view, params.id) ?? unknown(params.id);
    },
  );

  app.delete<OfJob>(
    `${base}/:id`,
    { config, schema: { summary: "Ends a listing that was asked for" } },
    async (request): Promise<ScanJob> => {
      const { params, query } = request;
      const view = requireView(context, request);
      requireNoParameters(query);
      return jobs.cancel(view, params.id) ?? unknown(params.id);
    },
  );
}

/** Unlike the calls of v1's agents, which are answered 422 for the same. */
function badBody(error: Error): Problem {
  return new Problem("BAD_REQUEST", `The body is not that of a scan: ${error.message}.`, {
    hint: 'Send {"path": "/a", "recursive": true}, or nothing for the root.',
  });
}

/** Only directories can be listed; of an unknown name, what is above it tells whether it is there. */
function nearestDirectory({ fs }: LiveView, path: string): string {
  let scope = path;
  while (scope !== "/" && fs.node(scope)?.isDirectory !== true) scope = parentPath(scope);
  return scope;
}

function noRoot({ id }: LiveView): Problem {
  return new Problem("BAD_REQUEST", `The view ${id} has several roots: a scan is of one of them.`, {
    hint: "Name one by the first part of the path.",
  });
}

function tooMany(): Problem {
  return new Problem("OVERLOADED", "Too many scans wait already.", {
    headers: { "retry-after": "30" },
  });
}

function unknown(id: string): never {
  throw new Problem("NOT_FOUND", `There is no scan ${id}.`, {
    hint: "It never was, or ended long ago.",
  });
}
