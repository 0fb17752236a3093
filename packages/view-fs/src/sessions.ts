import type { Message, Role, Speaker, Stream } from "@fustor/core";
import { createScope, type Scope } from "@fustor/schema-fs";
import type { Evidence } from "./arbiter.js";

/** What an agent's network file system is taken to cache for when it does not say. */
const NETWORK_LAG_SEC = 60;

/** One open session and what follows from what it said of itself. */
export interface OpenSession {
  readonly speaker: Speaker;
  readonly scope: Scope;
  readonly lagMs: number;
  /** A session follows until it is told to lead. */
  role: Role;
}

export function openSession(speaker: Speaker): OpenSession {
  const { scope, facts } = speaker.source;
  return { speaker, scope: readScope(scope), lagMs: readLag(facts), role: "follower" };
}

/** The evidence that a message is, in Fusion's time. */
export function evidenceOf(session: OpenSession, stream: Stream, message: Message): Evidence {
  const { agentId, bootId, clockOffsetMs } = session.speaker;
  return {
    agentId,
    bootId,
    stream,
    realtime: message.source === "realtime",
    audit: message.source === "audit",
    startedAt: message.startedAt + clockOffsetMs,
    endedAt: Math.max(message.startedAt, message.endedAt) + clockOffsetMs,
    lagMs: session.lagMs,
    scope: session.scope,
  };
}

/**
 * True for a message that only a leader may send. A `lost` is heard from everybody: it takes
 * nothing away.
 */
export function isFenced(session: OpenSession, { kind, source }: Message): boolean {
  if (session.role === "leader" || kind === "lost") return false;
  return source === "snapshot" || source === "audit";
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

function readLag(facts: Readonly<Record<string, unknown>>): number {
  if (facts["network"] !== true) return 0;
  const seconds = facts["attribute_cache_sec"];
  return (typeof seconds === "number" && seconds >= 0 ? seconds : NETWORK_LAG_SEC) * 1_000;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

const NOTHING: Scope = { admits: (path) => path === "/" };
