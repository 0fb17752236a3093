import type { Message, MessageSource, Role, Speaker, Stream } from "@fustor/core";
import { createScope, type Scope } from "@fustor/schema-fs";

/** What an agent's file system is taken to cache for when the agent does not say, in seconds. */
const UNKNOWN_LAG_SEC = 60;

/** Who saw something, how and when. One object serves all names of a message. */
export interface Evidence {
  readonly source: MessageSource;
  /** A kernel event on the very name. Everything else is compensating. */
  readonly realtime: boolean;
  readonly host: string;
  readonly boot: string;
  /** What is ordered by arrival: same boot, same stream, same kind (a listing: same directory). */
  readonly order: string;
  /** Fusion time of the first look, never later than the arrival; `own` is the agent's time. */
  readonly t0: number;
  readonly own: number;
  /** By how much `t0` may be wrong, either way. */
  readonly e: number;
  /** How old the answers of the host's file system may be. */
  readonly lag: number;
  /** What the speaker reports at all: of other names its silence says nothing. */
  readonly scope: Scope;
  readonly byLeader: boolean;
}

/** An open session: what its evidence is made of. */
export interface SessionState {
  readonly speaker: Speaker;
  readonly scope: SaidScope;
  readonly lag: number;
  offset: number;
  error: number;
  role: Role;
}

export function openSession(speaker: Speaker): SessionState {
  const { scope, facts } = speaker.source;
  const { network, attribute_cache_sec: stated } = facts;
  const seconds = typeof stated === "number" && stated >= 0 ? stated : UNKNOWN_LAG_SEC;
  return {
    speaker,
    scope: readScope(scope),
    lag: network === false ? 0 : seconds * 1_000,
    offset: speaker.clockOffsetMs,
    error: speaker.clockErrorMs,
    role: "follower",
  };
}

/** What a session says by opening at Fusion time `at`: an agent's own word, not what it finds. */
export function asOf(session: SessionState, at: number): Evidence {
  const own = at - session.offset;
  const look = { source: "realtime", startedAt: own, endedAt: own } as const;
  return evidenceOf(session, "scan", { kind: "lost", ...look, scope: "/", reason: "" }, at);
}

/** The evidence that a message is which arrives at Fusion time `at`. */
export function evidenceOf(
  session: SessionState,
  stream: Stream,
  message: Message,
  at: number,
): Evidence {
  const { agentId, bootId } = session.speaker;
  const { source, startedAt } = message;
  const boot = `${agentId} ${bootId}`;
  const isListing = message.kind === "listing" || message.kind === "digest";
  const kind = isListing ? `listing ${message.scope}` : source === "realtime" ? "event" : "probe";
  return {
    source,
    realtime: source === "realtime" && !isListing,
    host: agentId,
    boot,
    order: `${boot} ${stream} ${kind}`,
    t0: Math.min(startedAt + session.offset, at),
    own: startedAt,
    e: session.error,
    lag: session.lag,
    scope: session.scope,
    byLeader: session.role === "leader",
  };
}

/**
 * Rule 1: is `late`, which arrives now, newer than `early`, which was believed before?
 *
 * - Same boot, stream and kind: the order of arrival decides, without lag; only what began earlier
 *   and was told later loses.
 * - Same boot: the agent's own clock decides, which never goes back, so `e` counts 0.
 * - Else Fusion time, less the error of both.
 *
 * Lag counts 0 only for a kernel event against the same host; it then also wins a tie.
 */
export function isNewer(late: Evidence, early: Evidence, sameOrder = true): boolean {
  if (sameOrder && late.order === early.order) return late.own >= early.own;
  const lag = late.realtime && late.host === early.host ? 0 : late.lag;
  if (late.boot !== early.boot) return late.t0 - lag - late.e - early.e > early.t0;
  const isTie = late.own === early.own && lag === 0 && late.realtime && !early.realtime;
  return isTie || late.own - lag > early.own;
}

/** The same with lag always counted: what absence needs against the word of another host. */
export function isNewerThroughCaches(late: Evidence, early: Evidence): boolean {
  return late.t0 - late.lag - late.e - early.e > early.t0;
}

/** Which of two looks began later, as far as clocks tell: no proof, a choice. */
export function isNotBefore(late: Evidence, early: Evidence): boolean {
  return late.boot === early.boot ? late.own >= early.own : late.t0 >= early.t0;
}

/** What a doubt has to outlast. */
export type Word = Pick<Evidence, "t0" | "e" | "realtime">;

/** One word for all that stands against an absence: it has to outlast the latest of them. */
export function strongest(words: readonly Word[]): Word | undefined {
  if (words.length === 0) return undefined;
  const until = Math.max(...words.map(({ t0, e }) => t0 + e));
  return { t0: until, e: 0, realtime: words.some(({ realtime }) => realtime) };
}

/** An event that another host's caches may belie: good enough to show, with a doubt. */
export function isEager(late: Evidence, early: Evidence): boolean {
  return late.realtime && late.host !== early.host && late.t0 - late.e - early.e > early.t0;
}

/** A scope that cannot be understood admits nothing, so that no silence in it removes anything. */
function readScope(said: Readonly<Record<string, unknown>>): SaidScope {
  const { filePattern = said["file_pattern"] ?? "*", exclude = [] } = said;
  if (typeof filePattern !== "string" || !Array.isArray(exclude)) return NOTHING;
  if (!exclude.every((item): item is string => typeof item === "string")) return NOTHING;
  try {
    const scope = createScope({ filePattern, exclude });
    const text = JSON.stringify([filePattern, exclude]);
    return { admits: (path, isDirectory) => scope.admits(path, isDirectory), text };
  } catch {
    return NOTHING;
  }
}

/** A scope, with what says that it is another one. */
export interface SaidScope extends Scope {
  readonly text: string;
}

export const NOTHING: SaidScope = { admits: (path) => path === "/", text: "" };
