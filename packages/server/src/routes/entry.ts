import {
  ENTRY_FIELDS,
  pathParameters,
  type EntryReply,
  type ExplainReply,
  type SaidJson,
} from "@fustor/protocol";
import { parentPath } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import type { Context } from "../context.js";
import { createEntryWriter } from "../http/entry-json.js";
import { readParameters } from "../http/parameters.js";
import type { Query } from "../http/query-params.js";
import { describeRead } from "../http/read-route.js";
import type { LiveView } from "../views.js";
import { readAskedPath, requireView, unknownPath } from "./asked-view.js";
import { gapsAbove, toMeta, toPathJson, toSaidJson } from "./query-meta.js";

type OfView = { Params: { view: string }; Querystring: Query };

/** `GET .../entry` and `GET .../explain`: one name, how far to trust it, and why. */
export function addEntryRoutes(app: FastifyInstance, context: Context): void {
  const write = createEntryWriter(ENTRY_FIELDS);

  app.get<OfView>(
    "/api/v1/views/:view/entry",
    describeRead("One node, and how far it may be trusted", pathParameters, "EntryReply"),
    async (request): Promise<EntryReply> => {
      const view = requireView(context, request);
      readParameters(pathParameters, request.query);
      const path = readAskedPath(view, request.query);
      const node = view.fs.marked(path);
      if (node === undefined) throw unknownPath();
      const explanation = view.fs.explain(path);
      const { listed } = directoryOf(view, path);
      return {
        // With all fields there are, it is whole.
        entry: write(node) as EntryReply["entry"],
        trust: {
          seen: toSaidJson(explanation?.seen),
          suspect_until: toSeconds(explanation?.suspectUntil),
          listed,
          listed_age: listed && Math.max(0, context.time.now() / 1000 - listed.at),
          gaps: gapsAbove(view, path),
        },
        meta: toMeta(view),
      };
    },
  );

  app.get<OfView>(
    "/api/v1/views/:view/explain",
    describeRead("Why a name is shown as it is, or not at all", pathParameters, "ExplainReply"),
    async (request): Promise<ExplainReply> => {
      const view = requireView(context, request);
      readParameters(pathParameters, request.query);
      const path = readAskedPath(view, request.query);
      const explanation = view.fs.explain(path);
      const { rule = "", others = [], isDoubted = false, isHeld = false } = explanation ?? {};
      return {
        ...toPathJson(path),
        present: view.fs.node(path) !== undefined,
        rule: rule === "" ? null : rule,
        seen: toSaidJson(explanation?.seen),
        absent: toSaidJson(explanation?.absent),
        others: others.flatMap((said) => toSaidJson(said) ?? []),
        doubted: isDoubted,
        held: isHeld,
        suspect_until: toSeconds(explanation?.suspectUntil),
        directory: directoryOf(view, path),
        gaps: gapsAbove(view, path),
        meta: toMeta(view),
      };
    },
  );
}

/** The directory at a path, or the nearest one above, and its last whole listing. */
function directoryOf(
  { fs }: LiveView,
  path: string,
): { readonly path: string; readonly path_b64?: string; readonly listed: SaidJson | null } {
  let at = path;
  while (at !== "/" && fs.node(at)?.isDirectory !== true) at = parentPath(at);
  return { ...toPathJson(at), listed: toSaidJson(fs.explain(at)?.listed) };
}

function toSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}
