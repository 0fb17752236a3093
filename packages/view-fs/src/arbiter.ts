import type { Stream } from "@fustor/core";
import type { Scope } from "@fustor/schema-fs";

/** When the first look began and the last one ended, in ms. */
export interface Span {
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Who saw something, when and how. One object serves all rows of a message; a node keeps the one
 * that set it last.
 */
export interface Evidence {
  readonly agentId: string;
  readonly bootId: string;
  readonly stream: Stream;
  /** A kernel event on the very name. Everything else is compensating. */
  readonly realtime: boolean;
  /** Found by an audit. */
  readonly audit: boolean;
  /** Fusion time in ms, not later than the first look. */
  readonly startedAt: number;
  /** Fusion time in ms, not earlier than the last look. */
  readonly endedAt: number;
  /** The same in the agent's own time, which orders what one boot of it says. */
  readonly own: Span;
  /** How old the answers of the speaker's file system may be. 0 on a local one. */
  readonly lagMs: number;
  /** The same, but 0 where that is a guess: files stay suspect for what is known alone. */
  readonly knownLagMs: number;
  /** What the speaker reports at all: outside of it, its silence means nothing. */
  readonly scope: Scope;
}

/**
 * By how much the clocks of two agents may differ after their offsets were applied. Counts against
 * compensating absence alone: a file must not vanish because a clock is wrong.
 */
export const CLOCK_DOUBT_MS = 1_000;

/** What the clocks say of `evidence`, seen from `other`. */
export type Order = "newer" | "older" | "unclear";

/**
 * Orders a piece of evidence that arrives against one that was believed earlier.
 *
 * - The same agent, boot, stream and kind: order of arrival, never time.
 * - The same agent after a restart: its former self is dead, so what arrives is newer.
 * - Else by time, and only where the two looks do not overlap. Compensating evidence first gives
 *   away the lag of its file system, except against the same agent's other looks.
 */
export function order(evidence: Evidence, other: Evidence): Order {
  if (evidence.agentId === other.agentId) {
    if (evidence.bootId !== other.bootId) return "newer";
    if (evidence.realtime === other.realtime && evidence.stream === other.stream) return "newer";
  }
  if (isAfter(evidence, other)) return "newer";
  if (isAfter(other, evidence)) return "older";
  return "unclear";
}

/** True when compensating evidence is newer than another agent's, however wrong the clocks are. */
export function isAfterBeyondDoubt(evidence: Evidence, other: Moment): boolean {
  const doubtMs = evidence.agentId === other.agentId ? 0 : CLOCK_DOUBT_MS;
  return sinceEnd(evidence, other) - lagBetween(evidence, other) > doubtMs;
}

/** What it takes of evidence to compare another's time with it. */
export type Moment = Pick<Evidence, "agentId" | "bootId" | "realtime" | "endedAt" | "own">;

/** What a node rests on: the last evidence, and the last event if that was none. */
export interface Ground {
  readonly seen: Evidence;
  readonly told: Evidence | undefined;
}

/** May a row replace what is known of the same name? */
export function mayUpdate(evidence: Evidence, { seen, told }: Ground): boolean {
  return overrules(evidence, seen) && (told === undefined || overrules(evidence, told));
}

/** May a row make a name appear that `gone` did not find? */
export function mayAppear(evidence: Evidence, gone: Evidence): boolean {
  const verdict = order(evidence, gone);
  if (verdict !== "unclear") return verdict === "newer";
  if (evidence.realtime) return true;
  return !gone.realtime && sinceStart(evidence, gone) > 0;
}

/** May an absence remove a name? Compensating absence must be newer beyond doubt. */
export function mayRemove(evidence: Evidence, { seen, told }: Ground): boolean {
  return denies(evidence, seen) && (told === undefined || denies(evidence, told));
}

function overrules(evidence: Evidence, seen: Evidence): boolean {
  const verdict = order(evidence, seen);
  if (verdict !== "unclear") return verdict === "newer";
  if (evidence.realtime) return true;
  if (seen.realtime || evidence.agentId !== seen.agentId) return false;
  return sinceStart(evidence, seen) >= 0;
}

function denies(evidence: Evidence, seen: Evidence): boolean {
  const verdict = order(evidence, seen);
  if (evidence.realtime) return verdict !== "older";
  if (evidence.agentId === seen.agentId) return verdict === "newer";
  return isAfterBeyondDoubt(evidence, seen);
}

/** True when `evidence` was looked at after the last look of `other`, whatever the caches hold. */
function isAfter(evidence: Evidence, other: Moment): boolean {
  return sinceEnd(evidence, other) > lagBetween(evidence, other);
}

/** How many ms after the last look of `other` the first one of `evidence` began. */
function sinceEnd(evidence: Evidence, other: Moment): number {
  if (isOneBoot(evidence, other)) return evidence.own.startedAt - other.own.endedAt;
  return evidence.startedAt - other.endedAt;
}

function sinceStart(evidence: Evidence, other: Evidence): number {
  if (isOneBoot(evidence, other)) return evidence.own.startedAt - other.own.startedAt;
  return evidence.startedAt - other.startedAt;
}

function isOneBoot(evidence: Evidence, other: Moment): boolean {
  return evidence.agentId === other.agentId && evidence.bootId === other.bootId;
}

function lagBetween(evidence: Evidence, other: Moment): number {
  if (evidence.realtime) return 0;
  return evidence.agentId === other.agentId && !other.realtime ? 0 : evidence.lagMs;
}
