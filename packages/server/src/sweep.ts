import type { Clock } from "@fustor/core";
import type { Domain } from "./domain.js";
import type { FusionTime } from "./fusion-time.js";
import type { LiveView } from "./views.js";

const INTERVAL_MS = 500;

interface Swept {
  readonly clock: Clock;
  readonly time: FusionTime;
  readonly views: ReadonlyMap<string, LiveView>;
  readonly domains: ReadonlyMap<string, Domain>;
}

/** Tells views that time passes and ends silent sessions, until the signal aborts. */
export async function runSweep(swept: Swept, signal: AbortSignal): Promise<void> {
  const { clock, time, views, domains } = swept;
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
    for (const view of views.values()) view.apply({ kind: "tick", at: time.now() });
  }
}
