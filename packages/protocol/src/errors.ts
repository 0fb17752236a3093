/**
 * The codes of `{error: {code, message, hint?}}` and the status each travels with. Callers switch
 * on them, so they only ever grow.
 */
export const V2_ERRORS = {
  BAD_REQUEST: 400,
  BAD_BATCH: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  SEQ_GAP: 409,
  ROOT_MISMATCH: 412,
  TOO_LARGE: 413,
  UNSUPPORTED_TYPE: 415,
  SESSION_GONE: 419,
  OVERLOADED: 429,
  INTERNAL: 500,
  NOT_READY: 503,
} as const;

export type V2ErrorCode = keyof typeof V2_ERRORS;

/** Every error body under `/api/v2`. */
export interface V2ErrorBody {
  readonly error: { readonly code: V2ErrorCode; readonly message: string; readonly hint?: string };
  /** With `SEQ_GAP`: the seq that the stream goes on with. */
  readonly expected?: number;
}

/** Every error body under `/api/v1`. */
export interface V1ErrorBody {
  readonly detail: unknown;
}

/** `message` says what is wrong, with the value; `hint` what to do about it. */
export function v2ErrorBody(code: V2ErrorCode, message: string, hint?: string): V2ErrorBody {
  return { error: hint === undefined ? { code, message } : { code, message, hint } };
}

/** The body of 409 `SEQ_GAP`. */
export function seqGapBody(expected: number, got: number): V2ErrorBody {
  const message = `Batch ${String(got)} came where ${String(expected)} was expected.`;
  return {
    ...v2ErrorBody("SEQ_GAP", message, "Send the missing batches, or open a new session."),
    expected,
  };
}

/** A body passed its schema and still says something impossible. Nothing of it was used. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly code = "BAD_BATCH";

  /** `fault` names the place and what is wrong there, without a full stop. */
  constructor(fault: string) {
    super(`${fault}.`);
  }
}

/** A body holds more rows than the receiver takes at once. Nothing of it was used. */
export class TooManyRowsError extends DecodeError {
  constructor(rowsMax: number) {
    super(`The batch holds more than ${String(rowsMax)} rows`);
  }
}
