import type { ErrorCode } from "../errors.js";
import { hideKeys } from "./hide-keys.js";

/** What our commands say to a shell. 78 is `EX_CONFIG` of sysexits.h. */
export const EXIT = { ok: 0, failure: 1, usage: 2, notRunning: 3, config: 78 } as const;

const CODES: Partial<Record<ErrorCode, number>> = {
  CONFIG_INVALID: EXIT.config,
  CONFIG_UNREADABLE: EXIT.config,
  DRIVER_NOT_FOUND: EXIT.config,
  DRIVER_INVALID: EXIT.config,
  USAGE: EXIT.usage,
  NOT_RUNNING: EXIT.notRunning,
};

/** The exit code that an error asks for. */
export function exitCodeOf(error: unknown): number {
  if (!isOurs(error)) return EXIT.failure;
  return error.exitCode ?? CODES[error.code] ?? EXIT.failure;
}

/** Tells a person what went wrong. A stack trace is shown for our own bugs only. */
export function printError(error: unknown, stream: { write(text: string): unknown }): void {
  if (isOurs(error)) {
    stream.write(`${hideKeys(error.message)}\n`);
  } else if (error instanceof Error) {
    stream.write(`This is a bug in Fustor: ${hideKeys(error.stack ?? error.message)}\n`);
  } else {
    stream.write(`This is a bug in Fustor: ${String(error)}\n`);
  }
}

type OurError = Error & { readonly code: ErrorCode; readonly exitCode?: number };

/** By shape, because a driver may bring another copy of the error classes. */
function isOurs(error: unknown): error is OurError {
  return error instanceof Error && "code" in error && "retryable" in error;
}
