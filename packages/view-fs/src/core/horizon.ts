import type { LostMessage } from "@fustor/core";
import type { Evidence } from "./evidence.js";
import type { Loss } from "./gaps.js";
import { RULE } from "./rules.js";
import type { World } from "./world.js";

/** Rule 2: what is older than the horizon, or than this incarnation, changes nothing. */
export function isTooOld(world: World, E: Evidence, scope: string): boolean {
  const isBeyond = world.at - E.t0 > world.limits.horizonMs;
  if (!isBeyond && E.t0 > world.resetAt) return false;
  world.counts.add(isBeyond ? RULE.horizon : RULE.beforeReset);
  lose(world, scope, "too old", E.host, world.at);
  return true;
}

/** Rule 6: what happened in the scope up to `at` may be missing. */
export function lose(world: World, scope: string, reason: string, host: string, at: number): void {
  note(world, { scope, reason, host, at, until: at + world.lag });
}

/** Rule 6: the speaker says that it lost what happened in the scope up to then. */
export function loseBy(world: World, { scope, reason }: LostMessage, E: Evidence): void {
  const at = E.t0 + E.error + E.lag;
  const own = { boot: E.boot, at: E.own + E.lag };
  note(world, { scope, reason, host: E.host, at, until: at + world.lag, own });
}

function note(world: World, loss: Loss): void {
  world.counts.add(RULE.lost);
  world.gaps.lose(loss);
  world.changed = true;
}
