import { Readable } from "node:stream";
import {
  entriesParameters,
  type EntriesEnd,
  type EntriesReply,
  type EntryField,
} from "@fustor/protocol";
import type { Found, MarkedNode, Order, Steps, Subtree } from "@fustor/schema-fs";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Context } from "../context.js";
import { createEntryWriter } from "../http/entry-json.js";
import { HeldResults } from "../http/held-results.js";
import { readParameters } from "../http/parameters.js";
import { hashQuery, readPlaceCursor, writeCursor, type PlaceCursor } from "../http/place-cursor.js";
import type { Query } from "../http/query-params.js";
import { describeRead } from "../http/read-route.js";
import type { Turns } from "../http/turns.js";
import { untilClosed } from "../http/until-closed.js";
import { Problem } from "../problem.js";
import type { LiveView } from "../views.js";
import { readAskedPath, requireView, unknownPath } from "./asked-view.js";
import { toFilter } from "./entries-filter.js";
import { toMeta } from "./query-meta.js";

const PAGE_DEFAULT = 1_000;
const PAGE_MAX = 10_000;
/** So much of a result is fixed with its first page; what follows is looked for when it is due. */
const FIXED_MAX = 10_000;
/** A stream is through with it soon, and looks less often at all there is. */
const FIXED_MAX_STREAMED = 100_000;
const NDJSON = "application/x-ndjson";
/** Entries that a stream in order puts together at once. */
const STREAMED = 2_000;

interface Asked {
  readonly view: LiveView;
  readonly subtree: Subtree;
  /** Undefined: as they come. */
  readonly order: Order | undefined;
  readonly limit: number | undefined;
  readonly streams: boolean;
  readonly after: PlaceCursor | undefined;
  /** Names the question. */
  readonly query: string;
  readonly incarnation: string;
  readonly write: (node: MarkedNode) => object;
  readonly signal: AbortSignal;
}

/** `GET .../entries`: what stands below a path and answers all questions, in pages or as a stream. */
export function addEntriesRoute(app: FastifyInstance, context: Context, turns: Turns): void {
  const held = new HeldResults(() => context.clock.now());
  app.get<{ Params: { view: string }; Querystring: Query }>(
    "/api/v1/views/:view/entries",
    describeRead(
      "What stands below a path, by names and attributes; NDJSON when that is accepted",
      entriesParameters,
      "EntriesReply",
    ),
    async (request, reply): Promise<EntriesReply | FastifyReply> => {
      const view = requireView(context, request);
      const streams = request.headers.accept?.includes(NDJSON) === true;
      const signal = untilClosed(reply);
      const asked = { ...readQuestion(view, request.query, streams), signal };
      if (view.fs.node(asked.subtree.path) === undefined) throw unknownPath();
      if (!streams) return answerPage(asked, { turns, held });
      return reply.type(NDJSON).send(Readable.from(lines(asked, { turns, held })));
    },
  );
}

function readQuestion(view: LiveView, query: Query, streams: boolean): Omit<Asked, "signal"> {
  const parameters = readParameters(entriesParameters, query);
  const { limit, cursor, fields, order, recursive } = parameters;
  if (!streams && limit !== undefined && limit > PAGE_MAX) {
    throw new Problem(
      "BAD_REQUEST",
      `The parameter limit is ${String(limit)}; a page holds at most ${String(PAGE_MAX)}.`,
      {
        hint: `Follow next_cursor, or accept ${NDJSON}.`,
      },
    );
  }
  const path = readAskedPath(view, query);
  const sort = parameters.sort ?? (streams && cursor === undefined ? undefined : "path");
  const { incarnation } = view.feed;
  const open = (text: string): string => (view.part ? (view.part.seal.open(text) ?? "") : text);
  const question = hashQuery(view.id, {
    ...parameters,
    path,
    sort,
    path_b64: undefined,
    limit: undefined,
    cursor: undefined,
    fields: undefined,
  });
  return {
    view,
    subtree: { path, isRecursive: recursive, filter: toFilter(parameters, path) },
    order: sort && { by: sort, isDescending: order === "desc" },
    limit,
    streams,
    after: cursor === undefined ? undefined : readPlaceCursor(incarnation, question, open(cursor)),
    query: question,
    incarnation,
    // The pattern of the parameter lets nothing else pass.
    write: createEntryWriter(fields.split(",") as EntryField[]),
  };
}

interface Means {
  readonly turns: Turns;
  readonly held: HeldResults;
}

/** One page, out of a result that is held or one that is looked for now. */
async function answerPage(asked: Asked, means: Means): Promise<EntriesReply> {
  const { view, write, limit = PAGE_DEFAULT } = asked;
  const { nodes, nextCursor } = await readPage(asked, asked.after, limit, means);
  const meta = toMeta(view, { truncated: nextCursor !== undefined });
  return { entries: nodes.map(write), next_cursor: nextCursor?.text ?? null, meta };
}

interface Page {
  readonly nodes: readonly MarkedNode[];
  readonly nextCursor: (PlaceCursor & { readonly text: string }) | undefined;
}

async function readPage(
  asked: Asked,
  after: PlaceCursor | undefined,
  limit: number,
  means: Means,
): Promise<Page> {
  const { view, query, incarnation, signal } = asked;
  const known = after === undefined ? undefined : means.held.get(after.held, query);
  const found = known ?? (await look(asked, after, means));
  const begin = known === undefined ? 0 : (after?.offset ?? 0);
  const { nodes, end } = await means.turns.run(showPage(asked, found, begin, limit), signal);
  requireSame(view, incarnation);
  const place = found.rows[end - 1];
  const isThrough = end >= found.rows.length;
  if (isThrough && after !== undefined) means.held.drop(after.held);
  if (place === undefined || (isThrough && !found.hasMore)) return { nodes, nextCursor: undefined };
  const held = isThrough
    ? 0
    : known === undefined
      ? means.held.hold(found, query)
      : (after?.held ?? 0);
  const { id, text: shownAs, major, minor } = place;
  const cursor = { place: { id, text: shownAs, major, minor }, held, offset: end };
  const text = writeCursor(incarnation, query, cursor);
  return { nodes, nextCursor: { ...cursor, text: view.part?.seal.close(text) ?? text } };
}

async function look(
  asked: Asked,
  after: PlaceCursor | undefined,
  { turns }: Means,
): Promise<Found> {
  const { view, subtree, order = BY_PATH, streams, incarnation, signal } = asked;
  const max = streams && order.by !== "path" ? FIXED_MAX_STREAMED : FIXED_MAX;
  const rest = after === undefined ? {} : { after: after.place };
  const question = { ...subtree, order, max, ...rest };
  const found = await turns.run(view.fs.find(question), signal);
  requireSame(view, incarnation);
  return found;
}

/** The rows of a page as they are now, and where it ends: what is gone leaves room for others. */
function* showPage(
  { view, subtree }: Asked,
  { rows }: Found,
  begin: number,
  limit: number,
): Steps<{ readonly nodes: readonly MarkedNode[]; readonly end: number }> {
  const nodes: MarkedNode[] = [];
  let end = begin;
  for (let row = rows[end]; row !== undefined && nodes.length < limit; row = rows[end]) {
    const node = view.fs.shown(row, subtree);
    if (node !== undefined) nodes.push(node);
    end += 1;
    yield;
  }
  return { nodes, end };
}

/** What was found in a view says nothing once it has begun anew. */
function requireSame({ id, feed }: LiveView, incarnation: string): void {
  if (feed.incarnation === incarnation) return;
  throw new Problem("NOT_READY", `The view ${id} began anew while it was being asked.`, {
    hint: "Ask again.",
    headers: { "retry-after": "1" },
  });
}

const BY_PATH: Order = { by: "path", isDescending: false };

/** An entry a line, and at last how the answer ended. */
async function* lines(asked: Asked, means: Means): AsyncGenerator<string> {
  const { view, subtree, order, limit = Infinity, incarnation, signal } = asked;
  const toLines = (nodes: readonly MarkedNode[]): string =>
    nodes.map((node) => `${JSON.stringify(asked.write(node))}\n`).join("");
  let left = limit;
  let truncated = false;
  let cursor = asked.after;
  let text: string | undefined;
  if (order === undefined) {
    for await (const nodes of means.turns.pieces(view.fs.scan(subtree), signal)) {
      requireSame(view, incarnation);
      if (left > 0) yield toLines(nodes.slice(0, left));
      truncated = nodes.length > left;
      if (truncated) break;
      left -= nodes.length;
    }
  } else {
    do {
      const page = await readPage(asked, cursor, Math.min(left, STREAMED), means);
      if (page.nodes.length > 0) yield toLines(page.nodes);
      left -= page.nodes.length;
      cursor = page.nextCursor;
      text = page.nextCursor?.text;
    } while (cursor !== undefined && left > 0);
    truncated = cursor !== undefined;
  }
  const end: EntriesEnd = { next_cursor: text ?? null, meta: toMeta(view, { truncated }) };
  yield `${JSON.stringify(end)}\n`;
}
