import type { Message } from "@fustor/core";
import type { ClockMapping } from "@fustor/protocol";

/**
 * Nothing was seen after it arrived. Where even the least offset that a mapping allows says so, the
 * mapping is wrong by that much at least.
 */
export function clampClock(
  clock: ClockMapping,
  messages: readonly Message[],
  at: number,
): ClockMapping {
  const newest = messages.reduce((last, { endedAt }) => Math.max(last, endedAt), -Infinity);
  const aheadMs = clock.offsetMs + newest - at;
  if (aheadMs <= clock.errorMs) return clock;
  return { offsetMs: at - newest, errorMs: aheadMs };
}

/** The scopes of which only a digest was told. */
export function digested(messages: readonly Message[]): string[] {
  return messages.flatMap((message) => (message.kind === "digest" ? [message.scope] : []));
}

/** Snapshots, audits and looks at what was in doubt are the leader's. */
export function isOfAnybody({ source }: Message): boolean {
  return source === "realtime" || source === "on_demand";
}

/** A snapshot of the whole root was told. */
export function endsSnapshot(message: Message): boolean {
  if (message.kind !== "mark" || message.edge !== "end") return false;
  return message.walk === "snapshot" && message.scope === "/";
}
