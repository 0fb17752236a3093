import type { ObjectSchema, PipeStatus } from "@fustor/core";

/** What the agent's console reads of `GET /api/status`. Times are milliseconds since the epoch. */
export interface AgentConsoleStatus {
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly agentId: string;
  readonly home: string;
  readonly configFile: string;
  readonly startedAt: number;
  readonly now: number;
  readonly uptimeMs: number;
  readonly pipes: readonly AgentConsolePipe[];
}

export interface AgentConsolePipe extends PipeStatus {
  readonly enabled: boolean;
  /** Somebody stopped it by hand. */
  readonly isPaused?: true;
  readonly sourceId: string;
  readonly sourceType: string;
  readonly senderId: string;
  readonly senderType: string;
}

/** One line of the agent's log, as `GET /api/log` tells it. */
export interface LogLine {
  /** Counts from 1; the next question asks for what comes after it. */
  readonly number: number;
  readonly at: number;
  readonly level: string;
  readonly message: string;
  /** What else the line says, secrets blanked. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A driver that this agent can use, and the options that it takes. */
export interface DriverForm {
  readonly kind: "source" | "sender";
  /** What the configuration says as `type`. */
  readonly type: string;
  readonly schema: ObjectSchema;
}
