import type { ServerResponse } from "node:http";
import type { Clock } from "@fustor/core";
import type { KeyStore } from "../keys.js";

/**
 * The calls that are being answered, by the key that they were made with: a key that ends must not
 * go on in a stream that was begun before.
 */
export class OpenCalls {
  readonly #byKey = new Map<string, Set<ServerResponse>>();

  add(keyId: string, response: ServerResponse): void {
    const calls = this.#byKey.get(keyId) ?? new Set();
    if (calls.size === 0) this.#byKey.set(keyId, calls);
    calls.add(response);
    response.once("close", () => {
      calls.delete(response);
      if (calls.size === 0 && this.#byKey.get(keyId) === calls) this.#byKey.delete(keyId);
    });
  }

  /** Cuts off the calls of keys that are none any more. */
  cut(isLive: (keyId: string) => boolean): void {
    for (const [keyId, calls] of this.#byKey) {
      if (isLive(keyId)) continue;
      for (const response of calls) response.destroy();
    }
  }
}

/** How long a key may outlive its end in a call that was begun before. */
const CUT_EVERY_MS = 2_000;

/** Cuts off the calls of keys that have ended, until the signal aborts. */
export async function runCuts(
  {
    calls,
    keys,
    clock,
  }: { readonly calls: OpenCalls; readonly keys: KeyStore; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(CUT_EVERY_MS, signal);
    } catch {
      return;
    }
    calls.cut((keyId) => keys.find(keyId) !== undefined);
  }
}
