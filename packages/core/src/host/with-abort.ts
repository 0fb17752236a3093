import type { Clock } from "../time.js";
import { abortable } from "./abortable.js";

/**
 * Runs `run` with a controller that also aborts when `signal` does. Once `run` has settled, the
 * controller is aborted, so that nothing started inside outlives it.
 */
export async function withAbort<T>(
  signal: AbortSignal,
  run: (abort: AbortController) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const forward = () => {
    abort.abort(signal.reason);
  };
  signal.addEventListener("abort", forward);
  if (signal.aborted) forward();
  try {
    return await run(abort);
  } finally {
    signal.removeEventListener("abort", forward);
    abort.abort();
  }
}

/** Runs `run` for at most `ms`; then aborts it and throws what `late` returns. */
export function withTimeLimit<T>(
  { clock, ms, late }: { readonly clock: Clock; readonly ms: number; readonly late: () => Error },
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withAbort(signal, async (abort) => {
    clock.sleep(ms, abort.signal).then(
      () => {
        abort.abort(late());
      },
      () => undefined,
    );
    return abortable(run(abort.signal), abort.signal);
  });
}

/** Runs tasks side by side until the first of them settles, then aborts and awaits the others. */
export async function untilFirst(
  signal: AbortSignal,
  tasks: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const running: Promise<void>[] = [];
  try {
    await withAbort(signal, async (abort) => {
      for (const task of tasks) running.push(task(abort.signal));
      await Promise.race(running);
    });
  } finally {
    await Promise.allSettled(running);
  }
}
