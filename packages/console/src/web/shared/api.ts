import { signal } from "@preact/signals";

/** An answer that is none: the status that came, and what the server says. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** 0 when nobody answered. */
  readonly status: number;
  /** Where the server says one. */
  readonly code: string | undefined;
  readonly hint: string | undefined;

  constructor(status: number, message: string, { code, hint }: Omit<ErrorWords, "message"> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

interface ErrorWords {
  readonly code?: string | undefined;
  readonly message?: string;
  readonly hint?: string | undefined;
}

/** Whatever was thrown by asking. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, error instanceof Error ? error.message : String(error));
}

/** Since when nobody answers, in ms; undefined while somebody does. */
export const silentSince = signal<number | undefined>(undefined);

export interface Call {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly params?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one request to the server of this page. Throws `ApiError`, or what `signal` says. */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const { method = "GET", params = {}, body, headers = {}, signal: stop } = call;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  let reply: Response;
  try {
    reply = await fetch(text === "" ? path : `${path}?${text}`, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: {
        accept: "application/json",
        ...headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(stop === undefined ? {} : { signal: stop }),
    });
  } catch (error) {
    stop?.throwIfAborted();
    silentSince.value ??= Date.now();
    throw toApiError(error);
  }
  silentSince.value = undefined;
  if (!reply.ok) throw await toError(reply);
  return reply;
}

/** Sends one request and reads its answer. */
export async function ask<Answer>(path: string, call?: Call): Promise<Answer> {
  const reply = await send(path, call);
  if (reply.status === 204) return undefined as Answer;
  return (await reply.json()) as Answer;
}

interface ErrorBody {
  readonly detail?: unknown;
  readonly error?: ErrorWords;
}

async function toError(reply: Response): Promise<ApiError> {
  const body = (await reply.json().catch(() => ({}))) as ErrorBody;
  const detail = typeof body.detail === "string" ? body.detail : undefined;
  const message = body.error?.message ?? detail ?? `${String(reply.status)} ${reply.statusText}`;
  return new ApiError(reply.status, message, body.error);
}
