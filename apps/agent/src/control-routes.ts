import { FustorError } from "@fustor/core";
import { isFromOwnMachine, isFromOwnPage } from "@fustor/core/host";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Control } from "./control.js";

type OfPipe = { Params: { id: string } };

/**
 * `POST /api/v1/reload` and `/api/v1/pipes/:id/{pause,resume,rescan}`: for programs of this machine
 * and our own page, but for no page elsewhere that a browser here has open.
 */
export function addControlRoutes(app: FastifyInstance, control: Control): void {
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const refuse = (message: string) => reply.code(403).send(toBody("FORBIDDEN", message));
    // The page has no keys: wherever it may be looked at from, only who is here already decides.
    if (!isFromOwnMachine(request.socket)) {
      await refuse("Only the agent's own machine may ask for this. Use fustor-agent there.");
    } else if (isFromOwnPage(request.headers) === false) {
      await refuse("Only the agent's own page may ask for this.");
    }
  };
  app.post("/api/v1/reload", { onRequest }, (_, reply) => answer(reply, () => control.reload()));
  for (const action of ["pause", "resume", "rescan"] as const) {
    app.post<OfPipe>(`/api/v1/pipes/:id/${action}`, { onRequest }, ({ params }, reply) =>
      answer(reply, async () => {
        await control[action](params.id);
        return { pipe: params.id, action };
      }),
    );
  }
}

async function answer(reply: FastifyReply, act: () => Promise<object>): Promise<FastifyReply> {
  try {
    return await reply.send(await act());
  } catch (error) {
    if (!(error instanceof FustorError)) throw error;
    const { code, message } = error;
    return reply.code(code === "NOT_FOUND" ? 404 : 409).send(toBody(code, message));
  }
}

function toBody(code: string, message: string) {
  return { error: { code, message } };
}
