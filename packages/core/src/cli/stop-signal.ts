/** `npm` passes Ctrl-C on although the terminal has already sent it: two signals, one wish. */
const SAME_WISH_MS = 500;

/** What a stop looks like from inside a long-running command. */
export interface StopSignal {
  /** Aborts at the first SIGINT or SIGTERM, or when the process that started us is gone. */
  readonly signal: AbortSignal;
  /** Resolves when `signal` aborts. */
  readonly asked: Promise<void>;
  /** Lets go of the process's signals. */
  dispose(): void;
}

/**
 * Turns SIGINT and SIGTERM into an `AbortSignal`. A second one, sent because the first was not
 * quick enough, ends the process at once with exit code 130.
 *
 * With `followParent`, a started-by-us process that loses its parent stops as well.
 */
export function listenForStop(options: { readonly followParent?: boolean } = {}): StopSignal {
  const stop = new AbortController();
  let askedAt: bigint | undefined;
  const ask = () => {
    const now = process.hrtime.bigint();
    if (askedAt === undefined) {
      askedAt = now;
      stop.abort(new Error("asked to stop"));
    } else if (now - askedAt > BigInt(SAME_WISH_MS) * 1_000_000n) {
      process.exit(130);
    }
  };
  const parentGone = () => {
    stop.abort(new Error("the process that started this one has ended"));
  };
  process.on("SIGINT", ask).on("SIGTERM", ask);
  if (options.followParent === true) process.on("disconnect", parentGone);
  return {
    signal: stop.signal,
    asked: new Promise((resolve) => {
      stop.signal.addEventListener("abort", () => {
        resolve();
      });
    }),
    dispose: () => {
      process.off("SIGINT", ask).off("SIGTERM", ask).off("disconnect", parentGone);
    },
  };
}
