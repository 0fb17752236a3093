import { pathParameters, type CoverageReply } from "@fustor/protocol";
import { isBelow } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import { domainsInto, type Context } from "../context.js";
import { readParameters } from "../http/parameters.js";
import type { Query } from "../http/query-params.js";
import { describeRead } from "../http/read-route.js";
import type { Turns } from "../http/turns.js";
import { untilClosed } from "../http/until-closed.js";
import { Problem } from "../problem.js";
import { readAskedPath, requireView, unknownPath } from "./asked-view.js";
import { toGapJson, toMeta, toPathJson } from "./query-meta.js";

/** Bounds of the ages of listings, in seconds: a minute, ten, an hour, six, a day, a week. */
const AGES = [60, 600, 3_600, 21_600, 86_400, 604_800] as const;
const GAPS_MAX = 1_000;

/** `GET .../coverage`: how well a directory and all below it are known. */
export function addCoverageRoute(app: FastifyInstance, context: Context, turns: Turns): void {
  app.get<{ Params: { view: string }; Querystring: Query }>(
    "/api/v1/views/:view/coverage",
    describeRead(
      "How well a directory and all below it are known",
      pathParameters,
      "CoverageReply",
    ),
    async (request, reply): Promise<CoverageReply> => {
      const view = requireView(context, request);
      readParameters(pathParameters, request.query);
      const path = readAskedPath(view, request.query);
      const bounds = AGES.map((seconds) => seconds * 1_000);
      const steps = view.fs.coverage(path, context.time.now(), bounds);
      const coverage = await turns.run(steps, untilClosed(reply));
      if (coverage === undefined) {
        if (view.fs.node(path) === undefined) throw unknownPath();
        throw new Problem("BAD_REQUEST", `"${path.toWellFormed()}" is no directory.`, {
          hint: "Ask for the directory that it stands in.",
        });
      }
      const { directories, listed, oldestListedAt, ages } = coverage;
      const gaps = [...view.fs.gaps()].filter(
        ({ scope }) => scope === path || isBelow(scope, path) || isBelow(path, scope),
      );
      const lost = gaps.filter(({ kind }) => kind === "lost").length;
      const sessions = domainsInto(context, view).flatMap((domain) => domain.sessions);
      return {
        ...toPathJson(path),
        directories,
        listed,
        coverage: listed / directories,
        oldest_listed_at: oldestListedAt === undefined ? null : oldestListedAt / 1000,
        listed_ages: ages.map((count, i) => ({ max_age: AGES[i] ?? null, directories: count })),
        watched: lost === 0 && sessions.some(({ canRealtime }) => canRealtime),
        gaps: gaps.slice(0, GAPS_MAX).map(toGapJson),
        lost,
        unreadable: gaps.length - lost,
        meta: toMeta(view, { truncated: gaps.length > GAPS_MAX }),
      };
    },
  );
}
