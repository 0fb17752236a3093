import { useEffect, useState } from "preact/hooks";
import { toApiError, type ApiError } from "./api.js";

/** What is known of something that is asked for: the last answer, and how the last attempt ended. */
export interface Known<Value> {
  readonly value: Value | undefined;
  /** Why the last attempt failed; `value` is then an older answer, or none. */
  readonly error: ApiError | undefined;
  /** Asks again now. */
  readonly refresh: () => void;
}

const RETRY_MS = 2_000;

/**
 * Asks once, or every `everyMs` while the page is in sight, and again when `question` changes. A
 * failed attempt is repeated; what was answered before stays.
 */
export function useAnswer<Value>(
  question: string,
  load: (signal: AbortSignal) => Promise<Value>,
  everyMs?: number,
): Known<Value> {
  const [state, setState] = useState<{
    readonly question: string;
    readonly value?: Value;
    readonly error?: ApiError;
  }>({ question });
  const [wish, setWish] = useState(0);

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (ms: number): void => {
      if (stop.signal.aborted) return;
      timer = setTimeout(() => {
        if (document.hidden) again(ms);
        else void attempt();
      }, ms);
    };
    const attempt = async (): Promise<void> => {
      try {
        const value = await load(stop.signal);
        if (stop.signal.aborted) return;
        setState({ question, value });
        if (everyMs !== undefined) again(everyMs);
      } catch (error) {
        if (stop.signal.aborted) return;
        const known = toApiError(error);
        setState((before) =>
          before.question === question ? { ...before, error: known } : { question, error: known },
        );
        if (known.status === 0 || known.status >= 500 || everyMs !== undefined) {
          again(Math.max(RETRY_MS, everyMs ?? 0));
        }
      }
    };
    void attempt();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [question, wish, everyMs]);

  const isCurrent = state.question === question;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : undefined,
    refresh: () => {
      setWish((before) => before + 1);
    },
  };
}
