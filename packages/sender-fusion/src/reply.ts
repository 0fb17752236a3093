/** What Fusion answered. */
export interface Reply {
  readonly status: number;
  /** The parsed JSON; undefined when there was none. */
  readonly body: unknown;
  /** Its own explanation of an error, on one line. */
  readonly words: string | undefined;
  readonly location: string | undefined;
  readonly retryAfterMs: number | undefined;
}

const WORDS_MAX = 600;

/** The explanation in an error body, `{error: {message}}` of v2 or `{detail}` of v1, unstopped. */
export function readWords(body: unknown): string | undefined {
  const { error, detail } = asFields(body);
  const { message } = asFields(error);
  const words = message ?? detail;
  if (words === undefined || words === null) return undefined;
  const text = typeof words === "string" ? words : JSON.stringify(words);
  return text.slice(0, WORDS_MAX).replace(/\s+/g, " ").trim().replace(/\.$/, "");
}

/** The fields of an object; none for anything else. */
export function asFields(value: unknown): Readonly<Partial<Record<string, unknown>>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** True for 2xx. */
export function isSuccess({ status }: Reply): boolean {
  return status >= 200 && status < 300;
}

/** True for 2xx with `{status: "ok"}`, which no proxy or portal says. */
export function isOk(reply: Reply): boolean {
  return isSuccess(reply) && asFields(reply.body)["status"] === "ok";
}
