import type { Message, Role, Speaker, Stream } from "@fustor/core";
import { createScope, type Scope } from "@fustor/schema-fs";
import type { Evidence } from "./arbiter.js";

/** What an agent's file system is taken to cache for when the agent does not say. */
const UNKNOWN_LAG_SEC = 60;

/** One open session and what follows from what it said of itself. */
export interface OpenSession {
  readonly speaker: Speaker;
  readonly scope: Scope;
  readonly lagMs: number;
  readonly knownLagMs: number;
  /** A session follows until it is told to lead. */
  role: Role;
  /** Add to the agent's time to get Fusion's, in ms, as of the last comparison. */
  clockOffsetMs: number;
}

export function openSession(speaker: Speaker): OpenSession {
  const { source, clockOffsetMs } = speaker;
  return {
    speaker,
    scope: readScope(source.scope),
    ...readLag(source.facts),
    role: "follower",
    clockOffsetMs,
  };
}

/**
 * The evidence that a message is that arrives at Fusion time `at`. Nothing was seen after it
 * arrived: a clock offset that says so is too large, by that much at least. Evidence from the
 * future could not be overruled before it has passed.
 */
export function evidenceOf(
  session: OpenSession,
  stream: Stream,
  message: Message,
  at: number,
): Evidence {
  const { agentId, bootId } = session.speaker;
  const { startedAt } = message;
  const own = { startedAt, endedAt: Math.max(startedAt, message.endedAt) };
  const offsetMs = Math.min(session.clockOffsetMs, at - own.endedAt);
  return {
    agentId,
    bootId,
    stream,
    realtime: message.source === "realtime",
    audit: message.source === "audit",
    startedAt: own.startedAt + offsetMs,
    endedAt: own.endedAt + offsetMs,
    own,
    lagMs: session.lagMs,
    knownLagMs: session.knownLagMs,
    scope: session.scope,
  };
}

/**
 * True for a message that only a leader may send. A `lost` is heard from everybody: it takes
 * nothing away.
 */
export function isFenced(session: OpenSession, { kind, source }: Message): boolean {
  if (session.role === "leader" || kind === "lost") return false;
  return source === "snapshot" || source === "audit" || source === "sentinel";
}

/** A scope that cannot be understood admits nothing, so that no silence in it removes anything. */
function readScope(said: Readonly<Record<string, unknown>>): Scope {
  const { filePattern = said["file_pattern"] ?? "*", exclude = [] } = said;
  if (typeof filePattern !== "string" || filePattern === "" || !isTexts(exclude)) return NOTHING;
  try {
    return createScope({ filePattern, exclude });
  } catch {
    return NOTHING;
  }
}

/** Who speaks v1, or says nothing of its file system, may have any caches. */
function readLag(facts: Readonly<Record<string, unknown>>): Pick<Evidence, "lagMs" | "knownLagMs"> {
  const { network, attribute_cache_sec: seconds } = facts;
  if (network === false) return { lagMs: 0, knownLagMs: 0 };
  const isStated = typeof seconds === "number" && seconds >= 0;
  const lagMs = (isStated ? seconds : UNKNOWN_LAG_SEC) * 1_000;
  return { lagMs, knownLagMs: network === true ? lagMs : 0 };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

const NOTHING: Scope = { admits: (path) => path === "/" };
