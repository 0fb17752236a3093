import { setMaxListeners } from "node:events";
import type { Clock } from "@fustor/core";
import { changesParameters, type ChangesPage, type ChangesReset } from "@fustor/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Context } from "../context.js";
import { abortWith } from "../http/abort-with.js";
import type { Feed, FeedPage, Place } from "../feed/change-feed.js";
import { ChangeStreams } from "../feed/change-stream.js";
import { beginAt, toChangesPage } from "../feed/changes-page.js";
import { readParameters } from "../http/parameters.js";
import type { Query } from "../http/query-params.js";
import { describeRead } from "../http/read-route.js";
import { Problem } from "../problem.js";
import type { LiveView } from "../views.js";
import { readAskedPath, requireView } from "./asked-view.js";

type OfView = { Params: { view: string }; Querystring: Query };

/** `GET .../changes`: what happened to a view, as a page, when it happens, or as a stream. */
export function addChangesRoute(app: FastifyInstance, context: Context): void {
  const { clock } = context;
  const stop = new AbortController();
  // Every reader listens to it.
  setMaxListeners(0, stop.signal);
  app.addHook("preClose", async () => {
    stop.abort();
  });
  const streams = new Map([...context.views].map(([id, view]) => [id, new ChangeStreams(view)]));

  app.get<OfView>(
    "/api/v1/views/:view/changes",
    describeRead(
      "What happened to a view; server-sent events when these are accepted",
      changesParameters,
      "ChangesPage",
    ),
    async (request, reply): Promise<ChangesPage | FastifyReply> => {
      const view = requireView(context, request);
      const { limit, wait, since } = readParameters(changesParameters, request.query);
      const scope = readAskedPath(view, request.query);
      const waitMs = wait * 1_000;
      const start = locate(view.feed, readSince(request, since));
      // Who may read a part hears nothing that others hear too.
      const stream = view.part === undefined ? streams.get(view.id) : new ChangeStreams(view);
      if (stream === undefined || !wantsStream(request)) {
        const leave = waitMs === 0 ? NOBODY : attend(view);
        const over = new AbortController();
        const release = abortWith(over, stop.signal);
        reply.raw.once("close", () => {
          over.abort();
        });
        try {
          const page = await poll(view.feed, start, { scope, limit, waitMs, clock, over });
          return toChangesPage(view, page);
        } finally {
          leave();
          release();
          over.abort();
        }
      }
      const leave = attend(view);
      const events = stream.open({ start, scope, clock, signal: stop.signal });
      events.once("close", leave);
      return reply
        .type("text/event-stream; charset=utf-8")
        .header("x-accel-buffering", "no")
        .send(events);
    },
  );
}

interface Poll {
  readonly scope: string;
  readonly limit: number;
  readonly waitMs: number;
  readonly clock: Clock;
  /** Aborts when there is no time left. */
  readonly over: AbortController;
}

/** The first page that has something to say; one that has not when the time is over. */
async function poll(
  feed: Feed,
  start: Place | ChangesReset["reason"],
  { scope, limit, waitMs, clock, over }: Poll,
): Promise<FeedPage> {
  if (typeof start === "string") return beginAt(feed, start);
  let page = feed.read(start, { scope, limit });
  if (waitMs === 0) return page;
  clock.sleep(waitMs, over.signal).then(
    () => {
      over.abort();
    },
    () => undefined,
  );
  while (page.events.length === 0 && page.reset === undefined && !over.signal.aborted) {
    await feed.changed(page.next, over.signal);
    page = feed.read(page.next, { scope, limit });
  }
  return page;
}

/** The cursor of the call, or that of the last event that a stream brought before it broke. */
function readSince({ headers }: FastifyRequest<OfView>, since: string | undefined) {
  const last = headers["last-event-id"];
  const text = typeof last === "string" ? last : since;
  return text === "" ? undefined : text;
}

/** Answers 400 for what is no cursor. */
function locate(feed: Feed, since: string | undefined): Place | ChangesReset["reason"] {
  if (since === undefined) return feed.present;
  const place = feed.find(since);
  if (place !== undefined) return place;
  throw new Problem("BAD_REQUEST", `since is no cursor: "${since.toWellFormed()}".`, {
    hint: "Take cursor of the page before as it is, or begin without one.",
  });
}

function wantsStream({ headers }: FastifyRequest<OfView>): boolean {
  return headers.accept?.includes("text/event-stream") === true;
}

/** Answers 429 when too many wait already. */
function attend({ id, feed }: LiveView): () => void {
  const leave = feed.attend();
  if (leave !== undefined) return leave;
  throw new Problem("OVERLOADED", `Too many readers follow the view ${id}.`, {
    headers: { "retry-after": "5" },
  });
}

const NOBODY = (): void => undefined;
