/**
 * Codes are part of the public API: users search for them, callers switch on them.
 * `docs/errors.md` explains each.
 */
export type ErrorCode =
  | "CONFIG_INVALID"
  | "CONFIG_UNREADABLE"
  | "DRIVER_NOT_FOUND"
  | "DRIVER_INVALID"
  | "SOURCE_UNAVAILABLE"
  | "SOURCE_CRASHED"
  | "SESSION_LOST"
  | "SESSION_REFUSED"
  | "ROOT_MISMATCH"
  | "SEND_FAILED"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "PORT_IN_USE"
  | "HOME_IN_USE"
  | "HOME_UNUSABLE"
  | "CHECKPOINT_UNUSABLE"
  | "NOT_RUNNING"
  | "NOT_FOUND"
  | "NOT_READY"
  | "STORAGE_FAILED"
  | "START_FAILED"
  | "STOP_FAILED"
  | "USAGE";

/** What an error may carry beyond its sentence. */
export interface FustorErrorOptions {
  readonly cause?: unknown;
  /** True when the same call may succeed later without anyone's help. */
  readonly retryable?: boolean;
  /** How long the other side asked us to wait before we try again. */
  readonly retryAfterMs?: number;
}

/** Every error that Fustor throws on purpose. Anything else that escapes is a bug. */
export class FustorError extends Error {
  override readonly name: string = "FustorError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  /** `message` says what failed, with the value, then what to do. */
  constructor(code: ErrorCode, message: string, options: FustorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** One fault in a config, addressed so that a user can find it. */
export interface ConfigIssue {
  /** JSON pointer into the config, e.g. `/pipes/0/source_id`. */
  readonly path: string;
  readonly message: string;
  /** Where it stands, counted from 1, when it came from a file. */
  readonly place?: { readonly line: number; readonly column: number };
}

/** A config does not match its schema. Lists every fault, not only the first. */
export class ConfigError extends FustorError {
  override readonly name = "ConfigError";
  readonly issues: readonly ConfigIssue[];

  /** `subject` is the file's path, or what is being configured. */
  constructor(subject: string, issues: readonly ConfigIssue[]) {
    const lines = issues.map(({ path, message, place }) =>
      place === undefined
        ? `  ${path || "/"} ${message}`
        : `  ${subject}:${String(place.line)}:${String(place.column)} ${path || "/"} ${message}`,
    );
    super("CONFIG_INVALID", [`${subject} is not valid:`, ...lines].join("\n"));
    this.issues = issues;
  }
}

/** True for an error with one of our codes, also one of another copy of this package. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** True when the same call may succeed later without anyone's help. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && "retryable" in error && error.retryable === true;
}
