import type { Message, Stream } from "@fustor/core";
import type { NodeId } from "../tree/index.js";
import type { SaidScope } from "./said-scope.js";
import type { Session } from "./sessions.js";
import type { Voice } from "./voices.js";

/** What a doubt has to know of evidence. */
export interface Word {
  /** Fusion time in ms of the first look. */
  readonly t0: number;
  readonly error: number;
  readonly realtime: boolean;
}

/** What is kept of evidence when its message is over. */
export interface Testimony extends Word {
  /** Of the names that were looked at, or that a listing shows. */
  readonly voice: Voice;
  /** The agent's own time of the first look. */
  readonly own: number;
  readonly lag: number;
  readonly host: string;
  readonly boot: string;
  /** The directory that was listed. */
  readonly listing: string | undefined;
}

/** Who saw something, how and when. One object serves all names of a message. */
export interface Evidence extends Testimony {
  readonly session: Session;
  readonly stream: Stream;
  /** Not later than the arrival. */
  readonly t0: number;
  /** A kernel event on the very name. Everything else is compensating. */
  readonly realtime: boolean;
  readonly isSentinel: boolean;
  readonly scope: SaidScope;
  readonly byLeader: boolean;
  /** Its node, once that is known; 0 before. */
  directory: NodeId;
}

/** The evidence that a message is which arrives at Fusion time `at`. */
export function evidenceOf(
  session: Session,
  stream: Stream,
  message: Message,
  at: number,
): Evidence {
  const { source, startedAt } = message;
  const isListing = message.kind === "listing" || message.kind === "digest";
  const realtime = source === "realtime" && !isListing;
  const manner = isListing ? "row" : realtime ? "event" : "probe";
  // Nothing was seen after it arrived: an offset that says so is too large, by that much at least.
  const isEarly = startedAt + session.offset > at;
  const voice = isEarly
    ? session.voice(stream, manner, at - startedAt)
    : session.voice(stream, manner);
  return {
    session,
    voice,
    own: startedAt,
    stream,
    t0: Math.min(startedAt + session.offset, at),
    error: session.error,
    realtime,
    isSentinel: source === "sentinel",
    lag: session.lag,
    host: voice.host,
    boot: voice.boot,
    scope: session.scope,
    byLeader: session.role === "leader",
    listing: isListing ? message.scope : undefined,
    directory: 0,
  };
}

/** The evidence of several messages that began with the earliest. */
export function begunEarlier(E: Evidence, byMs: number): Evidence {
  return { ...E, own: E.own - byMs, t0: E.t0 - byMs };
}

/**
 * Rule 1: is `late`, which arrives now, newer than what `early` said at its own time `own`?
 *
 * - Same boot, stream and kind (`order`): arrival decides, without lag; only what began earlier and
 *   was told later loses.
 * - Same boot: the agent's own clock decides, which never goes back, so the error counts 0.
 * - Else Fusion time, less the error of both.
 *
 * Lag counts 0 only for a kernel event against the same host; it then also wins a tie.
 */
export function isNewer(
  late: Evidence,
  order: string | undefined,
  early: Voice,
  own: number,
): boolean {
  if (order === early.order) return late.own >= own;
  const lag = late.realtime && late.host === early.host ? 0 : late.lag;
  if (late.boot !== early.boot) {
    return late.t0 - lag - late.error - early.error > own + early.offset;
  }
  const isTie = late.own === own && lag === 0 && late.realtime && early.manner !== "event";
  return isTie || late.own - lag > own;
}

/** The same against evidence that is kept whole. */
export function isNewerThan(late: Evidence, early: Testimony): boolean {
  const order = late.listing === early.listing ? late.voice.order : undefined;
  return isNewer(late, order, early.voice, early.own);
}

/** The same with lag always counted: what absence needs against the word of another host. */
export function isNewerThroughCaches(late: Evidence, early: Word): boolean {
  return late.t0 - late.lag - late.error - early.error > early.t0;
}

/** Which of two looks began later, as far as clocks tell: no proof, a choice. */
export function isNotBefore(late: Testimony, early: Voice, own: number): boolean {
  return late.boot === early.boot ? late.own >= own : late.t0 >= own + early.offset;
}

/** One word for both: what a doubt has to outlast. */
export function joined(word: Word, other: Word | undefined): Word {
  if (other === undefined) return word;
  const until = Math.max(word.t0 + word.error, other.t0 + other.error);
  return { t0: until, error: 0, realtime: word.realtime || other.realtime };
}

/** An event that another host's caches may belie: good enough to show, with a doubt. */
export function isEager(late: Evidence, host: string, { t0, error }: Word): boolean {
  return late.realtime && late.host !== host && late.t0 - late.error - error > t0;
}
