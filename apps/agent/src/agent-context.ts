import type { Logger, PipeStatus, Random } from "@fustor/core";
import type { SystemClock } from "@fustor/core/host";

/** One pipe as the page and `status` show it. */
export interface AgentPipeStatus extends PipeStatus {
  readonly enabled: boolean;
  /** Somebody stopped it by hand; it stays so until it is started, or the agent is. */
  readonly isPaused?: true;
  readonly sourceId: string;
  readonly sourceType: string;
  readonly senderId: string;
  readonly senderType: string;
  /** With more that wait, rows are kept as scopes to look at again. */
  readonly bufferRowsMax: number;
}

export interface AgentContext {
  readonly agentId: string;
  readonly bootId: string;
  readonly home: string;
  readonly clock: SystemClock;
  readonly random: Random;
  readonly logger: Logger;
}
