import type { Clock } from "@fustor/core";
import type { Domain } from "./domain.js";
import type { FusionTime } from "./fusion-time.js";
import type { EventLog } from "./log/event-log.js";
import { nullLog } from "./log/null-log.js";
import type { LiveView } from "./views.js";

const INTERVAL_MS = 500;

interface Swept {
  readonly clock: Clock;
  readonly time: FusionTime;
  readonly views: ReadonlyMap<string, LiveView>;
  readonly domains: ReadonlyMap<string, Domain>;
  readonly log?: EventLog;
}

/** Tells views that time passes and ends silent sessions, until the signal aborts. */
export async function runSweep(swept: Swept, signal: AbortSignal): Promise<void> {
  const { clock, time, views, domains, log = nullLog } = swept;
  for (;;) {
    const startedAt = time.now();
    try {
      await clock.sleep(INTERVAL_MS, signal);
    } catch {
      return;
    }
    // A process that was stopped or busy for long heard nobody meanwhile.
    const lateMs = time.now() - startedAt - INTERVAL_MS;
    for (const domain of domains.values()) domain.expire(lateMs > INTERVAL_MS ? lateMs : 0);
    tick([...views.values()], time.now(), log);
  }
}

/**
 * Tells views what time it is. It goes into the log only where it changed something, for a tick that
 * changes nothing leaves nothing behind that the next record would not bring about.
 */
function tick(views: readonly LiveView[], at: number, log: EventLog): void {
  let hasChanged = false;
  for (const view of views) {
    const { revision } = view.fs;
    view.apply({ kind: "tick", at });
    hasChanged ||= view.fs.revision !== revision;
  }
  if (hasChanged) log.append({ entry: { kind: "tick", at } });
}
