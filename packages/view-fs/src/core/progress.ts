import type { Walk } from "./walks.js";

/** What walks have told of the whole. */
export interface Progress {
  /** One full snapshot was applied from begin to end. */
  isReady: boolean;
  lastEvidenceAt: number | undefined;
  lastAuditAt: number | undefined;
  auditsCompleted: number;
}

export function beginning(): Progress {
  return {
    isReady: false,
    lastEvidenceAt: undefined,
    lastAuditAt: undefined,
    auditsCompleted: 0,
  };
}

/** A walk has come to its end. True when that is news: it was whole, and over the whole root. */
export function noteEnd(progress: Progress, walk: Walk | undefined, at: number): boolean {
  if (walk?.whole !== true || walk.scope !== "/") return false;
  if (walk.walk === "snapshot") progress.isReady = true;
  if (walk.walk !== "audit") return true;
  progress.lastAuditAt = at;
  progress.auditsCompleted += 1;
  return true;
}
