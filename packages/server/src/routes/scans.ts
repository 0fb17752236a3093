import {
  scanJobRequestSchema,
  type ScanJob,
  type ScanJobRequest,
  type ScanJobs,
} from "@fustor/protocol";
import { parentPath } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import { rootAt, type Context } from "../context.js";
import { readPath } from "../http/query-params.js";
import { Problem } from "../problem.js";
import type { LiveView } from "../views.js";
import { requireView } from "./asked-view.js";

type OfView = { Params: { view: string } };
type OfJob = { Params: { view: string; id: string } };

/** Listings on demand, as jobs. */
export function addScanRoutes(app: FastifyInstance, context: Context): void {
  const config = { access: "query" } as const;
  const base = "/api/v1/views/:view/scans";
  const { jobs } = context;

  app.post<OfView & { Body: ScanJobRequest | undefined }>(
    base,
    { config, schema: { body: scanJobRequestSchema } },
    async (request, reply): Promise<ScanJob> => {
      const view = requireView(context, request.params.view);
      const { path, path_b64, recursive = false } = request.body ?? {};
      const shownPath = nearestDirectory(view, readPath({ path, path_b64 }));
      const root = rootAt(context, view, shownPath);
      if (root === undefined) throw noRoot(view);
      const job = jobs.add({ ...root, view: view.id, shownPath, recursive });
      if (job === undefined) throw tooMany();
      return reply.code(202).send(job);
    },
  );

  app.get<OfView>(base, { config }, async ({ params }): Promise<ScanJobs> => {
    return { scans: jobs.list(requireView(context, params.view).id) };
  });

  app.get<OfJob>(`${base}/:id`, { config }, async ({ params }): Promise<ScanJob> => {
    const view = requireView(context, params.view);
    return jobs.get(view.id, params.id) ?? unknown(params.id);
  });

  app.delete<OfJob>(`${base}/:id`, { config }, async ({ params }): Promise<ScanJob> => {
    const view = requireView(context, params.view);
    return jobs.cancel(view.id, params.id) ?? unknown(params.id);
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
