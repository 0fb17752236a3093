import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Storage } from "../log/storage.js";
import { Problem } from "../problem.js";

/** More than so many bytes do not wait for the disk: who brings more waits with them. */
export const WAITING_BYTES_MAX = 256 * 1024 * 1024;
const RETRY_AFTER_SEC = 5;

interface Durable {
  readonly log: Pick<Storage["log"], "failure" | "bytesWaiting" | "durable">;
}

/**
 * Lets no call that may change what the log holds be answered before the change outlives a crash. Once the
 * disk has failed such calls are refused, and questions are answered still.
 */
export function answerWhenDurable(app: FastifyInstance, storage: Durable): void {
  const { log } = storage;
  // One after the other, each once the one before has appended: else all who waited for the same
  // write would come at once.
  let last = Promise.resolve();
  let waiting = 0;
  const findRoom = async (): Promise<void> => {
    if (waiting === 0 && log.bytesWaiting <= WAITING_BYTES_MAX) return;
    waiting += 1;
    const mine = last.then(async () => {
      while (log.bytesWaiting > WAITING_BYTES_MAX) await wait(storage);
    });
    last = mine.then(
      () => nextTurn(),
      () => undefined,
    );
    await mine.finally(() => (waiting -= 1));
  };
  app.addHook("preHandler", async (request) => {
    if (!mayChange(request)) return;
    if (log.failure !== undefined) throw refusal(log.failure);
    await findRoom();
  });
  app.addHook("onSend", async (request, reply, payload) => {
    if (mayChange(request) && reply.statusCode < 400) await wait(storage);
    return payload;
  });
}

function mayChange({ method, routeOptions }: FastifyRequest): boolean {
  return method !== "GET" && method !== "HEAD" && routeOptions.config.unlogged !== true;
}

async function wait({ log }: Durable): Promise<void> {
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
