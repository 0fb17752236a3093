import { hasCode } from "../errors.js";
import { createSystemClock } from "../host/system-clock.js";
import { listenForStop } from "./stop-signal.js";

/** How long one look stands. */
const EVERY_MS = 2_000;
const CLEAR = "\u001b[H\u001b[2J";

/**
 * Prints a status once or, when it is to be watched, again and again until Ctrl-C: on a terminal in
 * place, also through times in which nothing runs.
 */
export async function printStatus(
  { watch = false }: { readonly watch?: boolean },
  look: () => Promise<number>,
): Promise<number> {
  if (!watch) return look();
  const clock = createSystemClock();
  const stop = listenForStop();
  const { signal } = stop;
  try {
    while (!signal.aborted) {
      if (process.stdout.isTTY) process.stdout.write(CLEAR);
      await look().catch((error: unknown) => {
        if (!isAway(error)) throw error;
        process.stdout.write(`${error.message}\n`);
      });
      await clock.sleep(EVERY_MS, signal).catch(() => undefined);
    }
  } finally {
    stop.dispose();
  }
  return 0;
}

function isAway(error: unknown): error is Error {
  return (["NOT_RUNNING", "START_FAILED", "SEND_FAILED"] as const).some((code) =>
    hasCode(error, code),
  );
}
