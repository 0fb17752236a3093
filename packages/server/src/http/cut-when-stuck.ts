import type { ServerResponse } from "node:http";

/**
 * Cuts off a client that takes nothing of its answer for so long. One that waits for an answer which
 * is not there yet is not cut off: an answer may take as long as it takes.
 */
export function cutWhenStuck(answer: ServerResponse, timeoutMs: number): void {
  // Told when the connection was silent for so long; what is sent begins the time anew.
  answer.setTimeout(timeoutMs, () => {
    if (answer.writableLength > 0) answer.destroy();
  });
}
