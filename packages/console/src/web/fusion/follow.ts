import type { ChangesPage } from "@fustor/protocol";
import { useEffect, useState } from "preact/hooks";
import { readEvents } from "../shared/events.js";
import type { WirePath } from "../shared/path.js";
import { openChanges } from "./api.js";

/** How a stream is. */
export type StreamState = "opening" | "open" | "broken";

const AGAIN_MIN_MS = 500;
const AGAIN_MAX_MS = 8_000;

/**
 * Follows what happens at and below a path for as long as the component stands, across broken
 * connections: `onPage` hears of everything, or of a `reset` where something could not be told.
 */
export function useChanges(
  view: string,
  at: WirePath,
  onPage: (page: ChangesPage) => void,
): StreamState {
  const [state, setState] = useState<StreamState>("opening");
  useEffect(() => {
    if (view === "") return undefined;
    const stop = new AbortController();
    void follow(view, at, { onPage, onState: setState, signal: stop.signal });
    return () => {
      stop.abort();
    };
  }, [view, at.path, at.path_b64]);
  return state;
}

interface Listener {
  readonly onPage: (page: ChangesPage) => void;
  readonly onState: (state: StreamState) => void;
  readonly signal: AbortSignal;
}

async function follow(
  view: string,
  at: WirePath,
  { onPage, onState, signal }: Listener,
): Promise<void> {
  let since: string | undefined;
  let waitMs = AGAIN_MIN_MS;
  while (!signal.aborted) {
    try {
      for await (const { data } of readEvents(await openChanges(view, at, since, signal))) {
        const page = JSON.parse(data) as ChangesPage;
        since = page.cursor;
        waitMs = AGAIN_MIN_MS;
        onState("open");
        onPage(page);
      }
    } catch {
      // Whatever it was, it is asked for again; a wrong key shows the page that asks for one.
    }
    if (!isOver(signal)) onState("broken");
    await pause(waitMs, signal);
    waitMs = Math.min(AGAIN_MAX_MS, waitMs * 2);
  }
}

/** Asked anew: a signal may abort while one waits. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
