import type { ScanJob } from "@fustor/protocol";

/** What is known of a job beside what is to be listed. */
export interface JobCourse {
  readonly id: string;
  /** Fusion time, ms. */
  readonly createdAt: number;
  state: ScanJob["state"];
  startedAt?: number | undefined;
  endedAt?: number | undefined;
  error?: string | undefined;
  directories: number;
  rows: number;
  /** How often it was handed out. */
  attempts: number;
  /** The session that it was handed to, and whose that is. */
  sessionId?: string | undefined;
  agentId?: string | undefined;
  /** The agent has not heard of its end. */
  isCancelUnheard: boolean;
}

/** A job as the log keeps it. */
export interface SavedJob extends JobCourse {
  readonly view: string;
  readonly pipe: string;
  /** The pipe's own path, and the same as the view shows it. */
  readonly scope: string;
  readonly shownPath: string;
  readonly recursive: boolean;
}
