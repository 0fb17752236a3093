import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../time.js";

export interface SilenceOptions {
  readonly clock: Clock;
  readonly silenceMs: number;
  /** When the process was last heard, in ms on the clock. */
  readonly heardAt: () => number;
  /** True once its driver has been created, which may take `silenceMs` too. */
  readonly isReady: () => boolean;
  readonly onSilent: (why: string) => void;
}

/** Says why when a process hangs: a call to a file system may never come back. */
export async function watchSilence(options: SilenceOptions, signal: AbortSignal): Promise<void> {
  const { clock, silenceMs, heardAt, isReady, onSilent } = options;
  const bornAt = clock.now();
  const seconds = String(silenceMs / 1_000);
  while (!signal.aborted) {
    await clock.sleep(silenceMs / 4, signal);
    // This process may have been busy or asleep itself: first hear what has been said meanwhile.
    await nextTurn();
    if (clock.now() - heardAt() > silenceMs) {
      onSilent(`it was silent for ${seconds} s, perhaps in a call to a file system that hangs`);
    } else if (!isReady() && clock.now() - bornAt > silenceMs) {
      onSilent(`its driver was not ready after ${seconds} s`);
    }
  }
}
