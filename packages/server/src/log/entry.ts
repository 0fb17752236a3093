import type { Role, Speaker, ViewRecord } from "@fustor/core";

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
      /** A Fusion began to go on from here. */
      readonly kind: "started";
      readonly at: number;
      readonly incarnation: string;
      /** The views that each pipe fed, in one text. */
      readonly feeds: Readonly<Record<string, string>>;
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
  /** Fusion cannot go on with it after a start. */
  | "fusion restarted";
