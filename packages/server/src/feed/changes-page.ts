import type { ChangesPage, ChangesReset } from "@fustor/protocol";
import type { LiveView } from "../views.js";
import { toChangeJson } from "./change-json.js";
import type { Feed, FeedPage, Place } from "./change-feed.js";

/** Where a reader begins, without events; with the reason where its cursor has no place. */
export function beginAt(feed: Feed, start: Place | ChangesReset["reason"]): FeedPage {
  const isReset = typeof start === "string";
  const next = isReset ? feed.present : start;
  return { events: [], next, more: false, reset: isReset ? start : undefined };
}

/** A page as a client reads it. JSON leaves out what is undefined. */
export function toChangesPage({ id, fs, feed }: LiveView, page: FeedPage): ChangesPage {
  const { events, next, more, reset } = page;
  return {
    view: id,
    events: events.map(toChangeJson) as ChangesPage["events"],
    cursor: feed.cursorAt(next),
    revision: fs.revision,
    more,
    ...(reset === undefined ? {} : { reset: { reason: reset } }),
  };
}
