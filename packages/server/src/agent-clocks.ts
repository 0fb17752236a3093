import type { Message } from "@fustor/core";
import type { ClockMapping, Opening } from "@fustor/protocol";
import type { BootOffsets } from "./boot-offsets.js";
import { clampClock } from "./message-facts.js";
import type { LiveSession } from "./session.js";

/**
 * Clocks that differ by less than this differ by delay and drift: before somebody measures a round
 * trip, this is as far as they may part unheard.
 */
export const MOVED_MS = 1_000;

/** How the clock of a new session's agent stands: our time minus its, in ms. */
export function offsetOf(offsets: BootOffsets, opening: Opening, now: number): number {
  const { taskId, bootId, clock } = opening;
  return bootId === undefined || clock === undefined
    ? 0
    : offsets.see({ taskId, bootId }, now - clock);
}

/**
 * Takes note of the agent's clock, that of agents which do not measure round trips. Returns by how
 * many ms it moved against ours since the session opened, if that is too much: then its times cannot
 * be compared any more.
 *
 * A delay only ever makes the offset larger, so a smaller one counts at once. A larger one counts
 * when the next heartbeat repeats it: one late heartbeat, or a Fusion that stood still, must not
 * cost every agent its session.
 */
export function hearClock(
  offsets: BootOffsets,
  session: LiveSession,
  { clock, now }: { readonly clock: number | undefined; readonly now: number },
): number | undefined {
  const { taskId, bootId, speaker } = session;
  // Whoever measures round trips says itself how its clock stands.
  if (clock === undefined || bootId === undefined || session.clock !== undefined) return undefined;
  const offsetMs = now - clock;
  const movedMs = offsetMs - speaker.clockOffsetMs;
  const before = session.lateOffsetMs;
  session.lateOffsetMs = movedMs > MOVED_MS ? offsetMs : undefined;
  if (movedMs > MOVED_MS ? before === undefined : movedMs >= -MOVED_MS) {
    offsets.see({ taskId, bootId }, offsetMs);
    return undefined;
  }
  offsets.replace({ taskId, bootId }, Math.min(offsetMs, before ?? offsetMs));
  return movedMs;
}

/** The mapping that came with messages of a session, where it is another one than is known. */
export function renewedClock(
  { clock: known }: LiveSession,
  said: ClockMapping | undefined,
  { messages, at }: { readonly messages: readonly Message[]; readonly at: number },
): ClockMapping | undefined {
  if (said === undefined) return undefined;
  const { offsetMs, errorMs } = clampClock(said, messages, at);
  if (known?.offsetMs === offsetMs && known.errorMs === errorMs) return undefined;
  return { offsetMs, errorMs };
}
