import { usageParameters, type UsageReply, type UsageRow, type UsageSums } from "@fustor/protocol";
import type { UsageNode, UsageTree, UsageSums as Sums } from "@fustor/schema-fs";
import type { FastifyInstance } from "fastify";
import type { Context } from "../context.js";
import { toNanoseconds } from "../http/entry-json.js";
import { readParameters } from "../http/parameters.js";
import type { Query } from "../http/query-params.js";
import { describeRead } from "../http/read-route.js";
import type { Turns } from "../http/turns.js";
import { untilClosed } from "../http/until-closed.js";
import { readAskedPath, requireView, unknownPath } from "./asked-view.js";
import { toMeta, toPathJson } from "./query-meta.js";

const BLOCK_BYTES = 512;

const HARD_LINKS = {
  none: "none",
  "counted once": "counted_once",
  "counted each": "counted_each",
} as const satisfies Record<UsageTree["hardLinks"], string>;

/** `GET .../usage`: what a path and its children take up. */
export function addUsageRoute(app: FastifyInstance, context: Context, turns: Turns): void {
  app.get<{ Params: { view: string }; Querystring: Query }>(
    "/api/v1/views/:view/usage",
    describeRead("What a path and its children take up", usageParameters, "UsageReply"),
    async (request, reply): Promise<UsageReply> => {
      const view = requireView(context, request);
      const { depth, top } = readParameters(usageParameters, request.query);
      const steps = view.fs.usageTree(readAskedPath(view, request.query), { depth, top });
      const usage = await turns.run(steps, untilClosed(reply));
      if (usage === undefined) throw unknownPath();
      const truncated = leavesOut(usage.top);
      return {
        usage: toRow(usage.top),
        meta: { ...toMeta(view, { truncated }), hard_links: HARD_LINKS[usage.hardLinks] },
      };
    },
  );
}

function leavesOut({ rest, children = [] }: UsageNode): boolean {
  return rest !== undefined || children.some(leavesOut);
}

function toRow(usage: UsageNode): UsageRow {
  const { node, newest, children, rest } = usage;
  const { name, isDirectory, attributes, path } = node;
  return {
    ...toPathJson(path),
    name: name.toWellFormed(),
    type: attributes?.type ?? (isDirectory ? "d" : null),
    ...toSums(usage),
    newest_mtime: newest === undefined ? null : newest.seconds + newest.nsec / 1e9,
    newest_mtime_ns: newest === undefined ? null : toNanoseconds(newest.seconds, newest.nsec),
    ...(children === undefined ? {} : { children: children.map(toRow) }),
    ...(rest === undefined ? {} : { rest: { entries: rest.entries, ...toSums(rest) } }),
  };
}

function toSums({ files, directories, bytes, blocks }: Sums): UsageSums {
  return { files, directories, bytes, allocated_bytes: blocks * BLOCK_BYTES };
}
