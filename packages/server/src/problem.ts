import { V2_ERRORS, type V2ErrorCode } from "@fustor/protocol";

export interface ProblemOptions {
  /** When it is not the one that goes with the code. */
  readonly status?: number;
  /** What to do about it. */
  readonly hint?: string;
  /** v1's `detail`, when it is not the message. */
  readonly detail?: unknown;
  /** Further members of a v2 body. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** True for the paths whose errors are `{error}`. */
export function isV2(url: string): boolean {
  return url.startsWith("/api/v2/");
}

/** A request that is answered with an error. The path of the request decides the dialect. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: V2ErrorCode;
  readonly status: number;
  readonly options: ProblemOptions;

  constructor(code: V2ErrorCode, message: string, options: ProblemOptions = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? V2_ERRORS[code];
    this.options = options;
  }
}

/** One fault of a request, in the words of v1. */
export interface Fault {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
}

/** v1 answers a request that does not fit with 422 and a list of faults. */
export function unfit(...faults: readonly Fault[]): Problem {
  const message = faults.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; ");
  return new Problem("BAD_REQUEST", message, { status: 422, detail: faults });
}
