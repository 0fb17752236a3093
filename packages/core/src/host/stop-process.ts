import { FustorError } from "../errors.js";
import type { Clock } from "../time.js";
import type { App } from "./app.js";
import { readClaim } from "./pid-file.js";
import { isAlive, type ProcessIdentity } from "./process-identity.js";
import { createSystemClock } from "./system-clock.js";

export interface StopOptions {
  /** How long the process may take to end by itself before it is killed. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
}

/**
 * - `stopped`: it ended by itself after SIGTERM
 * - `killed`: it did not, and was killed
 * - `not running`: nobody held the home
 */
export type StopResult = "stopped" | "killed" | "not running";

const POLL_MS = 25;
const KILL_MS_MAX = 5_000;

/**
 * Ends the process that holds `home`, and returns when it is gone. Never signals another process
 * that was given the same number.
 *
 * Throws `STOP_FAILED` for a process of another user, and for one that even a kill does not end.
 */
export async function stopProcess(
  home: string,
  app: App,
  { timeoutMs, clock = createSystemClock() }: StopOptions,
): Promise<StopResult> {
  const claim = await readClaim(home, app);
  if (claim?.alive !== true) return "not running";
  const name = `fustor-${app} (pid ${String(claim.pid)})`;
  signal(name, claim, "SIGTERM");
  if (await waitForEnd(claim, timeoutMs, clock)) return "stopped";
  signal(name, claim, "SIGKILL");
  if (await waitForEnd(claim, KILL_MS_MAX, clock)) return "killed";
  throw new FustorError(
    "STOP_FAILED",
    `${name} was killed but has not ended: it waits for a file system that does not answer. ` +
      "It ends as soon as that answers or is unmounted.",
  );
}

function signal(name: string, target: ProcessIdentity, signalName: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, signalName);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ESRCH") return;
    throw new FustorError(
      "STOP_FAILED",
      `Cannot stop ${name}: it belongs to another user. Stop it as that user, or as root.`,
      { cause },
    );
  }
}

/** False when it still runs after `timeoutMs`. */
async function waitForEnd(
  target: ProcessIdentity,
  timeoutMs: number,
  clock: Clock,
): Promise<boolean> {
  const until = clock.now() + timeoutMs;
  while (isAlive(target)) {
    if (clock.now() >= until) return false;
    await clock.sleep(POLL_MS);
  }
  return true;
}
