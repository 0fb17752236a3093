import type { FastifyReply } from "fastify";
import { Problem } from "../problem.js";

/** Aborts when the client goes away before it has its answer. */
export function untilClosed({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once("close", () => {
    // Nobody reads it; the status is the one that proxies log for this.
    if (!raw.writableFinished) {
      controller.abort(new Problem("BAD_REQUEST", "The client went away.", { status: 499 }));
    }
  });
  return controller.signal;
}
