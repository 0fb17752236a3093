import type { ErrorCode } from "../errors.js";

/** The code of one of our errors, also one of another copy of this package. */
export function codeOf(error: unknown): ErrorCode | undefined {
  // The system's errors have codes too, but never say whether trying again may help.
  if (!(error instanceof Error) || !("code" in error) || !("retryable" in error)) return undefined;
  return error.code as ErrorCode;
}

/** How long the other side asked us to wait, in ms; 0 if it did not. */
export function retryAfterMsOf(error: unknown): number {
  if (!(error instanceof Error) || !("retryAfterMs" in error)) return 0;
  return typeof error.retryAfterMs === "number" ? error.retryAfterMs : 0;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
