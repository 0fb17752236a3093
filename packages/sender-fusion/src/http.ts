import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { SecureContextOptions } from "node:tls";
import { BATCH_TYPE } from "@fustor/protocol";
import { connectionFailure, timeoutFailure } from "./failures.js";
import type { Reply } from "./reply.js";
import { readWords } from "./reply.js";

/** One request. The path is appended to the endpoint. */
export interface Call {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  /** An object travels as JSON, bytes as a binary batch. */
  readonly body?: object | Uint8Array;
  /** Default: the configured time-out. */
  readonly timeoutMs?: number;
}

export interface HttpOptions {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly key: string;
  readonly timeoutMs: number;
  /** Whom to trust, and who we are, beyond what the machine says. */
  readonly tls: SecureContextOptions;
}

/**
 * Talks to one Fusion over connections that stay open. The only place that knows `got`, which is
 * loaded on the side: starting an agent need not wait for it.
 */
export class Http {
  readonly endpoint: string;
  readonly #key: string;
  readonly #timeoutMs: number;
  readonly #agent: { readonly http: HttpAgent; readonly https: HttpsAgent };

  constructor({ endpoint, key, timeoutMs, tls }: HttpOptions) {
    this.#agent = {
      http: new HttpAgent({ keepAlive: true }),
      https: new HttpsAgent({ keepAlive: true, ...tls }),
    };
    this.endpoint = endpoint;
    this.#key = key;
    this.#timeoutMs = timeoutMs;
    // Loaded meanwhile; if that fails, the first call says so.
    import("got").catch(() => undefined);
  }

  /**
   * Any answer resolves, whatever its status. Throws `SEND_FAILED` (retryable) when there is none,
   * and the signal's reason when it aborts.
   */
  async call({ method, path, body, timeoutMs }: Call, signal?: AbortSignal): Promise<Reply> {
    const { got } = await import("got");
    signal?.throwIfAborted();
    const limitMs = timeoutMs ?? this.#timeoutMs;
    try {
      const {
        statusCode,
        headers,
        body: text,
      } = await got(this.endpoint + path, {
        method,
        headers: {
          "x-api-key": this.#key,
          "user-agent": USER_AGENT,
          ...(body === undefined ? {} : { "content-type": typeOf(body) }),
        },
        ...(body === undefined ? {} : { body: bytesOf(body) }),
        ...(signal === undefined ? {} : { signal }),
        agent: this.#agent,
        timeout: { request: limitMs },
        // The engine tries again, with the same seq; a redirect would hand the key to a stranger.
        retry: { limit: 0 },
        followRedirect: false,
        throwHttpErrors: false,
      });
      const json = parseJson(text);
      return {
        status: statusCode,
        body: json,
        words: this.#withoutKey(readWords(json)),
        location: this.#withoutKey(headers.location),
        retryAfterMs: readRetryAfter(headers["retry-after"]),
      };
    } catch (error) {
      signal?.throwIfAborted();
      // What got throws holds the headers, and so the key: only its code and words go on.
      const { code, message } = describe(error);
      const cause = new Error(this.#withoutKey(message));
      throw code === "ETIMEDOUT" && message.startsWith("Timeout")
        ? timeoutFailure(this.endpoint, limitMs, cause)
        : connectionFailure(this.endpoint, code, cause);
    }
  }

  close(): void {
    this.#agent.http.destroy();
    this.#agent.https.destroy();
  }

  #withoutKey<T extends string | undefined>(text: T): T | string {
    return text === undefined ? text : text.replaceAll(this.#key, "***");
  }
}

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { readonly version: string };

const USER_AGENT = `fustor-agent/${version}`;

function typeOf(body: object | Uint8Array): string {
  return body instanceof Uint8Array ? BATCH_TYPE : "application/json";
}

/** A string would be measured, then converted again for every write. */
function bytesOf(body: object | Uint8Array): Uint8Array {
  return body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // whoever answers without JSON is no Fusion; its status says the rest
  }
}

/** Seconds; the form with a date is not read. */
function readRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { code, message: error.message };
}
