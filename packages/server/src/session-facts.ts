import { randomUUID } from "node:crypto";
import type { LostMessage } from "@fustor/core";
import type { Opening } from "@fustor/protocol";
import type { SessionFacts } from "./log/entry.js";

interface Arrival {
  /** Fusion time, ms. */
  readonly at: number;
  readonly clientIp: string;
  readonly clockOffsetMs: number;
  readonly clockErrorMs: number;
  readonly timeoutMsMin: number;
}

/** What is kept of an agent that comes, with a new id. */
export function describeOpening(opening: Opening, arrival: Arrival): SessionFacts {
  const sessionId = randomUUID();
  const { taskId, agentId, bootId, source, capabilities, timeoutSeconds = 0 } = opening;
  const { at, clientIp, clockOffsetMs, clockErrorMs, timeoutMsMin } = arrival;
  return {
    taskId,
    bootId,
    speaker: {
      sessionId,
      agentId,
      bootId: bootId ?? sessionId,
      dialect: opening.offersV2 ? "v2" : "v1",
      source,
      clockOffsetMs,
      clockErrorMs,
    },
    capabilities: [...capabilities],
    timeoutMs: Math.max(timeoutMsMin, timeoutSeconds * 1000),
    clientIp,
    openedAt: at,
  };
}

/** Who tells the views that records of the log are gone, and in which words: Fusion itself. */
export function lossOf(
  reason: string,
  at: number,
): { readonly facts: SessionFacts; readonly message: LostMessage } {
  const sessionId = randomUUID();
  return {
    facts: {
      taskId: "fusion",
      bootId: undefined,
      speaker: {
        sessionId,
        agentId: "fusion",
        bootId: sessionId,
        dialect: "v2",
        source: { schema: "fs", uri: "", identity: "", scope: {}, facts: { network: false } },
        clockOffsetMs: 0,
        clockErrorMs: 0,
      },
      capabilities: [],
      timeoutMs: 0,
      clientIp: "",
      openedAt: at,
    },
    message: {
      kind: "lost",
      source: "on_demand",
      startedAt: at,
      endedAt: at,
      scope: "/",
      reason,
    },
  };
}
