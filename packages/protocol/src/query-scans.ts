/**
 * - `queued`: nobody has begun with it; it waits for a leader and its next heartbeat
 * - `running`: the agent lists
 * - `done`: everything that it found was applied
 * - `failed`: see `error`
 * - `cancelled`: somebody asked for its end
 */
export type ScanState = "queued" | "running" | "done" | "failed" | "cancelled";

/** Body of `POST /api/v1/views/{v}/scans`. `path_b64` stands for a path that is not valid UTF-8. */
export interface ScanJobRequest {
  readonly path?: string;
  readonly path_b64?: string;
  /** Default: false, the directory alone. */
  readonly recursive?: boolean;
}

/** A listing that somebody asked for. Times are seconds of Fusion time. */
export interface ScanJob {
  readonly id: string;
  readonly state: ScanState;
  /** What is listed: the path that was asked for, or the nearest known directory above it. */
  readonly path: string;
  readonly path_b64?: string;
  readonly recursive: boolean;
  readonly progress: ScanProgress;
  readonly created_at: number;
  /** When the agent began, for the last time. */
  readonly started_at?: number;
  readonly ended_at?: number;
  /** Who lists, or did. */
  readonly agent_id?: string;
  /** Why it failed. */
  readonly error?: string;
}

/** What has come so far. */
export interface ScanProgress {
  /** Listed directories. */
  readonly directories: number;
  /** Names in them. */
  readonly rows: number;
}

/** What `GET /api/v1/views/{v}/scans` answers: the newest first. */
export interface ScanJobs {
  readonly scans: readonly ScanJob[];
}

/** Body of the same call with POST, checked by its schema. */
export const scanJobRequestSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    path: { type: "string", maxLength: 65_536 },
    path_b64: { type: "string", maxLength: 65_536 },
    recursive: { type: "boolean" },
  },
} as const;
