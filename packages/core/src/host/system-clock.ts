import type { Clock, Random } from "../time.js";

/** The machine's time. All processes of one host that share `anchor` read the same time. */
export interface SystemClock extends Clock {
  /** Add to the machine's monotonic milliseconds to get milliseconds since the epoch. */
  readonly anchor: number;
}

/**
 * Reads the wall clock once and then follows the monotonic one, so that time never goes back.
 *
 * Child processes are given their parent's `anchor`.
 */
export function createSystemClock(anchor = Date.now() - monotonicMs()): SystemClock {
  return { anchor, now: () => anchor + monotonicMs(), wall: () => Date.now(), sleep };
}

/** Chance as the machine has it. */
export const systemRandom: Random = () => Math.random();

/** Milliseconds since the machine started: the same for all its processes, unlike `performance`. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The longest that Node can wait at once; a longer timer would fire immediately. */
const TIMER_MS_MAX = 2 ** 31 - 1;

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const until = monotonicMs() + ms;
    let timer: NodeJS.Timeout | undefined;
    const wait = () => {
      const left = until - monotonicMs();
      if (left <= 0) {
        signal?.removeEventListener("abort", abort);
        resolve();
        return;
      }
      timer = setTimeout(wait, Math.min(Math.ceil(left), TIMER_MS_MAX));
    };
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    if (signal?.aborted === true) {
      abort();
      return;
    }
    signal?.addEventListener("abort", abort, { once: true });
    wait();
  });
}

/** `HH:MM:SS` where this machine stands, for people. `time` is in ISO 8601. */
export function timeOfDay(time: string): string {
  return new Date(time).toTimeString().slice(0, 8);
}

/** A time in ms since the epoch, in ISO 8601. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** What a written time stands for, in ms since the epoch; undefined for what is none. */
export function parseTime(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
