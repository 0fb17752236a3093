const SECRET_NAME =
  /credential|passw(or)?d|secret|token|authorization|cookie|api[-_]?key|query[-_]?key|private[-_]?key/i;

/** Returns `fields` with the values of all that are named like a secret blanked. */
export function blankSecrets(fields: object): Record<string, unknown> {
  return blank(fields, DEPTH_MAX) as Record<string, unknown>;
}

/** What lies deeper is left out: a log line is no place for it. */
const DEPTH_MAX = 6;

function blank(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || !isPlain(value)) return value;
  if (depth === 0) return "...";
  if (Array.isArray(value)) return value.map((item) => blank(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_NAME.test(key) ? "***" : blank(item, depth - 1),
    ]),
  );
}

/** Errors, requests and the like have serialisers of their own. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}

/** What a log line says of an error. Its stack is there for bugs, not for what we foresaw. */
export interface LoggedError {
  readonly type: string;
  readonly code?: unknown;
  readonly message: string;
  readonly cause?: LoggedError;
  readonly stack?: string | undefined;
}

/** Turns an error, its cause included, into a field of a log line. */
export function serialiseError(error: unknown, isCause = false): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code = "code" in error ? error.code : undefined;
  const isForeseen = "retryable" in error && code !== undefined;
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: error.message,
    ...(error.cause === undefined ? {} : { cause: serialiseError(error.cause, true) }),
    ...(isForeseen || isCause ? {} : { stack: error.stack }),
  };
}
