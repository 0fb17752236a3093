import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Storage } from "../log/storage.js";
import { Problem } from "../problem.js";

/** More than so many bytes do not wait for the disk: who brings more waits with them. */
export const WAITING_BYTES_MAX = 256 * 1024 * 1024;
const RETRY_AFTER_SEC = 5;

/**
 * Lets no call that may change something be answered before the change outlives a crash. Once the
 * disk has failed such calls are refused, and questions are answered still.
 */
export function answerWhenDurable(app: FastifyInstance, storage: Storage): void {
  app.addHook("preHandler", async (request) => {
    if (!mayChange(request)) return;
    if (storage.log.failure !== undefined) throw refusal(storage.log.failure);
    while (storage.log.bytesWaiting > WAITING_BYTES_MAX) await wait(storage);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    if (mayChange(request) && reply.statusCode < 400) await wait(storage);
    return payload;
  });
}

function mayChange({ method }: FastifyRequest): boolean {
  return method !== "GET" && method !== "HEAD";
}

async function wait({ log }: Storage): Promise<void> {
  try {
    await log.durable();
  } catch (error) {
    throw refusal(log.failure ?? String(error));
  }
}

function refusal(failure: string): Problem {
  const headers = { "retry-after": String(RETRY_AFTER_SEC) };
  return new Problem("NOT_READY", failure, { headers });
}
