import { FustorError } from "@fustor/core";
import { cutOff, refusal, unreachable, type Asked } from "./failures.js";

/** One call; parameters that are undefined are left out. */
export interface Call {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Below `/api/v1`. */
  readonly url: string;
  readonly parameters?: Readonly<Record<string, Value | undefined>>;
  readonly body?: object;
  readonly accept?: string;
  readonly path?: string | undefined;
  /** What a key needs for it. Default: `query:VIEW`. */
  readonly scope?: string;
  readonly signal?: AbortSignal | undefined;
}

type Value = string | number | boolean;

/** Where Fusion is, and who asks. */
export interface Address {
  readonly endpoint: string;
  readonly key: string;
  readonly view: string;
  readonly signal?: AbortSignal | undefined;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** Sends one request; every failure but an abort becomes a `FustorError`. */
export async function send(address: Address, call: Call): Promise<Response> {
  const { method = "GET", url, parameters = {}, body, accept = "application/json" } = call;
  const scope = call.scope ?? `query:${address.view}`;
  const asked = { ...address, path: call.path, scope };
  const signal = eitherSignal(address.signal, call.signal);
  const headers: Record<string, string> = { accept, "x-api-key": address.key };
  if (body !== undefined) headers["content-type"] = "application/json";
  const init: RequestInit = { method, headers };
  if (signal !== undefined) init.signal = signal;
  if (body !== undefined) init.body = JSON.stringify(body);
  let reply: Response;
  try {
    reply = await address.fetch(`${address.endpoint}/api/v1${url}${toQuery(parameters)}`, init);
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(asked, error);
  }
  if (!reply.ok) throw await refusal(reply, asked);
  return reply;
}

/** Sends one request and reads its answer. */
export async function ask(address: Address, call: Call): Promise<unknown> {
  const reply = await send(address, call);
  const text = await reply.text().catch((error: unknown) => {
    eitherSignal(address.signal, call.signal)?.throwIfAborted();
    throw cutOff(address, error);
  });
  return parse(text, address);
}

/** One value of JSON. Throws `SEND_FAILED` for anything else. */
export function parse(text: string, asked: Asked): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FustorError(
      "SEND_FAILED",
      `What answers at ${asked.endpoint} is no Fusion: it does not send JSON. Check the address.`,
      { cause },
    );
  }
}

export function eitherSignal(
  one: AbortSignal | undefined,
  other: AbortSignal | undefined,
): AbortSignal | undefined {
  return one !== undefined && other !== undefined ? AbortSignal.any([one, other]) : (one ?? other);
}

function toQuery(parameters: Readonly<Record<string, Value | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
