import type { Role, Speaker, ViewRecord } from "@fustor/core";
import type { SavedJob } from "../saved-job.js";

/** What is kept of a session: all that its receiver must know to go on with it. */
export interface SessionFacts {
  readonly taskId: string;
  readonly bootId: string | undefined;
  readonly speaker: Speaker;
  readonly capabilities: readonly string[];
  readonly timeoutMs: number;
  readonly clientIp: string;
  /** Fusion time, ms. */
  readonly openedAt: number;
}

/** In which form the bytes of a batch are. */
export type BatchForm = "binary" | "json";

/** Something that happened in one pipe. `at` is Fusion time in ms and never goes back. */
export type PipeEntry = { readonly at: number; readonly pipe: string } & (
  | { readonly kind: "opened"; readonly session: SessionFacts }
  | { readonly kind: "closed"; readonly sessionId: string; readonly reason: EndReason }
  | { readonly kind: "role"; readonly sessionId: string; readonly role: Role }
  | {
      readonly kind: "clock";
      readonly sessionId: string;
      readonly offsetMs: number;
      readonly errorMs: number;
    }
  | {
      readonly kind: "asked";
      readonly sessionId: string;
      readonly probes: readonly string[];
      readonly listings: readonly string[];
    }
  | { readonly kind: "batch"; readonly sessionId: string; readonly form: BatchForm }
  | {
      /** From now on the agent is heard of this root: it is the pipe's, or nobody knows yet. */
      readonly kind: "root";
      readonly agentId: string;
      readonly identity: string;
      readonly proven: boolean;
    }
);

/** One record of the log, without the bytes of a batch. */
export type Entry =
  | PipeEntry
  | { readonly kind: "tick"; readonly at: number }
  | {
      /** One view was told something, e.g. to forget everything. */
      readonly kind: "told";
      readonly at: number;
      readonly view: string;
      readonly record: ViewRecord;
    }
  | {
      /** A listing that somebody asked for, as it stands from now on. */
      readonly kind: "scan";
      readonly at: number;
      readonly job: SavedJob;
    }
  | {
      /** A Fusion began to go on from here. */
      readonly kind: "started";
      readonly at: number;
      readonly incarnation: string;
      /** The views that each pipe fed, in one text. */
      readonly feeds: Readonly<Record<string, string>>;
      /** For the cursors of change feeds. Earlier versions had none. */
      readonly life?: {
        readonly incarnation: string;
        /** By view, what the life before left behind; below 0 where that is no more what it was. */
        readonly revisions: Readonly<Record<string, number>>;
      };
    }
  | {
      /** Somebody began to follow what changes in a view. */
      readonly kind: "followed";
      readonly at: number;
      readonly view: string;
    };

/** Why a session ended. */
export type EndReason =
  | "ended by agent"
  | "timed out"
  /** The same boot of the agent opened another one. */
  | "replaced"
  /** Another boot of the agent took over. */
  | "taken over"
  | "view reset"
  | "clock moved"
  /** Its root is not the one that the first snapshot showed. */
  | "another root"
  /** Fusion cannot go on with it after a start. */
  | "fusion restarted";
