import { Agent, request, type AgentOptions } from "node:https";
import { Readable } from "node:stream";

/** As much of `fetch` as commands use: texts as addresses and bodies, and a signal. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` for `https:` addresses that trusts whom `tls` says and shows its certificate; the global
 * one knows the authorities of the machine alone. It follows no redirect, and rejects as the global
 * one does: with a `TypeError` whose cause has the code.
 */
export function createHttpsFetch(tls: AgentOptions): Fetch {
  // Sockets that wait for another request keep no process running.
  const agent = new Agent({ ...tls, keepAlive: true });
  return (url, { method = "GET", headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const fail = (cause: Error): void => {
        reject(signal?.aborted === true ? toError(signal.reason) : failed(cause));
      };
      const options = {
        agent,
        method,
        headers: Object.fromEntries(new Headers(headers)),
        ...(signal == null ? {} : { signal }),
      };
      const sent = request(url, options, (reply) => {
        const { statusCode: status = 0, statusMessage: statusText = "" } = reply;
        const known = Object.entries(reply.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        // Who reads the body is told of its failure; before anybody does, it must have a listener.
        reply.on("error", () => undefined);
        const text = EMPTY.has(status) ? null : (Readable.toWeb(reply) as ReadableStream);
        resolve(new Response(text, { status, statusText, headers: known }));
      });
      sent.on("error", fail);
      sent.end(body ?? undefined);
    });
}

/** Statuses whose answers have no body. */
const EMPTY = new Set([204, 205, 304]);

function failed(cause: Error): TypeError {
  return new TypeError("fetch failed", { cause });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
