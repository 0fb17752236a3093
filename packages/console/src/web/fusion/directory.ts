import type { ChangesPage } from "@fustor/protocol";
import { useEffect, useRef, useState } from "preact/hooks";
import { toApiError, type ApiError } from "../shared/api.js";
import type { WirePath } from "../shared/path.js";
import { askEntries, askUsage } from "./api.js";
import { EntryPages } from "./entry-pages.js";
import { useChanges, type StreamState } from "./follow.js";

/** The largest of the children whose sums are shown. */
const SUMS_MAX = 2_000;
/** A directory in which much happens is read anew so often, at most. */
const FRESH_MS = 1_000;
const SIGHT_ROWS = 60;

export interface DirectoryOrder {
  readonly sort: "path" | "size" | "mtime";
  readonly isDescending: boolean;
}

/** One directory as it is shown: kept up to date by what happens in it. */
export interface Directory {
  /** Undefined until its length and first rows are known. */
  readonly pages: EntryPages | undefined;
  /** Bytes below the largest children, by path. */
  readonly sums: ReadonlyMap<string, number>;
  readonly largest: number;
  readonly error: ApiError | undefined;
  readonly state: StreamState;
  readonly refresh: () => void;
  /** Says which rows are in sight: they are brought, now and whenever the directory is read anew. */
  readonly look: (first: number, last: number) => void;
}

interface Shown {
  readonly question: string;
  readonly pages: EntryPages;
  readonly sums: ReadonlyMap<string, number>;
  readonly largest: number;
}

/** Reads a directory, and reads it anew when something in it has changed. */
export function useDirectory(view: string, at: WirePath, order: DirectoryOrder): Directory {
  const question = JSON.stringify([view, at, order]);
  const [shown, setShown] = useState<Shown>();
  const [error, setError] = useState<ApiError>();
  const [, redraw] = useState(0);
  const [wish, setWish] = useState(0);
  const sight = useRef({ first: 0, last: SIGHT_ROWS });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const isReading = useRef(false);

  const readAnewSoon = (): void => {
    timer.current = setTimeout(() => {
      // Where much happens a reading would never come to its end if the next one cut it off.
      if (isReading.current) {
        readAnewSoon();
        return;
      }
      timer.current = undefined;
      setWish((before) => before + 1);
    }, FRESH_MS);
  };

  const state = useChanges(view, at, (page) => {
    if (timer.current === undefined && concerns(page, at)) readAnewSoon();
  });

  useEffect(() => {
    if (view === "") return undefined;
    const stop = new AbortController();
    setError(undefined);
    isReading.current = true;
    const fail = (failure: unknown): void => {
      if (stop.signal.aborted) return;
      isReading.current = false;
      setError(toApiError(failure));
    };
    const read = async (): Promise<void> => {
      let isShown = false;
      const show = (next: Omit<Shown, "question">): void => {
        const { total } = next.pages;
        const { first } = sight.current;
        // What was shown before stays until there is something to show in its place.
        if (isShown || (total > 0 && !next.pages.has(Math.min(first, total - 1)))) {
          redraw((before) => before + 1);
          return;
        }
        isShown = true;
        isReading.current = false;
        setShown({ ...next, question });
      };
      try {
        const next = await readDirectory(view, at, order, {
          signal: stop.signal,
          onChange: show,
          onError: fail,
        });
        stop.signal.addEventListener("abort", () => {
          if (!isShown) next.pages.close();
        });
        if (next.pages.total === 0) show(next);
        const { first, last } = sight.current;
        next.pages.want(Math.min(first, Math.max(0, next.pages.total - 1)), last);
      } catch (failure) {
        fail(failure);
      }
    };
    void read();
    return () => {
      stop.abort();
    };
  }, [question, wish]);

  useEffect(
    () => () => {
      shown?.pages.close();
    },
    [shown?.pages],
  );
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      sight.current = { first: 0, last: SIGHT_ROWS };
    },
    [question],
  );

  const current = shown?.question === question ? shown : undefined;
  return {
    pages: current?.pages,
    sums: current?.sums ?? NONE,
    largest: current?.largest ?? 0,
    error,
    state,
    refresh: () => {
      setWish((before) => before + 1);
    },
    look: (first, last) => {
      sight.current = { first, last };
      current?.pages.want(first, last);
    },
  };
}

const NONE: ReadonlyMap<string, number> = new Map();

interface Listener {
  readonly signal: AbortSignal;
  readonly onChange: (read: Omit<Shown, "question">) => void;
  readonly onError: (error: unknown) => void;
}

async function readDirectory(
  view: string,
  at: WirePath,
  { sort, isDescending }: DirectoryOrder,
  { signal, onChange, onError }: Listener,
): Promise<Omit<Shown, "question">> {
  const { usage } = await askUsage(view, at, { depth: 1, top: SUMS_MAX }, signal);
  const children = usage.children ?? [];
  const total = children.length + (usage.rest?.entries ?? 0);
  const sums = new Map(children.map(({ path, path_b64, bytes }) => [path_b64 ?? path, bytes]));
  const pages = new EntryPages(total, {
    ask: ({ limit, cursor, fields, isReversed, signal: stop }) => {
      const order = isDescending === isReversed ? "asc" : "desc";
      const params = { recursive: false, sort, order, limit, cursor, fields };
      return askEntries(view, at, params, stop);
    },
    onChange: () => {
      onChange(read);
    },
    onError,
  });
  const read = {
    pages,
    sums,
    largest: children.reduce((most, { bytes }) => Math.max(most, bytes), 0),
  };
  return read;
}

/** True when something happened to a child, or below one, or it cannot be told what happened. */
function concerns({ events, reset }: ChangesPage, at: WirePath): boolean {
  if (reset !== undefined) return true;
  const prefix = at.path === "/" ? "/" : `${at.path}/`;
  return events.some(({ path, from }) => path.startsWith(prefix) || from?.startsWith(prefix));
}
